import { z } from "zod";
import { approvalAnswerSchema, approvalDetailSchema } from "../model/approval.ts";
import { journalPageSchema, journalQuerySchema, journalRecordSchema, journalVerdictSchema } from "../model/journal-entry.ts";
import { driftSchema, migrationSchema, migrationStepSchema, planSchema, scanSchema, selectionSchema } from "../model/migration.ts";
import { ruleDraftSchema, ruleSchema } from "../model/rule.ts";
import { secretNameSchema, vaultStatusSchema } from "../model/secret-reference.ts";
import {
  sandboxSettingsSchema,
  serverEditSchema,
  serverNameSchema,
  serverSettingsSchema,
  serverViewSchema,
  toolSchema,
} from "../model/server.ts";
import { settingsPatchSchema, settingsViewSchema } from "../model/settings.ts";
import { checkSchema, snapshotSchema } from "../model/snapshot.ts";
import type { CallChannel, PushChannel } from "./channels.ts";

/**
 * Who may call: `window` is the main window and the browser UI, `approval` the approval window, `command` the command line on
 * the local socket. Each surface proves its role in its own way (sender frame, cookie, token); none can claim it in a message.
 */
export type Role = "window" | "approval" | "command";

const everyone: readonly Role[] = ["window", "approval", "command"];
const operators: readonly Role[] = ["window", "command"];

function channel<I extends z.ZodType, O extends z.ZodType>(who: readonly Role[], input: I, output: O) {
  return { who, input, output } as const;
}

const nothing = z.undefined();
const named = z.object({ name: serverNameSchema });

/** What there is to look at. */
const openedSchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("window") }),
  z.object({ kind: z.literal("browser"), url: z.string() }),
  z.object({ kind: z.literal("nothing") }),
]);
export type Opened = z.infer<typeof openedSchema>;

export const contract = {
  "state.get": channel(everyone, nothing, z.object({ revision: z.number(), snapshot: snapshotSchema })),

  "approval.get": channel(everyone, z.object({ id: z.string() }), approvalDetailSchema),
  "approval.answer": channel(everyone, approvalAnswerSchema, nothing),
  /** Denies every waiting question, or every one of a server; the answer is how many. */
  "approval.denyAll": channel(everyone, z.object({ server: serverNameSchema.optional() }), z.object({ denied: z.number() })),

  "rule.add": channel(operators, ruleDraftSchema, ruleSchema),
  "rule.remove": channel(operators, z.object({ id: z.string() }), nothing),
  /** Puts back what was removed since the app was started, as it was. */
  "rule.restore": channel(operators, z.object({ id: z.string() }), ruleSchema),

  /**
   * Adds a server as configured. It is not accepted by that: `accept` must be true for the person to have seen the whole
   * command, or `server.accept` follows.
   */
  "server.add": channel(
    operators,
    z.object({ name: serverNameSchema, settings: serverSettingsSchema, accept: z.boolean() }),
    serverViewSchema,
  ),
  /** It is stopped, and must be accepted as it is then. What it was is put back by `server.restore`. */
  "server.edit": channel(operators, z.object({ name: serverNameSchema, edit: serverEditSchema }), serverViewSchema),
  "server.remove": channel(operators, named, nothing),
  /**
   * Puts back what was removed last under this name since the app was started, which must be accepted like one that was added; of one that
   * is there, what it was before its last edit, which needs no acceptance where that had one.
   */
  "server.restore": channel(operators, named, serverViewSchema),
  "server.accept": channel(operators, z.object({ name: serverNameSchema, fingerprint: z.string() }), serverViewSchema),
  "server.setDisabled": channel(operators, z.object({ name: serverNameSchema, disabled: z.boolean() }), serverViewSchema),
  /** Gives or takes back the waiver of a server's sandbox; giving it counts as a change that must be accepted. */
  "server.waive": channel(operators, z.object({ name: serverNameSchema, waived: z.boolean() }), serverViewSchema),
  /** What its sandbox opens; counts as a change that must be accepted. An absent list opens nothing; absent limits stay as they are, and an absent limit in them is the default. */
  "server.setSandbox": channel(
    operators,
    z.object({ name: serverNameSchema, sandbox: sandboxSettingsSchema.pick({ read: true, write: true, hosts: true, limits: true }) }),
    serverViewSchema,
  ),
  /** Installs if need be, starts the server once and lists its tools: what a first start would do. */
  "server.start": channel(operators, named, serverViewSchema),
  /** Stops every instance; each starts again at its client's next message. */
  "server.stop": channel(operators, named, nothing),
  /** Starts it once and lists its tools. */
  "server.tools": channel(operators, named, z.array(toolSchema)),
  /** Its tools as they were last listed, by whomever; null if they never were. Starts nothing. */
  "server.knownTools": channel(operators, named, z.array(toolSchema).nullable()),
  /** The newest lines of its stderr, oldest first, redacted and with control characters escaped. */
  "server.log": channel(operators, z.object({ name: serverNameSchema, lines: z.number().int().min(1).max(2000) }), z.array(z.string())),
  /** The sandbox in words, then the exact plan, a line each. */
  "server.explain": channel(operators, named, z.object({ words: z.array(z.string()), plan: z.array(z.string()) })),

  "secret.put": channel(
    operators,
    z.object({ name: secretNameSchema, value: z.string().min(1).max(65_536) }),
    z.object({ replaced: z.boolean() }),
  ),
  "secret.delete": channel(operators, z.object({ name: secretNameSchema }), nothing),
  /** Puts back the value that was replaced or deleted within the last minute. It never leaves the app. */
  "secret.restore": channel(operators, z.object({ name: secretNameSchema }), nothing),
  /** Empty for the keychain, which asks for its own passphrase. */
  "vault.unlock": channel(operators, z.object({ passphrase: z.string().max(1024) }), vaultStatusSchema),
  /** Changes where secrets are kept from now on. Nothing is copied; `passphrase` is needed for `file`. */
  "vault.choose": channel(
    operators,
    z.object({ store: z.enum(["keychain", "file"]), passphrase: z.string().min(1).max(1024).optional() }),
    vaultStatusSchema,
  ),
  /** Whether there is an encrypted file already, which its own passphrase opens; otherwise a new passphrase is to be chosen, and said twice. */
  "vault.file": channel(operators, nothing, z.object({ exists: z.boolean() })),
  /** Of the encrypted file, where that is the store. */
  "vault.changePassphrase": channel(
    operators,
    z.object({ current: z.string().min(1).max(1024), next: z.string().min(1).max(1024) }),
    nothing,
  ),

  /** Newest first. Fewer than were asked for where they are large, and `more` then. */
  "journal.page": channel(operators, journalQuerySchema, journalPageSchema),
  "journal.verify": channel(operators, nothing, journalVerdictSchema),
  /** All records that match, oldest first; `too-large` where that is more than one answer holds, and nothing is exported then. */
  "journal.export": channel(
    operators,
    z.object({ format: z.enum(["jsonl", "csv"]), query: journalQuerySchema.partial() }),
    z.object({ text: z.string(), records: z.number() }),
  ),
  /** Before the command line reads the journal's file for an export itself: records that it does. */
  "journal.noteExport": channel(["command"], z.object({ format: z.enum(["jsonl", "csv"]) }), nothing),

  /** Puts a journal that cannot be trusted aside, untouched; Portcullis goes on with a new one at its next start. */
  "journal.archive": channel(operators, nothing, z.object({ file: z.string(), anchored: z.boolean() })),

  "gate.pause": channel(operators, nothing, nothing),
  "gate.resume": channel(operators, nothing, nothing),
  "settings.update": channel(operators, settingsPatchSchema, settingsViewSchema),
  "doctor.run": channel(operators, nothing, z.array(checkSchema)),

  /** Looks at the clients' config files; `folders` are projects that the person named. Reads only. Progress is pushed. */
  "migration.scan": channel(operators, z.object({ folders: z.array(z.string().min(1)).max(200).default([]) }), scanSchema),
  /** What would change, from the files as they are now. Changes nothing. */
  "migration.plan": channel(operators, selectionSchema, planSchema),
  /** Does what that plan says; takes minutes where packages have to be installed. Progress is pushed. */
  "migration.apply": channel(operators, z.object({ plan: z.string() }), migrationSchema),
  /** Puts back all files of a migration, or the one at that path. */
  "migration.undo": channel(operators, z.object({ migration: z.string(), file: z.string().optional() }), migrationSchema),
  /** Newest first. */
  "migration.history": channel(operators, nothing, z.array(migrationSchema)),
  /** What clients did to migrated files since. */
  "migration.drift": channel(operators, nothing, z.array(driftSchema)),
  /** A plan that mends it, to be looked at and then applied like any other. */
  "migration.repair": channel(operators, z.object({ drift: z.string() }), planSchema),

  /** Brings the main window up (desktop), or answers with an address of the browser UI, good for once (headless with `--ui`). */
  "app.open": channel(everyone, z.object({ screen: z.string().optional() }), openedSchema),
  "app.quit": channel(operators, nothing, nothing),
  /** The approval window's content asks for its height, in CSS pixels. */
  "view.resize": channel(["approval"], z.object({ height: z.number().int().min(80).max(4000) }), nothing),
} as const satisfies Record<CallChannel, ReturnType<typeof channel>>;

export type Input<C extends CallChannel> = z.input<(typeof contract)[C]["input"]>;
export type ParsedInput<C extends CallChannel> = z.output<(typeof contract)[C]["input"]>;
export type Output<C extends CallChannel> = z.output<(typeof contract)[C]["output"]>;

/** What the app pushes. A gap in `revision` means: call `state.get` again. */
export const pushes = {
  "state.changed": z.object({ revision: z.number(), slices: snapshotSchema.partial() }),
  "journal.appended": z.object({ records: z.array(journalRecordSchema) }),
  /** What a scan, an apply or an undo is doing right now; null: the history or the drift changed, ask again. */
  "migration.progressed": z.object({ step: migrationStepSchema.nullable() }),
} as const satisfies Record<PushChannel, z.ZodType>;

export type Push<C extends PushChannel> = z.output<(typeof pushes)[C]>;
