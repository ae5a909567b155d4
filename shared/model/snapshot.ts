import { z } from "zod";
import { approvalSchema } from "./approval.ts";
import { clientSessionSchema } from "./client.ts";
import { ruleSchema } from "./rule.ts";
import { secretViewSchema, vaultStatusSchema } from "./secret-reference.ts";
import { serverViewSchema } from "./server.ts";
import { settingsViewSchema } from "./settings.ts";

/** One thing this machine has or lacks (`portcullis doctor`). */
export const checkSchema = z.object({
  id: z.string(),
  status: z.enum(["ok", "warning", "missing"]),
  title: z.string(),
  detail: z.string(),
  /** The command to run, or null. */
  fix: z.string().nullable(),
});
export type Check = z.infer<typeof checkSchema>;

export const appViewSchema = z.object({
  version: z.string(),
  platform: z.string(),
  /** `fault`: the journal cannot be written or the settings are broken; `reason` says which and what to do. */
  state: z.enum(["idle", "waiting", "paused", "fault"]),
  reason: z.string().nullable(),
  startedAt: z.number(),
  /** How approvals are answered in this run. */
  answerer: z.enum(["ui", "terminal", "deny"]),
  home: z.object({ config: z.string(), data: z.string(), logs: z.string() }),
  /** What a client's config must say to reach a server; `SERVER` and `CLIENT` stand for the names. */
  connect: z.object({ command: z.string(), args: z.array(z.string()) }),
  vault: vaultStatusSchema,
  journal: z.object({ records: z.number(), fault: z.string().nullable() }),
});
export type AppView = z.infer<typeof appViewSchema>;

/** What the UI shows, by slice; the main process owns it and pushes whole slices. */
export const snapshotSchema = z.object({
  app: appViewSchema,
  approvals: z.array(approvalSchema),
  servers: z.array(serverViewSchema),
  clients: z.array(clientSessionSchema),
  rules: z.array(ruleSchema),
  secrets: z.array(secretViewSchema),
  settings: settingsViewSchema,
});
export type Snapshot = z.infer<typeof snapshotSchema>;
export type SliceName = keyof Snapshot;
