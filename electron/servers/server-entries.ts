import path from "node:path";
import { fail, ok } from "../../shared/errors.ts";
import type { Result } from "../../shared/errors.ts";
import type { ServerSettings, ServerView } from "../../shared/model/server.ts";
import type { Settings } from "../../shared/model/settings.ts";
import type { Redactor } from "../../shared/text/redact.ts";
import type { SandboxCapability } from "../sandbox/sandbox.ts";
import type { Acceptances } from "./acceptances.ts";
import { findLeads } from "./leads.ts";
import type { LeadsQuestion } from "./leads.ts";
import type { Packages } from "./packages.ts";
import type { ResolvedCommand } from "./resolve-command.ts";
import { instanceViews } from "./server-entry.ts";
import type { ServerEntry } from "./server-entry.ts";
import { createServerLog } from "./server-log.ts";
import { serverView } from "./server-view.ts";
import { standingOf } from "./standing.ts";
import type { Standing } from "./standing.ts";
import { serverWarnings } from "./warnings.ts";
import type { WarningInput } from "./warnings.ts";

export interface EntriesDeps {
  readonly settings: () => Settings;
  readonly acceptances: Acceptances;
  readonly packages: Packages;
  readonly redactor: () => Redactor;
  readonly logsDir: string;
  readonly home: string;
  readonly now: () => number;
  readonly callsToday: () => ReadonlyMap<string, number>;
  /** Null until the sandbox was tried. */
  readonly capability: () => SandboxCapability | null;
  readonly findCommand: (name: string, cwd: string | null) => Promise<Result<ResolvedCommand>>;
  readonly shims: LeadsQuestion["shims"];
  readonly dangerousEnv: WarningInput["dangerousEnv"];
}

/** The servers that are configured, each with where it stands and what it does. What the settings say is never remembered here. */
export interface Entries {
  readonly configured: (name: string) => ServerSettings | undefined;
  names(): readonly string[];
  get(name: string): ServerEntry | undefined;
  /** Made when it is not there yet. */
  of(name: string): ServerEntry;
  all(): readonly ServerEntry[];
  /** Where it stands now, computed afresh; undefined: there is no such server. */
  readonly refresh: (name: string) => Promise<Standing | undefined>;
  /** The same without the login shell's PATH, which takes a moment: for the start of the app. */
  firstLook(name: string): Promise<void>;
  view(name: string): ServerView | undefined;
  /** Stops its instances and closes its log. Resolves when that is done, whoever has begun it. */
  forget(name: string): Promise<void>;
  /** The settings file changed: who is gone, who is not what was accepted any more? Their instances are stopped. */
  followSettings(): Promise<void>;
}

export function createEntries(deps: EntriesDeps): Entries {
  const entries = new Map<string, ServerEntry>();
  /** What is not among the entries any more and has not ended yet. */
  const ending = new Map<string, Promise<void>>();
  const redact = (text: string): string => deps.redactor().text(text);

  function configured(name: string): ServerSettings | undefined {
    const servers = deps.settings().mcpServers ?? {};
    return Object.hasOwn(servers, name) ? servers[name] : undefined;
  }

  function of(name: string): ServerEntry {
    const there = entries.get(name);
    if (there !== undefined) return there;
    const log = createServerLog(path.join(deps.logsDir, `server-${name}.log`), deps.redactor, deps.now);
    const made: ServerEntry = { name, standing: null, installing: null, starting: 0, instances: new Map(), failed: null, tools: null, log };
    entries.set(name, made);
    return made;
  }

  function lookForLeads(question: Omit<LeadsQuestion, "home" | "shims" | "find">): ReturnType<typeof findLeads> {
    const find = async (name: string): Promise<string | null> => {
      const found = await deps.findCommand(name, null);
      return found.ok ? found.value.path : null;
    };
    return findLeads({ ...question, home: deps.home, shims: deps.shims, find });
  }

  async function refresh(name: string): Promise<Standing | undefined> {
    // The settings may change while the disk is looked at; what counts is what they say in the end.
    for (;;) {
      const settings = configured(name);
      if (settings === undefined) return undefined;
      const standing = await standingOf({ ...deps, findLeads: lookForLeads, redact }, name, settings);
      if (!sameSettings(configured(name), settings)) continue;
      of(name).standing = standing;
      return standing;
    }
  }

  function forget(name: string): Promise<void> {
    const entry = entries.get(name);
    const before = ending.get(name) ?? Promise.resolve();
    if (entry === undefined) return before;
    entries.delete(name);
    const end = async (): Promise<void> => {
      await Promise.all([before, stopInstances(entry)]);
      await entry.log.close();
    };
    const ended = end().finally(() => {
      if (ending.get(name) === ended) ending.delete(name);
    });
    ending.set(name, ended);
    return ended;
  }

  return {
    configured,
    names: () => Object.keys(deps.settings().mcpServers ?? {}),
    get: (name) => entries.get(name),
    of,
    all: () => [...entries.values()],
    refresh,
    forget,

    async firstLook(name) {
      const settings = configured(name);
      if (settings === undefined) return;
      const accepted = deps.acceptances.get(name)?.subject;
      const leads = { elsewhere: accepted?.leads ?? {}, interpreter: accepted?.interpreter ?? null };
      const findCommand = (command: string): Promise<Result<ResolvedCommand>> => {
        if (path.isAbsolute(command)) return deps.findCommand(command, null);
        // It is taken to lead where it led when it was accepted; a launch looks for itself.
        const known = accepted?.program ?? null;
        return Promise.resolve(
          known === null ? fail("not-found", "It was not looked for yet.") : ok({ path: known, real: known, prefix: [] }),
        );
      };
      of(name).standing = await standingOf({ ...deps, findCommand, findLeads: () => Promise.resolve(leads), redact }, name, settings);
    },

    view(name) {
      const entry = entries.get(name);
      const standing = entry?.standing ?? null;
      if (entry === undefined || standing === null || configured(name) === undefined) return undefined;
      // The settings that were judged, so that a fingerprint and what is shown beside it always belong together.
      const { settings, recognised } = standing;
      return serverView({
        name,
        settings,
        standing,
        activity: { ...entry, instances: instanceViews(entry) },
        warnings: serverWarnings({ settings, recognised, dangerousEnv: deps.dangerousEnv }),
        capability: deps.capability(),
        callsToday: deps.callsToday().get(name) ?? 0,
        redactor: deps.redactor(),
      });
    },

    async followSettings() {
      // Each step takes its time, in which the settings may change again: what they say is asked for at each.
      const known = [...entries.keys()];
      for (const name of known) if (configured(name) === undefined) await forget(name);
      for (const name of Object.keys(deps.settings().mcpServers ?? {})) {
        const settings = configured(name);
        if (settings === undefined) continue;
        const entry = of(name);
        if (entry.standing !== null && sameSettings(settings, entry.standing.settings)) continue;
        const standing = await refresh(name);
        if (standing === undefined) continue;
        entry.failed = null;
        // What runs is what is accepted as it stands: an instance of a command that is no longer that is ended.
        if (standing.settings.disabled === true || standing.changes === "new" || standing.changes.length > 0) await stopInstances(entry);
      }
    },
  };
}

export async function stopInstances(entry: ServerEntry): Promise<void> {
  await Promise.all([...entry.instances.values()].map((instance) => instance.process.stop()));
}

/** Whether they say the same, in the same order. */
export function sameSettings(a: ServerSettings | undefined, b: ServerSettings | undefined): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}
