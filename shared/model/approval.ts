import { z } from "zod";

/** Something about the arguments that the eye would miss. */
export const findingSchema = z.object({
  kind: z.enum(["invisible", "control", "padding", "large", "markup", "number", "climbs"]),
  /** One sentence, in words, with the count. */
  text: z.string(),
  /** JSON pointer into the arguments. */
  pointer: z.string(),
});
export type Finding = z.infer<typeof findingSchema>;

/** One waiting question, as it stands in the snapshot: everything but the arguments themselves. */
export const approvalSchema = z.object({
  id: z.string(),
  /** Must be repeated by the answer: binds it to this call's bytes, this server and this client session. */
  fingerprint: z.string(),
  createdAt: z.number(),
  deadline: z.number(),
  client: z.string(),
  /** What the client says of itself; unverified. */
  clientSays: z.string().nullable(),
  server: z.string(),
  tool: z.string(),
  /** The most telling argument, for the headline ("path" → "/home/ann/site/index.html"), or null. */
  subject: z.object({ key: z.string(), value: z.string() }).nullable(),
  findings: z.array(findingSchema),
  argumentsBytes: z.number(),
  /** Whether Allow stays locked until the person has seen all of the arguments (threat 15). */
  mustExpand: z.boolean(),
  /** Why this is a question: no rule covers it, or which rule says ask. */
  why: z.string(),
  /** Whether the server runs without a sandbox. */
  waived: z.boolean(),
});
export type Approval = z.infer<typeof approvalSchema>;

/** The whole of it, fetched when it is shown. */
export const approvalDetailSchema = approvalSchema.extend({
  /** Pretty-printed JSON of exactly what will be forwarded; known secrets masked, nothing else changed. */
  argumentsText: z.string(),
  toolDescription: z.string().nullable(),
  /** The server's own claims, never trusted. */
  hints: z.array(z.string()),
});
export type ApprovalDetail = z.infer<typeof approvalDetailSchema>;

export const rememberSchema = z.enum(["once", "session", "always"]);

export const approvalAnswerSchema = z.object({
  id: z.string(),
  fingerprint: z.string(),
  verdict: z.enum(["allow", "deny"]),
  /** `session`: this client session; `always`: a rule for this client + server + tool. */
  remember: rememberSchema,
  /** With `always` or `session`: only for exactly these arguments. */
  onlyTheseArguments: z.boolean().optional(),
  /** With `always`: how long, in milliseconds; absent: until revoked. */
  expiresInMs: z.number().int().positive().optional(),
  /** For the model, with `deny`. */
  reason: z.string().max(1000).optional(),
});
export type ApprovalAnswer = z.infer<typeof approvalAnswerSchema>;
