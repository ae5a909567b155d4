import fs from "node:fs/promises";
import path from "node:path";
import type { ServerSettings } from "../../shared/model/server.ts";
import { environmentFolder, firstLine, scriptOf } from "./program-folders.ts";
import type { ResolvedCommand } from "./resolve-command.ts";
import type { Shims } from "./shims.ts";

/**
 * Where the names in a server's settings lead on this machine. A link that is turned elsewhere, or another program of the same name that is
 * found first, changes what runs and what is opened without one letter of the settings changing (threats 2 and 29).
 */
export interface Leads {
  /** Real paths of `cwd`, `script` and `environment`, each only if it is elsewhere than its name says. */
  readonly elsewhere: Readonly<Record<string, string>>;
  /** Real path of what the program's first line names; null: it names none. */
  readonly interpreter: string | null;
}

export interface LeadsQuestion {
  readonly settings: ServerSettings;
  /** Where the command leads; null for a package, or if it leads nowhere. */
  readonly command: ResolvedCommand | null;
  /** The configured working folder, absolute. */
  readonly cwd: string | null;
  readonly home: string;
  readonly shims: Pick<Shims, "isShim">;
  /** Where a name on PATH is, or null. */
  readonly find: (name: string) => Promise<string | null>;
}

/** Looks at the disk; runs nothing, so what lies behind a version manager's shim stays unknown. */
export async function findLeads({ settings, command, cwd, home, shims, find }: LeadsQuestion): Promise<Leads> {
  const elsewhere: Record<string, string> = {};
  const note = async (name: string, place: string | null): Promise<void> => {
    if (place === null) return;
    const real = await realPath(place);
    if (real !== (await plainly(place, home))) elsewhere[name] = real;
  };
  await note("cwd", cwd);
  if (command === null) return { elsewhere, interpreter: null };
  const program = await realPath(command.path);
  const line = shims.isShim(command.path) ? null : await firstLine(program);
  if (line === null) await note("script", await scriptOf(command.path, [...command.prefix, ...(settings.args ?? [])], cwd));
  await note("environment", await environmentFolder(command.path));
  return { elsewhere, interpreter: line === null ? null : await interpreterLead(line, find) };
}

/** An interpreter in a virtual environment is named with that: the same Python runs in many of them. */
async function interpreterLead(
  line: NonNullable<Awaited<ReturnType<typeof firstLine>>>,
  find: LeadsQuestion["find"],
): Promise<string | null> {
  const named = line.byName ? await find(line.program) : line.program;
  if (named === null) return null;
  const real = await realPath(named);
  const environment = await environmentFolder(named);
  return environment === null ? real : `${real} (${await realPath(environment)})`;
}

/** What a place's real path is if no link but the home folder's own is on the way. */
async function plainly(place: string, home: string): Promise<string> {
  const below = path.relative(home, place);
  const outside = below === ".." || below.startsWith(`..${path.sep}`) || path.isAbsolute(below);
  return outside ? path.resolve(place) : path.join(await realPath(home), below);
}

async function realPath(place: string): Promise<string> {
  return fs.realpath(place).catch(() => path.resolve(place));
}
