import { z } from "zod";
import { appErrorSchema } from "../model/app-error.ts";

/** What every call answers: errors travel as values, with their code, so that nothing is flattened on the way. */
export const envelopeSchema = z.discriminatedUnion("ok", [
  z.object({ ok: z.literal(true), value: z.unknown().optional() }),
  z.object({ ok: z.literal(false), error: appErrorSchema }),
]);
export type Envelope = z.infer<typeof envelopeSchema>;
