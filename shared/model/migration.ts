import { z } from "zod";
import { sandboxSettingsSchema } from "./server.ts";

/**
 * Migration: other apps' MCP configs, the plaintext secrets in them, and what it would take to move these into the keychain. Nothing
 * here ever holds a secret's value: only its first four characters and its length.
 */

/** How sure we are. `secret` and `probable` are ticked at first; all three can be changed by the person. */
export const secretClassSchema = z.enum(["secret", "probable", "unlikely"]);
export type SecretClass = z.infer<typeof secretClassSchema>;

/** Where in an entry a value stands. */
export const placeSchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("env"), name: z.string() }),
  /** JSON inside an env value; `pointer` is a JSON pointer into it. */
  z.object({ kind: z.literal("env-json"), name: z.string(), pointer: z.string() }),
  /** `flag` where the value belongs to one (`--key v`, `--key=v`, `--header "Name: v"`). */
  z.object({ kind: z.literal("arg"), index: z.number().int(), flag: z.string().nullable() }),
  z.object({ kind: z.literal("header"), name: z.string() }),
  /** In a url: the entry's own (`at: "url"`), an argument (`at: "arg N"`) or an env value (`at: "env NAME"`). */
  z.object({ kind: z.literal("url"), at: z.string(), part: z.enum(["userinfo", "query", "path"]), key: z.string().nullable() }),
]);
export type Place = z.infer<typeof placeSchema>;

export const foundSecretSchema = z.object({
  /** Stable over scans of the same bytes: file, entry and place. */
  id: z.string(),
  file: z.string(),
  server: z.string(),
  place: placeSchema,
  class: secretClassSchema,
  /** Why it is in that class, one clause: "the name ends in TOKEN and the value starts like a GitHub token". */
  reason: z.string(),
  /** At most the first four characters, never more than a quarter of the value. */
  prefix: z.string(),
  length: z.number().int(),
  /** `SERVER/NAME`: what it would be called in the vault. The same value in several places gets one name. */
  name: z.string(),
  /** Values that are the same share this (keyed hash, new at each scan). */
  sameAs: z.string(),
});
export type FoundSecret = z.infer<typeof foundSecretSchema>;

/** What makes plaintext in a file worse than plaintext in a file. */
export const exposureSchema = z.object({
  kind: z.enum([
    "git-tracked",
    "git-history",
    "git-pushed",
    "git-untracked",
    "world-readable",
    "synced",
    "backup",
    "shell-history",
    "client-log",
  ]),
  /** One sentence, with the path where there is one. */
  text: z.string(),
  severe: z.boolean(),
});
export type Exposure = z.infer<typeof exposureSchema>;

export const configEntrySchema = z.object({
  server: z.string(),
  transport: z.enum(["stdio", "http", "sse"]),
  /** Known secrets masked (`ghp_…`), never truncated. Null for remote servers. */
  command: z.string().nullable(),
  args: z.array(z.string()),
  url: z.string().nullable(),
  envNames: z.array(z.string()),
  /** It launches our bridge already. */
  ours: z.boolean(),
  disabled: z.boolean(),
  /** Null: it can be moved. Otherwise why not. */
  stays: z.string().nullable(),
});
export type ConfigEntry = z.infer<typeof configEntrySchema>;

export const configFormatSchema = z.enum(["json", "jsonc", "toml", "yaml"]);
export type ConfigFormat = z.infer<typeof configFormatSchema>;

/** One place of one client that holds a server list. A file with several (Claude Code's projects) appears once for each. */
export const configFileSchema = z.object({
  id: z.string(),
  client: z.string(),
  clientName: z.string(),
  path: z.string(),
  scope: z.enum(["user", "profile", "project"]),
  /** Absolute path of the project, where the scope is one. */
  project: z.string().nullable(),
  format: configFormatSchema,
  status: z.discriminatedUnion("kind", [
    z.object({ kind: z.literal("ready") }),
    /** Read and shown, not written: we are not sure enough of this client's format. */
    z.object({ kind: z.literal("unsure"), reason: z.string() }),
    /** It could not be read in full; left alone. */
    z.object({ kind: z.literal("refused"), reason: z.string() }),
  ]),
  entries: z.array(configEntrySchema),
  exposures: z.array(exposureSchema),
  /** The client runs right now and has to be restarted afterwards. */
  running: z.boolean(),
  /** What the person does so that the client reads its file again, or null if it notices by itself. */
  restart: z.string().nullable(),
});
export type ConfigFile = z.infer<typeof configFileSchema>;

export const scanSchema = z.object({
  at: z.number(),
  files: z.array(configFileSchema),
  secrets: z.array(foundSecretSchema),
  /** Clients that were looked for and are not here. */
  absent: z.array(z.string()),
});
export type Scan = z.infer<typeof scanSchema>;

/** What the person picked; absent lists mean everything that is ticked at first. */
export const selectionSchema = z.object({
  clients: z.array(z.string()).optional(),
  servers: z.array(z.string()).optional(),
  /** Ids of found secrets to move. */
  secrets: z.array(z.string()).optional(),
  /** Folders the person named, where project files are looked for too. */
  folders: z.array(z.string()).optional(),
  /** Also project files that git tracks: pointed at this machine's Portcullis they would stop working for everybody else. Absent: no. */
  shared: z.boolean().optional(),
  /** Changed proposals, by planned server name. */
  sandbox: z.record(z.string(), sandboxSettingsSchema).optional(),
});
export type Selection = z.infer<typeof selectionSchema>;

export const plannedFileSchema = z.object({
  file: z.string(),
  client: z.string(),
  path: z.string(),
  /** SHA-256 (hex) of the bytes the plan was made from: applied only to these. */
  hash: z.string(),
  /** Unified diff with secrets masked on the old side. */
  diff: z.string(),
  servers: z.array(z.string()),
});
export const plannedServerSchema = z.object({
  name: z.string(),
  /** Entries (file id + name there) that become this one server. */
  from: z.array(z.object({ file: z.string(), server: z.string() })),
  command: z.string(),
  args: z.array(z.string()),
  env: z.array(z.object({ name: z.string(), references: z.array(z.string()) })),
  cwd: z.string().nullable(),
  sandbox: sandboxSettingsSchema,
  /** Why this sandbox: one sentence each. */
  why: z.array(z.string()),
  warnings: z.array(z.string()),
});
export const plannedSecretSchema = z.object({ name: z.string(), ids: z.array(z.string()), exists: z.boolean() });

export const planSchema = z.object({
  id: z.string(),
  files: z.array(plannedFileSchema),
  servers: z.array(plannedServerSchema),
  secrets: z.array(plannedSecretSchema),
  /** Clients to restart, with how. */
  restart: z.array(z.object({ client: z.string(), how: z.string() })),
  /** What stays as it is, and why. */
  stays: z.array(z.object({ file: z.string(), server: z.string(), reason: z.string() })),
  /** What should be rotated, because a copy of it is elsewhere. */
  rotate: z.array(z.object({ name: z.string(), reason: z.string() })),
});
export type Plan = z.infer<typeof planSchema>;
export type PlannedServer = z.infer<typeof plannedServerSchema>;
export type PlannedFile = z.infer<typeof plannedFileSchema>;

export const migrationStepSchema = z.object({
  kind: z.enum(["scan", "store", "write", "verify", "undo"]),
  done: z.number(),
  total: z.number(),
  /** What it is doing right now, in words. */
  text: z.string(),
});
export type MigrationStep = z.infer<typeof migrationStepSchema>;

/** One applied migration, as it can be undone. */
export const migrationSchema = z.object({
  id: z.string(),
  at: z.number(),
  files: z.array(
    z.object({
      path: z.string(),
      client: z.string(),
      servers: z.array(z.string()),
      state: z.enum(["applied", "changed-since", "undone", "failed"]),
      reason: z.string().nullable(),
    }),
  ),
  secrets: z.array(z.string()),
  servers: z.array(z.object({ name: z.string(), state: z.enum(["verified", "failed", "removed"]), reason: z.string().nullable() })),
  restart: z.array(z.object({ client: z.string(), how: z.string() })),
  /** What was to be rotated then: a copy of it is elsewhere. */
  rotate: z.array(z.object({ name: z.string(), reason: z.string() })),
});
export type Migration = z.infer<typeof migrationSchema>;

/** A client that dropped, rewrote or re-added something after a migration, or a new plaintext secret. */
export const driftSchema = z.object({
  id: z.string(),
  kind: z.enum(["dropped", "rewritten", "re-added", "new-secret"]),
  file: z.string(),
  path: z.string(),
  client: z.string(),
  servers: z.array(z.string()),
  text: z.string(),
  at: z.number(),
});
export type Drift = z.infer<typeof driftSchema>;
