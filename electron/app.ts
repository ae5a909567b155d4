import { randomUUID } from "node:crypto";
import fs from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { fail, ok, type Result } from "../shared/errors.ts";
import type { Opened } from "../shared/ipc/contract.ts";
import type { JournalDraft } from "../shared/model/journal-entry.ts";
import type { SecretView } from "../shared/model/secret-reference.ts";
import { viewSettings } from "../shared/model/settings.ts";
import type { AppView } from "../shared/model/snapshot.ts";
import { createRedactor } from "../shared/text/redact.ts";
import { createDispatch, type Dispatch } from "./api/dispatch.ts";
import { createHandlers } from "./api/handlers.ts";
import { createProgress, createPushes, type SubscribePushes } from "./api/pushes.ts";
import { createMigrationHandlers } from "./api/migration-handlers.ts";
import { takeHomeLock } from "./clients/home-lock.ts";
import { createListener } from "./clients/listener.ts";
import { anchorStore } from "./anchor-store.ts";
import { createApprovals } from "./gate/create-approvals.ts";
import { createGate } from "./gate/create-gate.ts";
import { createRules } from "./gate/create-rules.ts";
import { judge, type GateState } from "./gate/judge.ts";
import type { ForkHelper } from "./helper-process.ts";
import { archiveJournal } from "./journal/archive.ts";
import { exportRecords } from "./journal/export.ts";
import type { Journal } from "./journal/journal.ts";
import { openJournal } from "./journal/open-journal.ts";
import { createLazyMigrations } from "./migration/lazy-migrations.ts";
import { createSandbox } from "./sandbox/create-sandbox.ts";
import { createRegistry } from "./servers/create-registry.ts";
import { createEnvironment } from "./servers/environment.ts";
import { bridgeLaunch } from "./settings/bridge-launch.ts";
import { createSettingsStore } from "./settings/create-settings-store.ts";
import { writeLaunchFile } from "./settings/launch-file.ts";
import type { Paths } from "./settings/paths.ts";
import { schemaReference, writeSettingsSchema } from "./settings/settings-schema-file.ts";
import { createPublisher } from "./state/create-publisher.ts";
import type { Publisher } from "./state/publisher.ts";
import { createVault } from "./vault/create-vault.ts";
import { keychainService } from "./vault/keychain.ts";

/** What only the surface that runs the app (Electron or plain Node) can give. */
export interface AppDeps {
  readonly paths: Paths;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
  readonly version: string;
  readonly fork: ForkHelper;
  /** Absolute path of a Node binary: runs servers' entry points and the bridge. */
  readonly nodePath: string;
  /** Absolute path of dist/bridge.cjs, as a client's config will name it. */
  readonly bridgePath: string;
  /** How approvals are answered in this run; `deny` answers every question with no at once. */
  readonly answerer: AppView["answerer"];
  /** How to start this app again, for a bridge that finds it not running. */
  readonly relaunch: { readonly command: string; readonly args: readonly string[] };
  /** Brings the main window up; headless: an address of the browser UI, where there is one. */
  open(screen: string | undefined): Promise<Opened>;
  /** Asked by a person (tray, UI, command line): the surface closes the app and exits. */
  quit(): void;
}

/** The running app, as its surfaces see it. */
export interface App {
  readonly dispatch: Dispatch;
  readonly publisher: Publisher;
  readonly journal: Pick<Journal, "onAppended">;
  /** Everything the app pushes, for a surface to hand on. */
  readonly subscribe: SubscribePushes;
  /** Denies what waits: the person is away (screen locked, suspended, window closed). */
  denyWaiting(by: "closing"): number;
  /** Reverse order of construction, each step bounded and run even if the one before threw. */
  close(): Promise<void>;
}

const closeStepMs = 8_000;
/** Between two looks at how much memory running servers use, while somebody sees it. */
const memoryEveryMs = 5_000;

/** The only place where things are created and tied. Fails (already running, data folder unusable) as a value. */
export async function createApp(deps: AppDeps): Promise<Result<App>> {
  const { paths, env, platform } = deps;
  const now = Date.now;
  const home = env["HOME"] ?? env["USERPROFILE"] ?? os.homedir();
  const closers: (() => unknown)[] = [];
  const close = async (): Promise<void> => {
    for (const step of closers.splice(0).toReversed()) await bounded(step);
  };
  try {
    for (const folder of [paths.config, paths.data, paths.logs, paths.run]) await fs.mkdir(folder, { recursive: true, mode: 0o700 });
    const app = await build();
    if (!app.ok) await close();
    return app;
  } catch (error) {
    await close();
    const reason = error instanceof Error ? error.message : "an unknown error";
    return fail("cannot-start", `Portcullis cannot use its folders: ${reason}`, `They are ${paths.config} and ${paths.data}.`);
  }

  async function build(): Promise<Result<App>> {
    const startedAt = now();
    // First of all the lock: it is what makes this the only app on this home, and it goes last.
    const lock = await takeHomeLock(paths, "app", { platform });
    if (!lock.ok) return lock;
    closers.push(() => lock.value.release());
    let isReady = (): void => undefined;
    const opened = await createListener({
      paths,
      platform,
      ready: new Promise<void>((resolve) => {
        isReady = resolve;
      }),
      openSession: (info, output) => gate.open(info, output),
      dispatch: (role, channel, input) => dispatch(role, channel, input),
      subscribe: (listener) => subscribe(listener),
      now,
      record: (draft) => recordQuietly(draft),
    });
    if (!opened.ok) return opened;
    const listening = opened.value;
    closers.push(() => listening.close());
    const settings = createSettingsStore({ file: path.join(paths.config, "config.json"), schemaUrl: schemaReference });
    closers.push(() => settings.close());

    const vault = await createVault({
      dataDir: paths.data,
      service: keychainService(paths.data, env["PORTCULLIS_HOME"] !== undefined && env["PORTCULLIS_HOME"] !== ""),
      store: () => settings.current().vault?.store ?? "keychain",
      setStore: async (store) => {
        const set = await settings.edit([{ path: ["vault", "store"], value: store }]);
        return set.ok ? ok(undefined) : set;
      },
      fork: deps.fork,
      env,
      now,
      platform,
    });
    closers.push(() => vault.close());
    let redactor = createRedactor(vault.knownValues());
    let redacted = vault.knownValues();

    const journalFile = path.join(paths.data, "journal.db");
    const journal = await openJournal({ file: journalFile, anchor: anchorStore(vault, journalFile), now });
    closers.push(() => journal.close());
    closers.push(() => recordQuietly({ kind: "app-stopped" }));
    const record = (draft: JournalDraft): Result<void> => {
      try {
        journal.append(draft);
        return ok(undefined);
      } catch {
        return fail("journal-unavailable", journal.fault() ?? "The journal cannot be written.", "Nothing was changed.");
      }
    };
    const recordQuietly = (draft: JournalDraft): void => void record(draft);
    record({ kind: "app-started", detail: { version: deps.version, answerer: deps.answerer } });

    const sandbox = createSandbox({
      fork: deps.fork,
      env,
      platform,
      protectedPaths: [paths.config, paths.data, paths.logs, paths.run],
      packagesDir: path.join(paths.data, "packages"),
      home,
      now,
    });
    closers.push(() => sandbox.close());

    const registry = await createRegistry({
      settings,
      sandbox,
      vault,
      record: (draft) => journal.append(draft),
      redactor: () => redactor,
      dataDir: paths.data,
      logsDir: paths.logs,
      home,
      env,
      platform,
      nodePath: deps.nodePath,
      now,
      callsToday: () => journal.callsToday(),
    });
    closers.push(() => registry.close());

    const rules = await createRules({
      file: path.join(paths.data, "rules.json"),
      now,
      newId: randomUUID,
      record: (draft) => journal.append(draft),
    });
    closers.push(() => rules.close());

    const gateState = (): GateState => ({
      paused: settings.current().gate?.paused ?? false,
      fault: journal.fault() ?? settings.problem(),
      defaultEffect: settings.current().gate?.default ?? "ask",
    });
    const approvals = createApprovals({
      now,
      newId: randomUUID,
      limits: () => {
        const { deadlineSeconds, maxPendingPerServer } = viewSettings(settings.current());
        return { deadlineMs: deadlineSeconds * 1000, maxPendingPerServer };
      },
      answerer: () => deps.answerer,
      rules,
      judge: (call) => judge(call, gateState(), rules.list(), rules.problem(), now()),
      redactor: () => redactor,
      describe: (server, tool) => {
        const view = registry.get(server);
        const known = registry.tools(server)?.find((candidate) => candidate.name === tool);
        const hints =
          known === undefined
            ? []
            : [...(known.readOnlyHint === true ? ["read-only"] : []), ...(known.destructiveHint === true ? ["destructive"] : [])];
        return { waived: view?.sandbox.kind === "waived", description: known?.description ?? null, hints };
      },
    });
    closers.push(() => approvals.close());

    const gate = createGate({
      launcher: registry,
      rules,
      approvals,
      journal,
      state: gateState,
      redactor: () => redactor,
      fingerprint: (server) => registry.get(server)?.fingerprint ?? null,
      idleMs: (server) => registry.idleMs(server),
      noteTools: (server, tools) => registry.noteTools(server, tools),
      onServerFault: (server, reason) => recordQuietly({ kind: "server-stopped", server, by: "fault", detail: { reason } }),
      now,
      newId: randomUUID,
      random: Math.random,
    });
    closers.push(() => gate.close());

    const bridge = bridgeLaunch(deps.nodePath, deps.bridgePath);
    const migrations = await createLazyMigrations(paths.data, async () => {
      const [{ createMigrations }, { migrationDeps, registryServers }] = await Promise.all([
        import("./migration/create-migrations.ts"),
        import("./migration-parts.ts"),
      ]);
      const servers = registryServers(registry, settings, platform);
      return createMigrations(migrationDeps({ vault, servers, record, dataDir: paths.data, bridge, env, home, now }), { follow: true });
    });
    closers.push(() => migrations.close());
    const progress = createProgress(migrations);

    const publisher = createPublisher({
      app: appView,
      approvals: () => [...approvals.list()],
      servers: () => [...registry.list()],
      clients: () => [...listening.sessions()],
      rules: () => [...rules.list()],
      secrets: secretViews,
      settings: () => viewSettings(settings.current()),
    });
    closers.push(() => publisher.close());
    const subscribe = createPushes({
      state: (listener) => publisher.subscribe(listener),
      journal: (listener) => journal.onAppended(listener),
      migration: progress.subscribe,
    });

    const setPaused = async (paused: boolean): Promise<Result<void>> => {
      const written = record({ kind: paused ? "gate-paused" : "gate-resumed", by: "person" });
      // Pausing must work while the journal does not: it only ever refuses.
      if (!written.ok && !paused) return written;
      const set = await settings.edit([{ path: ["gate", "paused"], value: paused ? true : undefined }]);
      if (!set.ok) {
        record({ kind: paused ? "gate-paused" : "gate-resumed", by: "person", outcome: "refused", detail: { reason: set.error.message } });
        return set;
      }
      if (paused) approvals.denyAll("paused");
      return ok(undefined);
    };
    const handlers = createHandlers({
      publisher,
      approvals,
      rules,
      registry,
      vault,
      journal,
      settings,
      record,
      setPaused,
      exportRecords,
      archiveJournal: async () => {
        if (journal.fault() === null) return fail("not-allowed", "The journal is in order, so there is nothing to put aside.");
        await journal.leaveAnchor();
        const archived = await archiveJournal(journalFile, anchorStore(vault, journalFile), now());
        return archived.ok ? ok({ file: archived.value.file, anchored: archived.value.anchored }) : archived;
      },
      doctor: async () => {
        const { runDoctor } = await import("./commands/doctor.ts");
        return runDoctor({
          platform,
          paths,
          searchPath: await createEnvironment({ env, platform, home, watch: (group) => sandbox.outside.watch(group) }).searchPath(),
          sandbox: () => sandbox.probe(true),
          vault: () => vault.refresh(),
          settingsProblem: () => settings.problem() ?? rules.problem(),
          journalFault: () => journal.fault(),
        });
      },
      open: (screen) => deps.open(screen),
      quit: () => deps.quit(),
    });
    const all = { ...handlers, ...createMigrationHandlers(migrations, progress.step) };
    const dispatch = createDispatch(all, { onBug: (channel, error) => noteBug(channel, error, (text) => redactor.text(text)) });

    watch();
    const sampling = setInterval(() => {
      if (publisher.watched() && registry.list().some((server) => server.instances.length > 0)) void registry.sampleMemory();
    }, memoryEveryMs).unref();
    closers.push(() => clearInterval(sampling));
    closers.push(
      () => listening.drain(),
      () => approvals.denyAll("closing"),
    );
    await writeLaunchFile(paths, deps.relaunch, env);
    void writeSettingsSchema(paths.config).catch(() => undefined); // only editors read it
    void vault.refresh();
    isReady();
    return ok({ dispatch, publisher, journal, subscribe, denyWaiting: (by) => approvals.denyAll(by), close });

    /** Every owner's changes lead to the slices that show them. */
    function watch(): void {
      closers.push(
        settings.onChange(() => touch("settings", "app", "servers", "secrets")),
        vault.onChange(() => {
          if (vault.knownValues() !== redacted) {
            redacted = vault.knownValues();
            redactor = createRedactor(redacted);
          }
          if (vault.status().kind === "ready") journal.compareAnchor();
          touch("secrets", "app");
        }),
        registry.onChange(() => touch("servers", "secrets")),
        rules.onChange(() => touch("rules")),
        approvals.onChange(() => touch("approvals", "app")),
        listening.onChange(() => touch("clients", "servers")),
        journal.onFault(() => touch("app")),
      );
    }
    function touch(...slices: Parameters<Publisher["touch"]>[0][]): void {
      for (const slice of slices) publisher.touch(slice);
    }
    function appView(): AppView {
      const fault = journal.fault() ?? settings.problem() ?? rules.problem();
      const { paused } = gateState();
      return {
        version: deps.version,
        platform,
        state: fault !== null ? "fault" : paused ? "paused" : approvals.list().length > 0 ? "waiting" : "idle",
        reason: fault,
        startedAt,
        answerer: deps.answerer,
        home: { config: paths.config, data: paths.data, logs: paths.logs },
        connect: { command: bridge("SERVER", "CLIENT").command, args: [...bridge("SERVER", "CLIENT").args] },
        vault: vault.status(),
        journal: { records: journal.records(), fault: journal.fault() },
      };
    }
    function secretViews(): SecretView[] {
      const servers = registry.list();
      return vault.list().map((entry) => ({
        ...entry,
        usedBy: servers.filter((server) => server.secrets.includes(entry.name)).map((server) => server.name),
      }));
    }
  }
}

/** One step of closing: its failure or its hanging must not keep the next one from running. */
async function bounded(step: () => unknown): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, closeStepMs);
  });
  try {
    await Promise.race([step(), late]);
  } catch {
    // What could not be closed ends with the process.
  } finally {
    clearTimeout(timer);
  }
}

/** Where a bug is, for the log: frames only, because a message may hold anything. */
function noteBug(channel: string, error: unknown, redact: (text: string) => string): void {
  const name = error instanceof Error ? error.name : "unknown";
  const frames = error instanceof Error ? (error.stack ?? "").split("\n").filter((line) => line.startsWith("    at ")) : [];
  process.stderr.write(redact(`Portcullis: ${channel}: ${name}\n${frames.join("\n")}\n`));
}
