import type { AppError, Result } from "../../shared/errors.ts";
import { knownLimits, limitBounds, type LimitName } from "../../shared/model/limits.ts";
import { secretReferences } from "../../shared/model/secret-reference.ts";
import type {
  InstalledPackage,
  SandboxView,
  ServerInstance,
  ServerSettings,
  ServerState,
  ServerView,
  Tool,
} from "../../shared/model/server.ts";
import type { Redactor } from "../../shared/text/redact.ts";
import { expandHome, isWithin } from "../sandbox/places.ts";
import type { SandboxCapability } from "../sandbox/sandbox.ts";
import type { Standing } from "./standing.ts";

/** What a server is doing, beside where it stands. */
export interface ServerActivity {
  readonly installing: string | null;
  readonly starting: number;
  readonly instances: readonly ServerInstance[];
  readonly failed: { readonly error: AppError; readonly at: number } | null;
  readonly tools: { readonly list: readonly Tool[]; readonly listing: number } | null;
}

/** A server as the UI and the command line see it. Pure; environment values are not even looked at but for the names they refer to. */
export function serverView(input: {
  readonly name: string;
  readonly settings: ServerSettings;
  readonly standing: Standing;
  readonly activity: ServerActivity;
  readonly warnings: readonly string[];
  readonly capability: SandboxCapability | null;
  readonly callsToday: number;
  readonly redactor: Redactor;
}): ServerView {
  const { settings, standing, activity, redactor } = input;
  const env = Object.entries(settings.env ?? {}).map(([name, value]) => ({ name, references: [...secretReferences(value)] }));
  const args = settings.args ?? [];
  const secrets = new Set([...env.flatMap((entry) => entry.references), ...args.flatMap((arg) => [...secretReferences(arg)])]);
  return {
    name: input.name,
    command: redactor.text(settings.command),
    args: args.map((arg) => redactor.text(arg)),
    env,
    cwd: settings.cwd ?? null,
    warnings: [...input.warnings],
    fingerprint: standing.fingerprint,
    state: serverState(settings, standing, activity),
    sandbox: sandboxView(settings, input.capability),
    secrets: [...secrets],
    instances: [...activity.instances],
    tools: activity.tools === null ? null : { count: activity.tools.list.length, listing: activity.tools.listing },
    package: installedPackage(standing),
    callsToday: input.callsToday,
  };
}

/** What the person must deal with comes first: not accepted, then what is going on, then what went wrong. */
export function serverState(settings: ServerSettings, standing: Standing, activity: ServerActivity): ServerState {
  if (settings.disabled === true) return { kind: "disabled" };
  if (standing.changes === "new") return { kind: "new" };
  if (standing.changes.length > 0) return { kind: "changed", changes: [...standing.changes] };
  if (activity.installing !== null) return { kind: "installing", step: activity.installing };
  if (activity.instances.length > 0) return { kind: "running", instances: activity.instances.length };
  if (activity.starting > 0) return { kind: "starting" };
  if (activity.failed !== null) return { kind: "failed", error: { ...activity.failed.error }, at: activity.failed.at };
  return { kind: "idle" };
}

function installedPackage(standing: Standing): InstalledPackage | null {
  return standing.installed?.ok === true ? standing.installed.value : null;
}

export function sandboxView(settings: ServerSettings, capability: SandboxCapability | null): SandboxView {
  const box = settings.sandbox ?? {};
  const limits = knownLimits(box.limits);
  const open = {
    read: [...(box.read ?? [])],
    write: [...(box.write ?? [])],
    hosts: [...(box.hosts ?? [])],
    ...(Object.keys(limits).length === 0 ? {} : { limits }),
  };
  if (box.waived === true) return { kind: "waived", reason: null, ...open };
  const reason = whyNot(capability, open.hosts.length > 0);
  return reason === null ? { kind: "boxed", reason: null, ...open } : { kind: "cannot-box", reason, ...open };
}

function whyNot(capability: SandboxCapability | null, needsHosts: boolean): string | null {
  if (capability === null) return null;
  if (capability.kind === "cannot-box") return capability.fix === null ? capability.reason : `${capability.reason} ${capability.fix}`;
  const hosts: Result<void> = capability.hosts;
  return needsHosts && !hosts.ok ? hosts.error.message : null;
}

/** The sandbox in sentences, for `sandbox explain` and the server's page. */
export function sandboxWords(settings: ServerSettings, view: SandboxView, home: string): readonly string[] {
  if (view.kind === "waived") {
    return ["It runs without a sandbox, because you waived it: it can read, write and reach everything that you can."];
  }
  const words: string[] = [];
  if (view.kind === "cannot-box") words.push(`It does not start: ${view.reason ?? "it cannot be boxed here"}`);
  const list = (items: readonly string[]): string => items.join(", ");
  const limitOf = (name: LimitName): number => settings.sandbox?.limits?.[name] ?? limitBounds[name].usual;
  const readable = [...view.read, ...(settings.cwd === undefined ? [] : [settings.cwd])];
  const opened = [...readable, ...view.write].map((place) => expandHome(place, home));
  const rest = opened.some((place) => place.ok && isWithin(home, place.value))
    ? "which is all of your home folder but for keys, tokens and Portcullis' own folders"
    : "and nothing else of your home folder";
  words.push(
    `It can read its own package${readable.length === 0 ? "" : ` and ${list(readable)}`}, ${rest}.`,
    view.write.length === 0
      ? "It can write to a private folder of its own, and nowhere else."
      : `It can write to ${list(view.write)} and a private folder of its own, and nowhere else.`,
    view.hosts.length === 0 ? "It has no network." : `It can reach ${list(view.hosts)}, and no other host.`,
    "It cannot reach your keychain, your ssh agent, the screen or Portcullis itself.",
    `It may have ${limitOf("processes")} processes, each with ${limitOf("memoryMb")} MB of memory and ${limitOf("openFiles")} open files.`,
  );
  return words;
}
