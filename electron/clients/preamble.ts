import type net from "node:net";
import { z } from "zod";
import { clientNameSchema } from "../../shared/model/client.ts";
import { serverNameSchema } from "../../shared/model/server.ts";

/**
 * A connection's first line says who it is and shows the token (threat 7). At most 4 KiB, within 2 s; anything else ends the
 * connection without a word. It names a server, never a command: there is no way to have something run by asking for it.
 */
const preambleSchema = z.discriminatedUnion("role", [
  z.strictObject({
    portcullis: z.literal(1),
    token: z.string(),
    role: z.literal("client"),
    server: serverNameSchema,
    client: clientNameSchema,
  }),
  z.strictObject({ portcullis: z.literal(1), token: z.string(), role: z.literal("command") }),
]);
export type Preamble = z.infer<typeof preambleSchema>;

export const maxPreambleBytes = 4096;

/** Calls back once with the preamble and what came after it; or destroys the socket. */
export function readPreamble(
  socket: net.Socket,
  deps: { readonly deadlineMs: number; readonly accepts: (token: string) => boolean },
  accepted: (preamble: Preamble, rest: Buffer) => void,
): void {
  let held: Buffer = Buffer.alloc(0);
  const timer = setTimeout(() => socket.destroy(), deps.deadlineMs);
  const stop = (): void => {
    clearTimeout(timer);
    socket.removeListener("data", onData);
    socket.removeListener("end", refuse);
    socket.removeListener("close", stop);
  };
  const refuse = (): void => {
    stop();
    socket.destroy();
  };
  const onData = (chunk: Buffer): void => {
    held = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
    const end = held.indexOf(0x0a);
    if (end === -1 && held.length <= maxPreambleBytes) return;
    if (end === -1 || end > maxPreambleBytes) {
      refuse();
      return;
    }
    const preamble = parse(held.subarray(0, end));
    if (preamble === null || !deps.accepts(preamble.token)) {
      refuse();
      return;
    }
    stop();
    accepted(preamble, held.subarray(end + 1));
  };
  socket.on("data", onData);
  socket.once("end", refuse);
  socket.once("close", stop);
}

function parse(line: Buffer): Preamble | null {
  try {
    const parsed = preambleSchema.safeParse(JSON.parse(line.toString("utf8")));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}
