import path from "node:path";
import { fail, ok } from "../../shared/errors.ts";
import type { AppError, Result } from "../../shared/errors.ts";
import type { JournalDraft } from "../../shared/model/journal-entry.ts";
import type { ServerSettings } from "../../shared/model/server.ts";
import type { Redactor } from "../../shared/text/redact.ts";
import type { Sandbox, SandboxCapability } from "../sandbox/sandbox.ts";
import type { SettingsStore } from "../settings/settings-store.ts";
import { resolveReferences } from "../vault/resolve.ts";
import type { Vault } from "../vault/vault.ts";
import { openAcceptances } from "./acceptances.ts";
import { dangerousEnv } from "./dangerous-env.ts";
import { baseEnvironment, createEnvironment } from "./environment.ts";
import { inspectTools } from "./inspect.ts";
import { boxRequest, recordRefusal, serverEnvironment } from "./launch.ts";
import { launchFault } from "./launch-fault.ts";
import { createPackages } from "./packages.ts";
import type { Registry } from "./registry.ts";
import { resolveCommand } from "./resolve-command.ts";
import type { ResolvedCommand } from "./resolve-command.ts";
import { sampleMemory } from "./sample-memory.ts";
import { createServerChanges, noServer } from "./server-changes.ts";
import { createEntries, sameSettings, stopInstances } from "./server-entries.ts";
import { keepTools } from "./server-entry.ts";
import type { ServerEntry } from "./server-entry.ts";
import type { LaunchFor, ServerProcess } from "./server-process.ts";
import { sandboxView, sandboxWords } from "./server-view.ts";
import { createShims } from "./shims.ts";
import { spawnServer } from "./spawn-server.ts";
import { idleMilliseconds, notStartable, runnableServer, startServer } from "./start-server.ts";
import type { StartDeps } from "./start-server.ts";

export interface RegistryDeps {
  readonly settings: Pick<SettingsStore, "current" | "problem" | "edit" | "onChange">;
  readonly sandbox: Sandbox;
  readonly vault: Pick<Vault, "get">;
  /** @throws when the journal cannot be written */
  readonly record: (draft: JournalDraft) => void;
  readonly redactor: () => Redactor;
  readonly dataDir: string;
  readonly logsDir: string;
  readonly home: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
  /** Absolute path of the Node that runs packages' entry points. */
  readonly nodePath: string;
  readonly now: () => number;
  readonly callsToday: () => ReadonlyMap<string, number>;
}

/** Reads what was accepted, and where every configured server stands. Starts nothing. */
export async function createRegistry(deps: RegistryDeps): Promise<Registry> {
  const { home, platform, now } = deps;
  const redact = (text: string): string => deps.redactor().text(text);
  // What a server said of itself may stand in an error.
  const redactError = (error: AppError): AppError => ({ ...error, message: redact(error.message) });
  const environment = createEnvironment({ env: deps.env, platform, home, watch: (group) => deps.sandbox.outside.watch(group) });
  const findCommand = async (name: string, cwd: string | null): Promise<Result<ResolvedCommand>> => {
    const named = /[\\/]/u.test(name);
    const pathExt = deps.env["PATHEXT"];
    return resolveCommand(name, named ? "" : await environment.searchPath(), { platform, home, cwd: cwd ?? home, pathExt });
  };
  const closing = new AbortController();
  const acceptances = await openAcceptances(path.join(deps.dataDir, "accepted.json"), now);
  const shims = createShims({ env: deps.env, home, searchPath: () => environment.searchPath(), mark: () => deps.sandbox.outside.mark() });
  const packages = createPackages({
    ...deps,
    shims,
    signal: closing.signal,
    packagesDir: path.join(deps.dataDir, "packages"),
    locksDir: path.join(deps.dataDir, "package-locks"),
    async findCommand(name) {
      const found = await findCommand(name, null);
      return found.ok ? ok(found.value.prefix[0] ?? found.value.path) : found;
    },
  });
  const listeners = new Set<() => void>();
  const changed = (): void => {
    for (const listener of listeners) listener();
  };
  let capability: SandboxCapability | null = null;
  let closed = false;
  const pending = new Set<Promise<unknown>>();
  const stateDir = path.join(deps.dataDir, "state");
  const entries = createEntries({
    ...deps,
    settings: () => deps.settings.current(),
    acceptances,
    packages,
    capability: () => capability,
    findCommand,
    shims,
    dangerousEnv: (names) => dangerousEnv(names, platform),
  });
  const { configured, refresh } = entries;
  const start: StartDeps = {
    sandbox: deps.sandbox,
    record: deps.record,
    now,
    home,
    acceptances,
    packages,
    shims,
    stateDir,
    findCommand,
    refresh,
    changed,
    resolveSecrets: (texts, by) => resolveReferences(texts, (name) => deps.vault.get(name, by)),
    baseEnvironment: async () => baseEnvironment(deps.env, await environment.searchPath(), platform),
    async spawn(boxed, stderr) {
      const spawned = await spawnServer(boxed, {
        platform,
        now,
        onStderr: (chunk) => stderr.write(chunk),
      });
      if (spawned.ok) void spawned.value.exited.then(() => stderr.end());
      return spawned;
    },
  };

  function launch(name: string, launchFor: LaunchFor): Promise<Result<ServerProcess>> {
    if (closed) return Promise.resolve(fail("closing", "Portcullis is closing."));
    const problem = deps.settings.problem();
    if (problem !== null)
      return Promise.resolve(fail("settings-broken", `Nothing is started while the settings cannot be read: ${problem}`));
    if (configured(name) === undefined) return Promise.resolve(noServer(name));
    const launching = launchKnown(name, launchFor).finally(() => pending.delete(launching));
    pending.add(launching);
    return launching;
  }

  async function launchKnown(name: string, launchFor: LaunchFor): Promise<Result<ServerProcess>> {
    const entry = entries.of(name);
    entry.starting += 1;
    changed();
    const started = await startServer(start, entry, launchFor)
      .catch(launchFault)
      .finally(() => {
        entry.starting -= 1;
        entry.installing = null;
        changed();
      });
    if (!started.ok) {
      const { code } = started.error;
      if (code !== "not-accepted" && code !== "disabled") entry.failed = { error: redactError(started.error), at: now() };
      entry.log.note(`not started for ${launchFor.client}: ${redact(started.error.message)}`);
      recordRefusal(deps, name, launchFor, started.error);
      changed();
      return started;
    }
    const { process: child, settings } = started.value;
    entry.failed = null;
    entry.instances.set(child.instanceId, { process: child, client: launchFor.client, memoryBytes: null });
    void forgetWhenGone(entry, child);
    // Removed, switched off, changed or closed while it was starting.
    const standing = entry.standing;
    const refused =
      closed || entries.get(name) !== entry || standing === null
        ? noServer(name)
        : (notStartable(name, standing) ?? startedAsItWas(name, settings));
    if (refused !== null) {
      await child.stop();
      return closed ? fail("closing", "Portcullis is closing.") : refused;
    }
    changed();
    return ok(child);
  }

  /** What was changed and accepted again meanwhile is not what runs. */
  function startedAsItWas(name: string, settings: ServerSettings): ReturnType<typeof fail> | null {
    if (sameSettings(configured(name), settings)) return null;
    return fail("cannot-start", `The server "${name}" was changed while it was started, so it was stopped.`, "Try again.");
  }

  async function forgetWhenGone(entry: ServerEntry, child: ServerProcess): Promise<void> {
    const exit = await child.exited;
    entry.instances.delete(child.instanceId);
    const how = exit.signal === null ? `status ${exit.code ?? "unknown"}` : `signal ${exit.signal}`;
    entry.log.note(`ended (process ${child.pid}, ${how})`);
    changed();
  }

  async function tryBox(): Promise<void> {
    capability = await deps.sandbox.probe();
    changed();
  }

  /** What the next start will ask for is found out before somebody waits for it. */
  function getReady(): void {
    const boxes = Object.values(deps.settings.current().mcpServers ?? {}).flatMap(({ disabled, sandbox }) =>
      disabled === true ? [] : [sandbox ?? {}],
    );
    if (boxes.length > 0) void environment.searchPath();
    const waived = boxes.some((box) => box.waived === true);
    void deps.sandbox.getReady({ waived, hosts: boxes.some((box) => box.waived !== true && (box.hosts ?? []).length > 0) });
  }

  const initial = entries.names();
  await Promise.all(initial.map((name) => entries.firstLook(name)));
  // One after the other, so that the last change of the settings is also the last one that is looked at.
  const looked = async (): Promise<void> => {
    await Promise.all(initial.map((name) => refresh(name)));
    changed();
    getReady();
  };
  let following = looked();
  const follow = async (): Promise<void> => {
    await entries.followSettings();
    changed();
    getReady();
  };
  const unsubscribe = deps.settings.onChange(() => {
    following = following.then(follow, follow);
  });
  void tryBox();

  return {
    launch,
    list: () => entries.names().flatMap((name) => entries.view(name) ?? []),
    get: (name) => entries.view(name),
    idleMs: (name) => idleMilliseconds(configured(name)),

    ...createServerChanges({ ...deps, stateDir, entries, acceptances, changed }),

    async inspect(name) {
      const launched = await launch(name, { client: "portcullis", sessionId: "inspector" });
      if (!launched.ok) return launched;
      const tools = await inspectTools(name, launched.value);
      const entry = entries.get(name);
      if (entry !== undefined) {
        if (tools.ok) keepTools(entry, tools.value);
        else entry.failed = { error: redactError(tools.error), at: now() };
        changed();
      }
      return tools.ok ? ok(deps.redactor().json([...tools.value])) : { ok: false, error: redactError(tools.error) };
    },

    tools(name) {
      const known = entries.get(name)?.tools ?? null;
      return known === null ? null : deps.redactor().json([...known.list]);
    },

    noteTools(name, tools) {
      const entry = entries.get(name);
      if (entry === undefined) return;
      keepTools(entry, tools);
      changed();
    },

    async stop(name) {
      const entry = entries.get(name);
      if (entry !== undefined) await stopInstances(entry);
    },

    log: (name, lines) => (configured(name) === undefined ? Promise.resolve([]) : entries.of(name).log.tail(lines)),

    async explain(name) {
      const standing = await refresh(name);
      if (standing === undefined) return noServer(name);
      capability = await deps.sandbox.probe();
      const words = [...sandboxWords(standing.settings, sandboxView(standing.settings, capability), home)];
      const { recognised, accepted } = standing;
      const pinned = accepted?.package ?? null;
      const isPackage = recognised.kind === "npm" || recognised.kind === "pypi";
      const folder = isPackage && pinned !== null ? await packages.installed(recognised, pinned) : null;
      const at = folder?.ok === true ? folder.value.folder : null;
      const runnable = await runnableServer(start, name, standing, at);
      if (!runnable.ok) return ok({ words: [...words, `There is no exact plan yet: ${runnable.error.message}`], plan: [] });
      const env = { ...serverEnvironment(await start.baseEnvironment(), runnable.value), ...standing.settings.env };
      return ok({
        words,
        plan: [...deps.sandbox.explain(boxRequest(name, standing.settings, runnable.value, env, home))].map(redact),
      });
    },

    async sampleMemory() {
      const all = entries.all().flatMap((entry) => [...entry.instances.values()]);
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
      closing.abort();
      await Promise.allSettled(pending);
      await Promise.all(entries.all().map((entry) => stopInstances(entry)));
      await Promise.all(entries.all().map((entry) => entry.log.close()));
      listeners.clear();
    },
  };
}
