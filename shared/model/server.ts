import { z } from "zod";
import { limitBounds, type LimitName } from "./limits.ts";
import { appErrorSchema } from "./app-error.ts";

/** A server's name: what stands after `portcullis connect`, so no spaces, separators or leading dashes. */
export const serverNameSchema = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, "letters, digits, dot, dash and underscore; at most 64; starts with a letter or digit");

const limit = (name: LimitName) => z.number().int().min(limitBounds[name].least).max(limitBounds[name].most).optional();

/** Limits of one server. Absent means the default named beside it. */
export const limitsSchema = z.looseObject({
  /** Writable memory of each process in MiB; address space that is only reserved does not count. Default 2048. */
  memoryMb: limit("memoryMb"),
  /** Processes and threads at once, of all the server. Default 512. */
  processes: limit("processes"),
  /** Open files of each process. Default 4096. */
  openFiles: limit("openFiles"),
});

/**
 * What a server's sandbox opens. Everything is closed by default: an absent list and an empty list both mean "nothing".
 * The server's own package, its runtime, a private tmp and a private state folder are always there.
 */
export const sandboxSettingsSchema = z.looseObject({
  /** Folders or files it may read (absolute, or from `~/`). */
  read: z.array(z.string().min(1)).optional(),
  /** Folders or files it may read and write. */
  write: z.array(z.string().min(1)).optional(),
  /** Hosts it may reach: `api.github.com`, `*.example.org`, `localhost:5432`. Without a port: 80 and 443. */
  hosts: z.array(z.string().min(1)).optional(),
  limits: limitsSchema.optional(),
  /** The person's explicit waiver: this server runs with no sandbox at all. Shown wherever the server is shown. */
  waived: z.boolean().optional(),
});

/** One server in the shape that MCP users know, plus `sandbox`. Unknown keys are kept. */
export const serverSettingsSchema = z.looseObject({
  command: z.string().min(1),
  args: z.array(z.string()).optional(),
  /** Values may hold secret references: `${keychain:NAME}`. */
  env: z.record(z.string(), z.string()).optional(),
  cwd: z.string().min(1).optional(),
  sandbox: sandboxSettingsSchema.optional(),
  disabled: z.boolean().optional(),
  /** Minutes without traffic after which a running server is stopped; it starts again at the next message. 0: never. Default 30. */
  idleMinutes: z.number().min(0).max(10_080).optional(),
});

export type Limits = z.infer<typeof limitsSchema>;
export type SandboxSettings = z.infer<typeof sandboxSettingsSchema>;
export type ServerSettings = z.infer<typeof serverSettingsSchema>;

/** A change of what a server runs. What is absent stays as it is. */
export const serverEditSchema = z.object({
  /** The command and its arguments, whole. A word that is exactly as the server's view shows it stands for what it is, with what is hidden in it. */
  command: z.array(z.string()).min(1).optional(),
  /** By name: the new value, or null for a variable that is taken away. All others stay. */
  env: z.record(z.string(), z.string().nullable()).optional(),
  /** Null: none of its own. */
  cwd: z.string().min(1).nullable().optional(),
});
export type ServerEdit = z.infer<typeof serverEditSchema>;

/** One field that differs from what the person accepted. Values are redacted; env values are never shown, only that they changed. */
export const acceptanceChangeSchema = z.object({
  field: z.string(),
  before: z.string().nullable(),
  after: z.string().nullable(),
});
export type AcceptanceChange = z.infer<typeof acceptanceChangeSchema>;

/** Where a server stands. `instances` counts the live ones: one for each client session. */
export const serverStateSchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("new") }),
  z.object({ kind: z.literal("changed"), changes: z.array(acceptanceChangeSchema) }),
  z.object({ kind: z.literal("disabled") }),
  z.object({ kind: z.literal("installing"), step: z.string() }),
  z.object({ kind: z.literal("idle") }),
  z.object({ kind: z.literal("starting") }),
  z.object({ kind: z.literal("running"), instances: z.number() }),
  z.object({ kind: z.literal("failed"), error: appErrorSchema, at: z.number() }),
]);
export type ServerState = z.infer<typeof serverStateSchema>;

/** A tool as the server describes itself: untrusted text, shown with invisible characters revealed. */
export const toolSchema = z.object({
  name: z.string(),
  title: z.string().optional(),
  description: z.string().optional(),
  /** The server's own claim; it never relaxes a decision. */
  readOnlyHint: z.boolean().optional(),
  destructiveHint: z.boolean().optional(),
  inputSchema: z.unknown().optional(),
});
export type Tool = z.infer<typeof toolSchema>;

/** A package that a server was installed from, once, into our own folder. */
export const installedPackageSchema = z.object({
  ecosystem: z.enum(["npm", "pypi"]),
  name: z.string(),
  version: z.string(),
  integrity: z.string(),
  /** Hash (hex) of the exact versions and bytes of all its dependencies; absent where an earlier version of Portcullis installed it. */
  lock: z.string().optional(),
  installedAt: z.number(),
});
export type InstalledPackage = z.infer<typeof installedPackageSchema>;

/** One running process tree of a server, for one client session. */
export const serverInstanceSchema = z.object({
  id: z.string(),
  client: z.string(),
  pid: z.number().nullable(),
  startedAt: z.number(),
  memoryBytes: z.number().nullable(),
});
export type ServerInstance = z.infer<typeof serverInstanceSchema>;

/** What the sandbox comes to, as facts that the UI puts into words. */
export const sandboxViewSchema = z.object({
  kind: z.enum(["boxed", "waived", "cannot-box"]),
  /** Why it cannot be boxed here, or null. */
  reason: z.string().nullable(),
  read: z.array(z.string()),
  write: z.array(z.string()),
  hosts: z.array(z.string()),
  /** Only those that are not the defaults of `limitsSchema`; absent where none is. */
  limits: limitsSchema.optional(),
});
export type SandboxView = z.infer<typeof sandboxViewSchema>;

/** Everything the UI and the command line know about a server. Env values are never part of it. */
export const serverViewSchema = z.object({
  name: z.string(),
  command: z.string(),
  /** Exactly as configured, known secrets masked. Never truncated. */
  args: z.array(z.string()),
  env: z.array(z.object({ name: z.string(), references: z.array(z.string()) })),
  cwd: z.string().nullable(),
  /** What in command, args, env or cwd deserves a second look before accepting (threats 1 and 30). */
  warnings: z.array(z.string()),
  /** What `server.accept` must repeat: binds the acceptance to what was shown. */
  fingerprint: z.string(),
  state: serverStateSchema,
  sandbox: sandboxViewSchema,
  secrets: z.array(z.string()),
  instances: z.array(serverInstanceSchema),
  /** How many it listed last, and a number that changes with each listing; null if it was never asked. The lists themselves, which may be long, are asked for one by one (`server.knownTools`). */
  tools: z.object({ count: z.number(), listing: z.number() }).nullable(),
  package: installedPackageSchema.nullable(),
  callsToday: z.number(),
});
export type ServerView = z.infer<typeof serverViewSchema>;
