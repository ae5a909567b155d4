import fs from "node:fs/promises";
import path from "node:path";
import type { Result } from "../../shared/errors.ts";
import type { AcceptanceChange, InstalledPackage, ServerSettings } from "../../shared/model/server.ts";
import { acceptanceChanges, acceptanceFingerprint, acceptanceSubject } from "./acceptance.ts";
import type { AcceptanceSubject, AcceptedPackage } from "./acceptance.ts";
import type { Acceptances, AcceptedServer } from "./acceptances.ts";
import type { Leads, LeadsQuestion } from "./leads.ts";
import type { Packages } from "./packages.ts";
import { recognise } from "./recognise.ts";
import type { Recognised } from "./recognise.ts";
import type { ResolvedCommand } from "./resolve-command.ts";

/**
 * Where a server stands: what its settings lead to on this machine now, against what the person accepted (threats 1, 2, 5). Nothing of
 * the server is run to find out.
 */
export interface Standing {
  /** The very settings this was computed from. */
  readonly settings: ServerSettings;
  readonly recognised: Recognised;
  /** Where the command leads, or why nowhere; null for a package, which we run ourselves. */
  readonly command: Result<ResolvedCommand> | null;
  readonly subject: AcceptanceSubject;
  readonly accepted: AcceptedServer | undefined;
  /** The accepted package as its note says it is installed (its files are checked at the start); a failure: no readable note; null: none. */
  readonly installed: Result<InstalledPackage> | null;
  readonly fingerprint: string;
  /** `new`: never accepted. Empty: accepted as it stands. */
  readonly changes: "new" | readonly AcceptanceChange[];
}

export interface StandingDeps {
  readonly acceptances: Acceptances;
  readonly packages: Packages;
  readonly home: string;
  readonly findCommand: (name: string, cwd: string | null) => Promise<Result<ResolvedCommand>>;
  readonly findLeads: (question: Omit<LeadsQuestion, "home" | "shims" | "find">) => Promise<Leads>;
  readonly redact: (text: string) => string;
}

/** Computes it afresh: looks at the disk, and at the login shell's PATH for a command without a path. */
export async function standingOf(deps: StandingDeps, name: string, settings: ServerSettings): Promise<Standing> {
  const recognised = recognise(settings.command, settings.args ?? []);
  const isPackage = recognised.kind === "npm" || recognised.kind === "pypi";
  const cwd = configuredCwd(settings, deps.home);
  const command = recognised.kind === "plain" ? await deps.findCommand(settings.command, cwd) : null;
  const program = isPackage ? `${recognised.kind}:${recognised.name}` : command?.ok === true ? command.value.real : null;
  const folders = new Map<string, string>();
  for (const folder of [...(settings.sandbox?.read ?? []), ...(settings.sandbox?.write ?? [])]) {
    const expanded = expandHome(folder, deps.home);
    folders.set(folder, await fs.realpath(expanded).catch(() => expanded));
  }
  const leads = await deps.findLeads({ settings, command: command?.ok === true ? command.value : null, cwd });
  const resolved = { program, realPath: (folder: string) => folders.get(folder) ?? folder, leads };
  const subject = acceptanceSubject(settings, resolved, deps.acceptances.salt);
  const accepted = deps.acceptances.get(name);
  const pinned = accepted?.package ?? null;
  const found = isPackage && pinned !== null && pinned.name === recognised.name ? await deps.packages.installed(recognised, pinned) : null;
  const installed = found === null ? null : found.ok ? { ok: true as const, value: found.value.package } : found;
  const now = installed?.ok === true ? packageOf(installed.value) : null;
  return {
    settings,
    recognised,
    command,
    subject,
    accepted,
    installed,
    fingerprint: acceptanceFingerprint(subject, now),
    changes: accepted === undefined ? "new" : acceptanceChanges(accepted, subject, now, deps.redact),
  };
}

/** Whether an acceptance's package still stands for what the settings name: another spec is another installation. */
export function keepsPackage(before: AcceptedServer | undefined, subject: AcceptanceSubject): AcceptedPackage | null {
  if (before === undefined || before.package === null) return null;
  const same = before.subject.program === subject.program && JSON.stringify(before.subject.args) === JSON.stringify(subject.args);
  return same && before.subject.command === subject.command ? before.package : null;
}

export function packageOf(installed: InstalledPackage): AcceptedPackage {
  const { name, version, integrity, lock } = installed;
  return { name, version, integrity, ...(lock === undefined ? {} : { lock }) };
}

/** The configured working folder, absolute, or null. */
export function configuredCwd(settings: ServerSettings, home: string): string | null {
  return settings.cwd === undefined ? null : path.resolve(home, expandHome(settings.cwd, home));
}

function expandHome(folder: string, home: string): string {
  if (folder === "~") return home;
  return /^~[\\/]/u.test(folder) ? path.join(home, folder.slice(2)) : folder;
}
