import fs from "node:fs/promises";
import path from "node:path";
import { fail, ok } from "../../shared/errors.ts";
import type { Result } from "../../shared/errors.ts";
import type { JournalDraft } from "../../shared/model/journal-entry.ts";
import type { ServerSettings, ServerView, Tool } from "../../shared/model/server.ts";
import type { Settings } from "../../shared/model/settings.ts";
import type { Redactor } from "../../shared/text/redact.ts";
import type { BoxedCommand, Sandbox, SandboxCapability } from "../sandbox/sandbox.ts";
import { openAcceptances } from "./acceptances.ts";
import { inspectTools } from "./inspect.ts";
import { boxRequest, record, recordRefusal } from "./launch.ts";
import type { StderrSink } from "./launch.ts";
import { createPackages } from "./packages.ts";
import type { Registry } from "./registry.ts";
import { sampleMemory } from "./sample-memory.ts";
import { instanceViews } from "./server-entry.ts";
import type { ServerEntry } from "./server-entry.ts";
import { createServerLog } from "./server-log.ts";
import type { LaunchFor, ServerProcess } from "./server-process.ts";
import { sandboxView, sandboxWords, serverView } from "./server-view.ts";
import { keepsPackage, packageOf, standingOf } from "./standing.ts";
import type { Standing } from "./standing.ts";
import { idleMilliseconds, runnableServer, startServer } from "./start-server.ts";
import type { StartDeps } from "./start-server.ts";
import { serverWarnings } from "./warnings.ts";

/** The settings file as the registry needs it. */
export interface ServerSettingsStore {
  current(): Settings;
  problem(): string | null;
  edit(changes: readonly { path: readonly string[]; value: unknown }[]): Promise<Result<Settings>>;
  onChange(listener: () => void): () => void;
}

export interface RegistryDeps {
  readonly settings: ServerSettingsStore;
  readonly sandbox: Sandbox;
  /** Values for names, all or a failure in words; `by` is the server. */
  resolveSecrets(names: readonly string[], by: string): Promise<Result<ReadonlyMap<string, string>>>;
  /** @throws when the journal cannot be written */
  record(draft: JournalDraft): void;
  redactor(): Redactor;
  readonly dataDir: string;
  readonly logsDir: string;
  readonly home: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
  /** Absolute path of the Node that runs packages' entry points. */
  readonly nodePath: string;
  now(): number;
  callsToday(): ReadonlyMap<string, number>;
  /** An executable as a login shell would find it: absolute, symlinks kept. */
  findCommand(name: string, cwd: string | null): Promise<Result<string>>;
  baseEnvironment(): Promise<Readonly<Record<string, string>>>;
  dangerousEnv(names: readonly string[]): readonly { readonly name: string; readonly reason: string }[];
  spawn(boxed: BoxedCommand, stderr: StderrSink): Promise<Result<ServerProcess>>;
}

/** Reads what was accepted, and where every configured server stands. Starts nothing. */
export async function createRegistry(deps: RegistryDeps): Promise<Registry> {
  const acceptances = await openAcceptances(path.join(deps.dataDir, "accepted.json"), deps.now);
  const packages = createPackages({
    ...deps,
    packagesDir: path.join(deps.dataDir, "packages"),
    findCommand: (name) => deps.findCommand(name, null),
  });
  const entries = new Map<string, ServerEntry>();
  const listeners = new Set<() => void>();
  let capability: SandboxCapability | null = null;
  let closed = false;
  const redact = (text: string): string => deps.redactor().text(text);
  const stateDir = path.join(deps.dataDir, "state");
  const start: StartDeps = { ...deps, acceptances, packages, stateDir, refresh, changed };

  function configured(name: string): ServerSettings | undefined {
    const servers = deps.settings.current().mcpServers ?? {};
    return Object.hasOwn(servers, name) ? servers[name] : undefined;
  }

  function changed(): void {
    for (const listener of listeners) listener();
  }

  function entryOf(name: string): ServerEntry {
    const there = entries.get(name);
    if (there !== undefined) return there;
    const log = createServerLog(path.join(deps.logsDir, `server-${name}.log`), deps.redactor, deps.now);
    const made: ServerEntry = { name, standing: null, installing: null, starting: 0, instances: new Map(), failed: null, tools: null, log };
    entries.set(name, made);
    return made;
  }

  async function refresh(name: string): Promise<Standing | undefined> {
    // The settings may change while the disk is looked at; what counts is what they say in the end.
    for (;;) {
      const settings = configured(name);
      if (settings === undefined) return undefined;
      const standing = await standingOf({ acceptances, packages, home: deps.home, findCommand: deps.findCommand, redact }, name, settings);
      if (!sameSettings(configured(name), settings)) continue;
      entryOf(name).standing = standing;
      return standing;
    }
  }

  /** Without the login shell's PATH, which takes a moment: a command without a path is taken to lead where it led when it was accepted. */
  async function firstLook(name: string, settings: ServerSettings): Promise<void> {
    const findCommand = (command: string): Promise<Result<string>> => {
      const known = acceptances.get(name)?.subject.program ?? null;
      if (path.isAbsolute(command)) return deps.findCommand(command, null);
      return Promise.resolve(known === null ? fail("not-found", "not looked for yet") : ok(known));
    };
    entryOf(name).standing = await standingOf({ acceptances, packages, home: deps.home, findCommand, redact }, name, settings);
  }

  async function settingsChanged(): Promise<void> {
    const servers = deps.settings.current().mcpServers ?? {};
    for (const name of entries.keys()) {
      if (!Object.hasOwn(servers, name)) await forget(name);
    }
    for (const name of Object.keys(servers)) {
      const entry = entryOf(name);
      if (entry.standing !== null && sameSettings(servers[name], entry.standing.settings)) continue;
      const standing = await refresh(name);
      if (standing === undefined) continue;
      entry.failed = null;
      // What runs is what is accepted as it stands: an instance of a command that is no longer that is ended.
      if (standing.settings.disabled === true || standing.changes === "new" || standing.changes.length > 0) await stopAll(entry);
    }
    changed();
  }

  async function forget(name: string): Promise<void> {
    const entry = entries.get(name);
    if (entry === undefined) return;
    entries.delete(name);
    await stopAll(entry);
    await entry.log.close();
  }

  async function stopAll(entry: ServerEntry): Promise<void> {
    await Promise.all([...entry.instances.values()].map((instance) => instance.process.stop()));
  }

  function view(name: string): ServerView | undefined {
    const entry = entries.get(name);
    const standing = entry?.standing ?? null;
    if (entry === undefined || standing === null || configured(name) === undefined) return undefined;
    const { settings, recognised } = standing;
    return serverView({
      name,
      settings,
      standing,
      activity: { ...entry, instances: instanceViews(entry) },
      warnings: serverWarnings({ settings, recognised, dangerousEnv: deps.dangerousEnv }),
      capability,
      callsToday: deps.callsToday().get(name) ?? 0,
      redactor: deps.redactor(),
    });
  }

  /** The view after a change that was made here. */
  async function viewAfter(name: string): Promise<Result<ServerView>> {
    await refresh(name);
    changed();
    const now = view(name);
    return now === undefined ? noServer(name) : ok(now);
  }

  async function edit(name: string, tail: readonly string[], value: unknown, what: Record<string, unknown>): Promise<Result<void>> {
    const written = record(deps, { kind: "settings-changed", server: name, by: "person", detail: what });
    if (!written.ok) return written;
    const edited = await deps.settings.edit([{ path: ["mcpServers", name, ...tail], value }]);
    return edited.ok ? ok(undefined) : edited;
  }

  async function acceptNow(name: string, standing: Standing): Promise<Result<void>> {
    const written = record(deps, {
      kind: "server-accepted",
      server: name,
      by: "person",
      detail: {
        fingerprint: standing.fingerprint,
        command: redact([standing.settings.command, ...(standing.settings.args ?? [])].join(" ")),
      },
    });
    if (!written.ok) return written;
    const kept = keepsPackage(standing.accepted, standing.subject);
    const installed = standing.installed?.ok === true ? packageOf(standing.installed.value) : kept;
    const pinned = kept === null ? null : installed;
    return acceptances.set(name, { subject: standing.subject, package: pinned, acceptedAt: deps.now() });
  }

  async function launch(name: string, launchFor: LaunchFor): Promise<Result<ServerProcess>> {
    if (closed) return fail("closing", "Portcullis is closing.");
    if (configured(name) === undefined) return noServer(name);
    const entry = entryOf(name);
    entry.starting += 1;
    changed();
    const started = await startServer(start, entry, launchFor);
    entry.starting -= 1;
    if (!started.ok) {
      const { code } = started.error;
      if (code !== "not-accepted" && code !== "disabled" && code !== "not-found") entry.failed = { error: started.error, at: deps.now() };
      entry.log.note(`not started for ${launchFor.client}: ${redact(started.error.message)}`);
      recordRefusal(deps, name, launchFor, started.error);
      changed();
      return started;
    }
    const child = started.value;
    entry.failed = null;
    entry.instances.set(child.instanceId, { process: child, client: launchFor.client, memoryBytes: null });
    void child.exited.then((exit) => {
      entry.instances.delete(child.instanceId);
      entry.log.note(
        `ended (process ${child.pid}, ${exit.signal === null ? `status ${exit.code ?? "unknown"}` : `signal ${exit.signal}`})`,
      );
      changed();
    });
    // Removed, switched off or closed while it was starting.
    if (closed || entries.get(name) !== entry || entry.standing?.settings.disabled === true) {
      await child.stop();
      return fail("closing", `The server "${name}" was stopped while it started.`);
    }
    changed();
    return started;
  }

  const initial = deps.settings.current().mcpServers ?? {};
  await Promise.all(Object.entries(initial).map(([name, settings]) => firstLook(name, settings)));
  let settled: Promise<void> = Promise.resolve();
  const inTurn = (work: () => Promise<unknown>): void => {
    settled = settled.then(async () => void (await work()));
  };
  inTurn(async () => {
    await Promise.all(Object.keys(initial).map((name) => refresh(name)));
    changed();
  });
  const unsubscribe = deps.settings.onChange(() => inTurn(settingsChanged));
  void deps.sandbox.probe().then((found) => {
    capability = found;
    changed();
  });

  return {
    launch,
    list: () => Object.keys(deps.settings.current().mcpServers ?? {}).flatMap((name) => view(name) ?? []),
    get: view,
    idleMs: (name) => idleMilliseconds(configured(name)),

    async add(name, settings, accept) {
      if (configured(name) !== undefined) return fail("already-exists", `There already is a server named "${name}".`);
      // A name that was used before and removed by hand from the file starts without what was accepted then.
      const cleared = await acceptances.remove(name);
      if (!cleared.ok) return cleared;
      const edited = await edit(name, [], settings, { added: name });
      if (!edited.ok) return edited;
      const standing = await refresh(name);
      if (standing === undefined) return noServer(name);
      if (accept) {
        const accepted = await acceptNow(name, standing);
        if (!accepted.ok) return accepted;
      }
      return viewAfter(name);
    },

    async update(name, settings) {
      if (configured(name) === undefined) return noServer(name);
      const edited = await edit(name, [], settings, { updated: name });
      return edited.ok ? viewAfter(name) : edited;
    },

    async remove(name) {
      if (configured(name) === undefined) return noServer(name);
      const edited = await edit(name, [], undefined, { removed: name });
      if (!edited.ok) return edited;
      await forget(name);
      await setStateAside(path.join(stateDir, name), deps.now());
      const removed = await acceptances.remove(name);
      changed();
      return removed;
    },

    async accept(name, fingerprint) {
      const standing = await refresh(name);
      if (standing === undefined) return noServer(name);
      if (standing.fingerprint !== fingerprint) {
        changed();
        return fail("not-accepted", `The server "${name}" is not as it was shown any more, so it was not accepted.`, "Look at it again.");
      }
      const accepted = await acceptNow(name, standing);
      if (!accepted.ok) return accepted;
      entryOf(name).failed = null;
      return viewAfter(name);
    },

    async setDisabled(name, disabled) {
      if (configured(name) === undefined) return noServer(name);
      const edited = await edit(name, ["disabled"], disabled ? true : undefined, { server: name, disabled });
      if (!edited.ok) return edited;
      const entry = entries.get(name);
      if (disabled && entry !== undefined) await stopAll(entry);
      return viewAfter(name);
    },

    async waive(name, waived) {
      if (configured(name) === undefined) return noServer(name);
      const edited = await edit(name, ["sandbox", "waived"], waived ? true : undefined, { server: name, waived });
      if (!edited.ok) return edited;
      const entry = entries.get(name);
      if (entry !== undefined) await stopAll(entry);
      return viewAfter(name);
    },

    async inspect(name) {
      const launched = await launch(name, { client: "portcullis", sessionId: "inspector" });
      if (!launched.ok) return launched;
      const tools = await inspectTools(launched.value);
      const entry = entries.get(name);
      if (entry !== undefined) {
        if (tools.ok) entry.tools = tools.value;
        else entry.failed = { error: tools.error, at: deps.now() };
        changed();
      }
      return tools.ok ? ok(deps.redactor().json([...tools.value])) : fail(tools.error.code, redact(tools.error.message), tools.error.hint);
    },

    noteTools(name, tools: readonly Tool[]) {
      const entry = entries.get(name);
      if (entry === undefined) return;
      entry.tools = tools;
      changed();
    },

    async stop(name) {
      const entry = entries.get(name);
      if (entry !== undefined) await stopAll(entry);
    },

    log: (name, lines) => (configured(name) === undefined ? Promise.resolve([]) : entryOf(name).log.tail(lines)),

    async explain(name) {
      const standing = await refresh(name);
      if (standing === undefined) return noServer(name);
      capability = await deps.sandbox.probe();
      const words = [...sandboxWords(standing.settings, sandboxView(standing.settings, capability))];
      const { recognised, accepted } = standing;
      const pinned = accepted?.package ?? null;
      const isPackage = recognised.kind === "npm" || recognised.kind === "pypi";
      const folder = isPackage && pinned !== null ? await packages.installed(recognised, pinned) : null;
      const runnable = await runnableServer(start, name, standing, folder?.ok === true ? folder.value.folder : null);
      if (!runnable.ok) return ok({ words: [...words, `There is no exact plan yet: ${runnable.error.message}`], plan: [] });
      const env = { ...(await deps.baseEnvironment()), ...standing.settings.env };
      return ok({
        words,
        plan: [...deps.sandbox.explain(boxRequest(name, standing.settings, runnable.value, env, deps.home))].map(redact),
      });
    },

    async sampleMemory() {
      const all = [...entries.values()].flatMap((entry) => [...entry.instances.values()]);
      if (all.length === 0) return;
      await Promise.all(
        all.map(async (instance) => {
          instance.memoryBytes = await sampleMemory(instance.process.pid);
        }),
      );
      changed();
    },

    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },

    async close() {
      closed = true;
      unsubscribe();
      await Promise.all([...entries.values()].map((entry) => stopAll(entry)));
      await Promise.all([...entries.values()].map((entry) => entry.log.close()));
      listeners.clear();
    },
  };
}

function noServer(name: string): ReturnType<typeof fail> {
  return fail("not-found", `There is no server named "${name}".`);
}

function sameSettings(a: ServerSettings | undefined, b: ServerSettings | undefined): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}

/** A removed server's private folder is kept, but not given to another server that gets its name. */
async function setStateAside(folder: string, now: number): Promise<void> {
  await fs.rename(folder, `${folder}.removed-${now}`).catch(() => undefined);
}
