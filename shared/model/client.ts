import { z } from "zod";

/** The name a client's config gave its bridge with `--client`; "unnamed" where it gave none. */
export const clientNameSchema = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9 ._-]{0,63}$/, "letters, digits, space, dot, dash and underscore; at most 64");

/** One connected client session: one bridge, one server, one instance of that server. */
export const clientSessionSchema = z.object({
  id: z.string(),
  /** What its config calls it: chosen by the person, checked by nobody. */
  name: z.string(),
  /** What it says of itself in `initialize` (name and version): display only. */
  says: z.string().nullable(),
  server: z.string(),
  connectedAt: z.number(),
  calls: z.number(),
});
export type ClientSession = z.infer<typeof clientSessionSchema>;
