import { z } from "zod";
import { isToolPattern, toolPatternRule } from "../policy/tool-pattern.ts";

export const effectSchema = z.enum(["allow", "ask", "deny"]);
export type Effect = z.infer<typeof effectSchema>;

const toolSchema = z.string().refine((text) => isToolPattern(text), toolPatternRule);

/**
 * A remembered decision. An absent `client`, `server` or `tool` means any; `tool` may end in `*` (a prefix)
 * and holds none elsewhere: a deny that looks like more than it is would protect nothing.
 * `arguments` makes it hold for exactly these arguments (compared by hash of their canonical form).
 */
export const ruleSchema = z.looseObject({
  id: z.string(),
  effect: effectSchema,
  client: z.string().optional(),
  server: z.string().optional(),
  tool: toolSchema.optional(),
  arguments: z.object({ hash: z.string(), preview: z.string() }).optional(),
  /** Holds only for this client session; such a rule lives in memory and is gone with the session. */
  sessionId: z.string().optional(),
  createdAt: z.number(),
  /** Milliseconds since the epoch; absent: until revoked. */
  expiresAt: z.number().optional(),
  origin: z.enum(["person", "approval"]),
});
export type Rule = z.infer<typeof ruleSchema>;

/** What a person gives to make a rule; the rest is filled in. */
export const ruleDraftSchema = z.object({
  effect: effectSchema,
  client: z.string().min(1).optional(),
  server: z.string().min(1).optional(),
  tool: toolSchema.optional(),
  /** From now, in milliseconds. */
  expiresInMs: z.number().int().positive().optional(),
});
export type RuleDraft = z.infer<typeof ruleDraftSchema>;
