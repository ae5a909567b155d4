import fs from "node:fs/promises";
import path from "node:path";
import { fail, ok } from "../../shared/errors.ts";
import type { AppError, Result } from "../../shared/errors.ts";
import type { JournalDraft } from "../../shared/model/journal-entry.ts";
import { secretReferences } from "../../shared/model/secret-reference.ts";
import type { ServerSettings } from "../../shared/model/server.ts";
import type { BoxedCommand, BoxRequest, Sandbox } from "../sandbox/sandbox.ts";
import { hideSecrets, mayHideSecrets, mayKeepSecrets, secretsInArgs } from "./hidden-args.ts";
import { isHomeOrAbove } from "./program-folders.ts";
import type { LaunchFor, ServerProcess } from "./server-process.ts";

/**
 * One start of an accepted, installed server: references resolved → boxed → spawned, each step in the journal before the next (a journal that
 * cannot be written stops it). Values of secrets exist here only between the vault's answer and the spawn, in the environment that the child gets.
 */
export interface LaunchDeps {
  readonly sandbox: Pick<Sandbox, "prepare">;
  /** The texts with every `${keychain:NAME}` in its value's place, or the first failure in words; `by` is the server. */
  readonly resolveSecrets: (texts: readonly string[], by: string) => Promise<Result<readonly string[]>>;
  /** @throws when the journal cannot be written */
  readonly record: (draft: JournalDraft) => void;
  /** Allow-listed environment of every server. */
  readonly baseEnvironment: () => Promise<Readonly<Record<string, string>>>;
  readonly spawn: (boxed: BoxedCommand, stderr: StderrSink) => Promise<Result<ServerProcess>>;
  readonly now: () => number;
}

export interface StderrSink {
  write(chunk: Uint8Array): void;
  end(): void;
}

/** A server as it is about to be started: what is run, and what that needs to read. */
export interface Runnable {
  readonly argv: readonly string[];
  readonly programs: readonly string[];
  readonly isNode: boolean;
  /** Folders that come first in PATH: a server that starts `node` finds the one that runs it. */
  readonly pathFirst: readonly string[];
  /** Index in argv where the server's own arguments begin. */
  readonly argsFrom: number;
  /** Whether those begin with options for Node itself (a configured `node …` line). */
  readonly nodeLine: boolean;
  readonly cwd: string;
  readonly stateDir: string;
}

/** The allow-listed environment with the server's own runtime first in PATH. */
export function serverEnvironment(
  base: Readonly<Record<string, string>>,
  runnable: Pick<Runnable, "pathFirst">,
): Readonly<Record<string, string>> {
  return { ...base, PATH: [...runnable.pathFirst, ...(base["PATH"] === undefined ? [] : [base["PATH"]])].join(path.delimiter) };
}

/** The box of a server, as `launch` asks for it and `explain` shows it. */
export function boxRequest(
  name: string,
  settings: ServerSettings,
  runnable: Runnable,
  env: Readonly<Record<string, string>>,
  home: string,
): BoxRequest {
  const box = settings.sandbox ?? {};
  // A working folder that the person named is part of what they accepted; the home folder itself is never opened by that.
  const opensCwd = settings.cwd !== undefined && !isHomeOrAbove(runnable.cwd, home);
  return {
    name,
    argv: runnable.argv,
    env,
    cwd: runnable.cwd,
    programs: runnable.programs,
    read: [...(box.read ?? []), ...(opensCwd ? [runnable.cwd] : [])],
    write: box.write ?? [],
    hosts: box.hosts ?? [],
    stateDir: runnable.stateDir,
    limits: box.limits ?? {},
    waived: box.waived === true,
  };
}

/**
 * Starts it. Every outcome is in the journal: `server-launched` (and `server-stopped` when it has ended), or `server-refused`.
 */
export async function launchServer(
  deps: LaunchDeps,
  server: { readonly name: string; readonly settings: ServerSettings; readonly runnable: Runnable; readonly home: string },
  launchFor: LaunchFor,
  stderr: StderrSink,
): Promise<Result<ServerProcess>> {
  const { name, settings, runnable } = server;
  const args = runnable.argv.slice(runnable.argsFrom);
  const allowed = mayHideSecrets(args, runnable.isNode, runnable.nodeLine);
  if (!allowed.ok) return allowed;
  const configured = settings.env ?? {};
  const kept = settings.sandbox?.waived === true ? ok(undefined) : mayKeepSecrets(configured);
  if (!kept.ok) return kept;
  const names = [...new Set([...Object.values(configured), ...args].flatMap((text) => [...secretReferences(text)]))];
  const inArgs = secretsInArgs(args);
  // The arguments themselves are asked for too, so that a reference in them that is not closed is refused.
  const texts = [...Object.values(configured), ...inArgs.map((secret) => `\${keychain:${secret}}`), ...args];
  const resolved = await deps.resolveSecrets(texts, name);
  if (!resolved.ok) return resolved;
  for (const secret of names) {
    const written = record(deps, { kind: "secret-used", server: name, client: launchFor.client, detail: { secret } });
    if (!written.ok) return written;
  }
  const own = Object.fromEntries(Object.keys(configured).map((key, at) => [key, resolved.value[at] ?? ""]));
  const hidden = hideSecrets(
    args,
    new Map(inArgs.map((secret, at) => [secret, resolved.value[Object.keys(configured).length + at] ?? ""])),
  );
  const [program = "", ...rest] = runnable.argv;
  const env = { ...serverEnvironment(await deps.baseEnvironment(), runnable), ...own, ...hidden.env };
  await fs.mkdir(runnable.stateDir, { recursive: true, mode: 0o700 });
  // The system would say that the program is not there.
  if (await isMissing(runnable.cwd))
    return fail("cannot-start", `The working folder “${runnable.cwd}” does not exist.`, "Create it, or change the server's cwd.");
  const request = boxRequest(name, settings, { ...runnable, argv: [program, ...hidden.nodeOptions, ...rest] }, env, server.home);
  launchFor.onProgress?.("Starting");
  const boxed = await deps.sandbox.prepare(request);
  if (!boxed.ok) return boxed;
  const spawned = await deps.spawn(boxed.value, stderr);
  if (!spawned.ok) return spawned;
  const child = spawned.value;
  const instance = child.instanceId;
  const written = record(deps, {
    kind: "server-launched",
    server: name,
    client: launchFor.client,
    detail: {
      instance,
      pid: child.pid,
      session: launchFor.sessionId,
      boxed: !request.waived,
      program: request.argv[0],
      hosts: request.hosts,
    },
  });
  if (!written.ok) {
    await child.stop();
    return written;
  }
  void recordStop(deps, name, launchFor, child);
  return ok(child);
}

/** Whether there is no such folder. What cannot be told is left to whoever starts in it. */
function isMissing(place: string): Promise<boolean> {
  return fs.stat(place).then(
    (stat) => !stat.isDirectory(),
    (error: unknown) => error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ENOTDIR"),
  );
}

async function recordStop(deps: LaunchDeps, server: string, launchFor: LaunchFor, child: ServerProcess): Promise<void> {
  const exit = await child.exited;
  // The journal's own fault is latched and shown by the app; a stop that cannot be written must not become a crash.
  record(deps, {
    kind: "server-stopped",
    server,
    client: launchFor.client,
    durationMs: deps.now() - child.startedAt,
    detail: { instance: child.instanceId, code: exit.code, signal: exit.signal },
  });
}

/** Writes `server-refused`; the failure itself goes on to whoever asked. */
export function recordRefusal(deps: Pick<LaunchDeps, "record">, server: string, launchFor: LaunchFor, error: AppError): void {
  record(deps, { kind: "server-refused", server, client: launchFor.client, detail: { code: error.code, reason: error.message } });
}

/** The journal throws when it cannot be written; here that is a refusal like any other. */
export function record(deps: Pick<LaunchDeps, "record">, draft: JournalDraft): Result<void> {
  try {
    deps.record(draft);
    return ok(undefined);
  } catch (error) {
    return fail("journal-unavailable", `The journal cannot be written: ${error instanceof Error ? error.message : "unknown"}`);
  }
}
