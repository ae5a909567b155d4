import { createHash, createHmac } from "node:crypto";
import { z } from "zod";
import type { AcceptanceChange, ServerSettings } from "../../shared/model/server.ts";
import { canonical } from "../../shared/policy/canonical.ts";
import { limitsText } from "../../shared/policy/limits-text.ts";
import { knownLimits } from "../../shared/model/limits.ts";
import type { Leads } from "./leads.ts";

/**
 * What the person accepted, bound to everything that decides what runs (threat 2, CVE-2025-54136: trust that is bound to a name
 * can be moved to another command): command, arguments, the real paths of the program, its interpreter and its script, the name of
 * each environment variable with a salted hash of its value, working folder, the sandbox, and the package that was installed for it.
 * Anything that differs is named, one field each, and nothing is started until it is accepted again.
 */
export const acceptanceSubjectSchema = z.object({
  /** Where the command leads: a real path, or `npm:NAME` where a package runner's work is done by us; null: not found. */
  program: z.string().nullable(),
  command: z.string(),
  args: z.array(z.string()),
  /** Salted hash of each value. */
  env: z.record(z.string(), z.string()),
  cwd: z.string().nullable(),
  /** Real paths: a symlink that is turned elsewhere is a change. */
  read: z.array(z.string()),
  write: z.array(z.string()),
  hosts: z.array(z.string()),
  waived: z.boolean(),
  limits: z.record(z.string(), z.number()),
  /** Real paths of `cwd`, `script` and `environment` where they are elsewhere than their names say; absent: none is. */
  leads: z.record(z.string(), z.string()).optional(),
  /** Real path of what the program's first line names; null: it names none; absent: accepted before this was kept. */
  interpreter: z.string().nullable().optional(),
});
export type AcceptanceSubject = z.infer<typeof acceptanceSubjectSchema>;

export const acceptedPackageSchema = z.object({
  name: z.string(),
  version: z.string(),
  integrity: z.string(),
  /** Of all its dependencies; absent in what was accepted before that was kept: noted at the next start. */
  lock: z
    .string()
    .regex(/^[0-9a-f]{64}$/u)
    .optional(),
});
export type AcceptedPackage = z.infer<typeof acceptedPackageSchema>;

/** What is known of where a server's settings lead on this machine. */
export interface ResolvedServer {
  readonly program: string | null;
  /** A configured folder (`~/x`, `/x`) to its real path; the same text if it does not exist. */
  realPath(configured: string): string;
  readonly leads: Leads;
}

/** The subject of an acceptance. `salt` keeps the hashes of values from being guessed with a word list. */
export function acceptanceSubject(settings: ServerSettings, resolved: ResolvedServer, salt: string): AcceptanceSubject {
  const box = settings.sandbox ?? {};
  const env = Object.entries(settings.env ?? {}).map(([name, value]) => [name, createHmac("sha256", salt).update(value).digest("hex")]);
  return {
    program: resolved.program,
    command: settings.command,
    args: [...(settings.args ?? [])],
    env: Object.fromEntries(env) as Record<string, string>,
    cwd: settings.cwd ?? null,
    read: (box.read ?? []).map((folder) => resolved.realPath(folder)),
    write: (box.write ?? []).map((folder) => resolved.realPath(folder)),
    hosts: [...(box.hosts ?? [])],
    waived: box.waived === true,
    limits: knownLimits(box.limits),
    ...(Object.keys(resolved.leads.elsewhere).length === 0 ? {} : { leads: { ...resolved.leads.elsewhere } }),
    interpreter: resolved.leads.interpreter,
  };
}

/** SHA-256 (hex) over the subject and the installed package: what `server.accept` must repeat. */
export function acceptanceFingerprint(subject: AcceptanceSubject, installed: AcceptedPackage | null): string {
  return createHash("sha256")
    .update(canonical({ subject, package: installed }))
    .digest("hex");
}

/**
 * One change for each field that differs from what was accepted. Environment values are never shown. `redact` takes known secrets out of the rest.
 *
 * @param installed the package as it stands now; null: none installed (which is no change: it will be installed as accepted)
 */
export function acceptanceChanges(
  accepted: { readonly subject: AcceptanceSubject; readonly package: AcceptedPackage | null },
  now: AcceptanceSubject,
  installed: AcceptedPackage | null,
  redact: (text: string) => string,
): readonly AcceptanceChange[] {
  const before = accepted.subject;
  const changes: AcceptanceChange[] = [];
  const compare = (field: string, was: string | null, is: string | null): void => {
    if (was !== is) changes.push({ field, before: was === null ? null : redact(was), after: is === null ? null : redact(is) });
  };
  const list = (values: readonly string[]): string | null => (values.length === 0 ? null : JSON.stringify(values));
  compare("command", before.command, now.command);
  // A different command leads elsewhere by itself; the path is worth a line of its own only where the same command does.
  if (before.command === now.command) compare("program", before.program, now.program);
  // What was accepted before interpreters were kept gets its own at its next start.
  if (before.program === now.program && before.interpreter !== undefined)
    compare("interpreter", before.interpreter, now.interpreter ?? null);
  compare("args", list(before.args), list(now.args));
  for (const name of [...new Set([...Object.keys(before.env), ...Object.keys(now.env)])].sort()) {
    const was = Object.hasOwn(before.env, name) ? before.env[name] : undefined;
    const is = Object.hasOwn(now.env, name) ? now.env[name] : undefined;
    if (was === is) continue;
    changes.push({
      field: `env.${name}`,
      before: was === undefined ? null : "a value",
      after: is === undefined ? null : was === undefined ? "a value" : "another value",
    });
  }
  compare("cwd", before.cwd, now.cwd);
  // Likewise: the same words that lead elsewhere.
  const lead = (name: string, said: string | null): void => {
    compare(name, before.leads?.[name] ?? said, now.leads?.[name] ?? said);
  };
  if (before.cwd === now.cwd) lead("cwd", now.cwd);
  if (before.command === now.command) lead("environment", null);
  if (before.command === now.command && before.cwd === now.cwd && list(before.args) === list(now.args)) lead("script", null);
  compare("sandbox.read", list(before.read), list(now.read));
  compare("sandbox.write", list(before.write), list(now.write));
  compare("sandbox.hosts", list(before.hosts), list(now.hosts));
  compare("sandbox.waived", before.waived ? "no sandbox" : "boxed", now.waived ? "no sandbox" : "boxed");
  compare("sandbox.limits", limitsText(before.limits), limitsText(now.limits));
  if (accepted.package !== null && installed !== null) {
    const withLock = accepted.package.lock !== undefined;
    compare("package", packageText(accepted.package, withLock), packageText(installed, withLock));
  }
  return changes;
}

function packageText(installed: AcceptedPackage, withLock: boolean): string {
  const text = `${installed.name} ${installed.version} (${installed.integrity})`;
  return withLock ? `${text}, dependencies ${installed.lock ?? "unknown"}` : text;
}
