import { z } from "zod";

/**
 * What happened, one kind each. A call leaves `call-asked` (if it waited), then `call-dispatched` (written before the server
 * sees a byte) and `call-finished`; or `call-denied` and nothing after it.
 */
export const journalKinds = [
  "app-started",
  "app-stopped",
  "call-asked",
  "call-dispatched",
  "call-denied",
  "call-finished",
  "client-connected",
  "client-disconnected",
  "server-accepted",
  "server-installed",
  "server-launched",
  "server-refused",
  "server-stopped",
  "secret-stored",
  "secret-deleted",
  "secret-used",
  "rule-added",
  "rule-removed",
  "settings-changed",
  "gate-paused",
  "gate-resumed",
  "journal-exported",
  "migration-applied",
  "migration-undone",
  "migration-failed",
] as const;
export const journalKindSchema = z.enum(journalKinds);
export type JournalKind = z.infer<typeof journalKindSchema>;

/** How a call ended. `lost`: the server died or the app was killed after it was dispatched. */
export const callOutcomeSchema = z.enum(["ok", "tool-error", "protocol-error", "cancelled", "lost", "refused"]);
export type CallOutcome = z.infer<typeof callOutcomeSchema>;

/**
 * One record as its writer gives it. Every string is redacted before it gets here. `detail` holds what only this kind has and is
 * plain JSON. The columns are the ones that one searches by.
 */
export interface JournalDraft {
  readonly kind: JournalKind;
  readonly call?: string | undefined;
  readonly client?: string | undefined;
  readonly server?: string | undefined;
  readonly tool?: string | undefined;
  /** "allow" or "deny" for a call. */
  readonly decision?: "allow" | "deny" | undefined;
  /** "person", "rule <id>", "deadline", "paused", "limit", "cancelled", "closing", … */
  readonly by?: string | undefined;
  readonly outcome?: CallOutcome | undefined;
  readonly durationMs?: number | undefined;
  readonly detail?: Readonly<Record<string, unknown>> | undefined;
  /** `detail` in canonical JSON, in its place: from who has the text anyway, on every call's path. */
  readonly detailText?: string | undefined;
}

/** A record that is written a few milliseconds later; a function is asked for it then, and must not throw. */
export type LaterDraft = JournalDraft | (() => JournalDraft);

/** A record as it was written: numbered without gaps from 1, and chained. */
export const journalRecordSchema = z.object({
  seq: z.number().int(),
  at: z.number(),
  kind: journalKindSchema,
  call: z.string().optional(),
  client: z.string().optional(),
  server: z.string().optional(),
  tool: z.string().optional(),
  decision: z.enum(["allow", "deny"]).optional(),
  by: z.string().optional(),
  outcome: callOutcomeSchema.optional(),
  durationMs: z.number().optional(),
  detail: z.record(z.string(), z.unknown()).optional(),
  hash: z.string(),
});
export type JournalRecord = z.infer<typeof journalRecordSchema>;

export const journalQuerySchema = z.object({
  /** Newest first, below this number; absent: from the newest. */
  before: z.number().int().optional(),
  limit: z.number().int().min(1).max(500).default(100),
  kinds: z.array(journalKindSchema).optional(),
  client: z.string().optional(),
  server: z.string().optional(),
  tool: z.string().optional(),
  decision: z.enum(["allow", "deny"]).optional(),
  call: z.string().optional(),
  /** Of any of these calls. */
  calls: z.array(z.string()).min(1).max(100).optional(),
  /** Part of any text in the record. */
  text: z.string().optional(),
  since: z.number().optional(),
});
export type JournalQuery = z.infer<typeof journalQuerySchema>;

export const journalPageSchema = z.object({ records: z.array(journalRecordSchema), more: z.boolean() });
export type JournalPage = z.infer<typeof journalPageSchema>;

/**
 * The verdict of `journal verify`. `bad` names the first record that is wrong and how. `unchecked`: the records fit together, but the
 * head that is kept outside, in `anchor`, could not be read, so records that are missing at the end would not show.
 */
export const journalVerdictSchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("intact"), records: z.number(), head: z.string(), anchoredAt: z.number().nullable(), anchor: z.string() }),
  z.object({ kind: z.literal("unchecked"), records: z.number(), head: z.string(), anchor: z.string(), reason: z.string() }),
  z.object({ kind: z.literal("bad"), seq: z.number(), reason: z.string() }),
  z.object({ kind: z.literal("unreadable"), reason: z.string() }),
]);
export type JournalVerdict = z.infer<typeof journalVerdictSchema>;
