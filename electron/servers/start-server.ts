import path from "node:path";
import { fail, ok } from "../../shared/errors.ts";
import type { Result } from "../../shared/errors.ts";
import type { ServerSettings } from "../../shared/model/server.ts";
import type { Acceptances } from "./acceptances.ts";
import { launchServer, record } from "./launch.ts";
import type { LaunchDeps, Runnable } from "./launch.ts";
import type { Packages } from "./packages.ts";
import { programFolders } from "./program-folders.ts";
import type { ResolvedCommand } from "./resolve-command.ts";
import type { ServerEntry } from "./server-entry.ts";
import type { LaunchFor, ServerProcess } from "./server-process.ts";
import type { Shims } from "./shims.ts";
import { configuredCwd, packageOf } from "./standing.ts";
import type { Standing } from "./standing.ts";

/**
 * The way from a name to a running process: accepted as it stands? → installed → started. Acceptance comes before anything is downloaded or
 * run (threats 1, 2, 5), and is looked at again after an installation, which takes long enough for the settings to change.
 */
export interface StartDeps extends LaunchDeps {
  readonly acceptances: Acceptances;
  readonly packages: Packages;
  readonly shims: Shims;
  readonly home: string;
  readonly stateDir: string;
  readonly findCommand: (name: string, cwd: string | null) => Promise<Result<ResolvedCommand>>;
  /** Where it stands now, computed afresh; undefined: there is no such server (any more). */
  readonly refresh: (name: string) => Promise<Standing | undefined>;
  /** After anything about the entry changed. */
  readonly changed: () => void;
}

/** Why a server may not be started as it stands, or null. */
export function notStartable(name: string, standing: Standing): ReturnType<typeof fail> | null {
  const { settings, recognised, changes } = standing;
  if (settings.disabled === true) return fail("disabled", `The server "${name}" is switched off.`, "Switch it on in the Servers screen.");
  const how = `Look at it and accept it in the Servers screen, or with: portcullis server accept ${name}`;
  if (changes === "new") return fail("not-accepted", `The server "${name}" was never accepted, so it was not started.`, how);
  if (changes.length > 0) {
    const fields = changes.map((change) => change.field).join(", ");
    return fail("not-accepted", `The server "${name}" was not started: it changed since you accepted it (${fields}).`, how);
  }
  if (recognised.kind === "refused") return fail("cannot-start", `The server "${name}" cannot be started: ${recognised.reason}`);
  if (standing.command?.ok === false) return standing.command;
  if (standing.installed?.ok === false) return standing.installed;
  return null;
}

/** What runs now, and the settings that it was started with. */
export interface StartedServer {
  readonly process: ServerProcess;
  readonly settings: ServerSettings;
}

export async function startServer(deps: StartDeps, entry: ServerEntry, launchFor: LaunchFor): Promise<Result<StartedServer>> {
  const { name } = entry;
  let standing = await deps.refresh(name);
  if (standing === undefined) return fail("not-found", `There is no server named "${name}".`, "portcullis server list shows them.");
  const refused = notStartable(name, standing);
  if (refused !== null) return refused;
  const installed = await ensureInstalled(deps, entry, standing, launchFor);
  if (!installed.ok) return installed;
  if (installed.value.fresh) {
    standing = await deps.refresh(name);
    if (standing === undefined) return fail("not-found", `The server "${name}" was removed while it was installed.`);
    const since = notStartable(name, standing);
    if (since !== null) return since;
  }
  const kept = await keepInterpreter(deps, name, standing);
  if (!kept.ok) return kept;
  const runnable = await runnableServer(deps, name, standing, installed.value.folder);
  if (!runnable.ok) return runnable;
  const stderr = entry.log.instance();
  const server = { name, settings: standing.settings, runnable: runnable.value, home: deps.home };
  const started = await launchServer(deps, server, launchFor, stderr);
  if (!started.ok) return started;
  entry.log.note(`started for ${launchFor.client} (process ${started.value.pid})`);
  return ok({ process: started.value, settings: standing.settings });
}

/** What is run, and what it needs to read. For a package: its installed folder. */
export async function runnableServer(
  deps: Pick<StartDeps, "packages" | "shims" | "home" | "stateDir" | "findCommand">,
  name: string,
  standing: Standing,
  folder: string | null,
): Promise<Result<Runnable>> {
  const { settings, recognised } = standing;
  const stateDir = path.join(deps.stateDir, name);
  const cwd = configuredCwd(settings, deps.home) ?? stateDir;
  if (recognised.kind === "refused") return fail("cannot-start", recognised.reason);
  if (recognised.kind !== "plain") {
    if (folder === null) return fail("not-found", `The package ${recognised.name} is not installed yet.`);
    const entry = await deps.packages.entry(recognised, folder);
    if (!entry.ok) return entry;
    const { argv, programs, isNode } = entry.value;
    return ok({
      argv: [...argv, ...recognised.args],
      programs,
      isNode,
      argsFrom: argv.length,
      pathFirst: isNode ? [path.dirname(argv[0] ?? "")] : [],
      nodeLine: false,
      cwd,
      stateDir,
    });
  }
  if (standing.command === null) return fail("cannot-start", "The command was not found.");
  if (!standing.command.ok) return standing.command;
  const { path: called, prefix } = standing.command.value;
  // Asking a shim runs it, so only for what the person accepted (threat 5): `explain` also looks at what nobody accepted yet.
  if (deps.shims.isShim(called) && notStartable(name, standing) !== null)
    return fail("not-accepted", `The server "${name}" is not accepted yet.`);
  const program = deps.shims.isShim(called) ? await deps.shims.behind(called) : called;
  if (program === null) {
    return fail(
      "cannot-start",
      `${called} belongs to a version manager and leads into its own folders.`,
      "Name the program itself, with its whole path.",
    );
  }
  const args = [...prefix, ...(settings.args ?? [])];
  const folders = await programFolders({
    program,
    args,
    cwd: configuredCwd(settings, deps.home),
    home: deps.home,
    async findInterpreter(interpreter) {
      const found = await deps.findCommand(interpreter, null);
      if (!found.ok) return null;
      return deps.shims.isShim(found.value.path) && notStartable(name, standing) === null
        ? deps.shims.behind(found.value.path)
        : found.value.path;
    },
  });
  return ok({
    argv: [...folders.argv, ...args],
    programs: folders.programs,
    isNode: folders.isNode,
    argsFrom: folders.argv.length,
    nodeLine: folders.isNode && folders.argv.length === 1,
    pathFirst: [path.dirname(folders.argv[0] ?? program)],
    cwd,
    stateDir,
  });
}

/** Installs what is not there. The first installation's version, integrity and dependencies become part of what was accepted. */
async function ensureInstalled(
  deps: StartDeps,
  entry: ServerEntry,
  standing: Standing,
  launchFor: LaunchFor,
): Promise<Result<{ folder: string | null; fresh: boolean }>> {
  const { recognised, accepted } = standing;
  if (recognised.kind !== "npm" && recognised.kind !== "pypi") return ok({ folder: null, fresh: false });
  const done = await deps.packages.ensure(
    recognised,
    accepted?.package ?? null,
    (step) => {
      entry.installing = step;
      deps.changed();
      launchFor.onProgress?.(step);
    },
    standing.settings.sandbox?.waived === true,
  );
  if (entry.installing !== null) {
    entry.installing = null;
    deps.changed();
  }
  if (!done.ok) return done;
  const { folder, package: installed, fresh } = done.value;
  if (fresh) {
    const written = record(deps, { kind: "server-installed", server: entry.name, detail: { ...installed } });
    if (!written.ok) return written;
  }
  const first = accepted !== undefined && accepted.package === null;
  // Accepted before the dependencies were part of it: what is installed of the accepted package now is what it means.
  const pinned = accepted?.package ?? null;
  const unlocked = pinned !== null && pinned.lock === undefined && installed.lock !== undefined;
  // Two first starts at once: the other one may have written it by now; and an acceptance that was taken back meanwhile stays so.
  if (accepted !== undefined && (first || unlocked) && deps.acceptances.get(entry.name) === accepted) {
    const saved = await deps.acceptances.set(entry.name, { ...accepted, package: packageOf(installed) });
    if (!saved.ok) return saved;
  }
  return ok({ folder, fresh: fresh || first });
}

/** What was accepted before interpreters were part of it is accepted with the one that it is started with now. */
async function keepInterpreter(deps: StartDeps, name: string, standing: Standing): Promise<Result<void>> {
  const { accepted, subject, recognised } = standing;
  if (accepted === undefined || accepted.subject.interpreter !== undefined || recognised.kind !== "plain") return ok(undefined);
  if (deps.acceptances.get(name) !== accepted) return ok(undefined);
  return deps.acceptances.set(name, { ...accepted, subject: { ...accepted.subject, interpreter: subject.interpreter ?? null } });
}

/** How long a connection waits without traffic before it stops its server, in milliseconds; 0: never. */
export function idleMilliseconds(settings: ServerSettings | undefined): number {
  return Math.round((settings?.idleMinutes ?? 30) * 60_000);
}
