import type { Plan, PlannedServer, Selection } from "../../shared/model/migration.ts";
import { secretReferences } from "../../shared/model/secret-reference.ts";
import type { ServerSettings } from "../../shared/model/server.ts";
import { masked } from "./mask.ts";
import { moveEntry } from "./move-entry.ts";
import { sameServerKey } from "./plan-names.ts";
import type { MigrationDeps } from "./ports.ts";
import { proposeSandbox } from "./propose-sandbox.ts";
import type { SourceList } from "./sources.ts";
import type { Candidacy } from "./working-plan.ts";

export interface Group {
  readonly key: string;
  readonly settings: ServerSettings;
  readonly members: Candidacy[];
  readonly values: Set<string>;
}

/** The same server in several clients is one: what it would run is the same once the secrets have their names. */
export function groupServers(
  deps: MigrationDeps,
  candidacies: readonly Candidacy[],
  nameOf: (value: string) => string,
  stays: Plan["stays"],
): readonly Group[] {
  const groups = new Map<string, Group>();
  for (const candidacy of candidacies) {
    const { list, source, chosen } = candidacy;
    const moved = moveEntry(
      source.entry,
      chosen.map(({ detected }) => detected),
      nameOf,
      moveContext(deps, list),
    );
    if (moved.kind === "stays") {
      stays.push({ file: list.id, server: source.entry.name, reason: moved.reason });
      continue;
    }
    const lends = deps.servers.lendsInArgs(moved.settings);
    if (!lends.ok) {
      stays.push({ file: list.id, server: source.entry.name, reason: [lends.error.message, lends.error.hint ?? ""].join(" ").trim() });
      continue;
    }
    const key = sameServerKey(moved.settings);
    const group = groups.get(key) ?? { key, settings: moved.settings, members: [], values: new Set<string>() };
    group.members.push(candidacy);
    for (const one of moved.taken) group.values.add(one.value);
    groups.set(key, group);
  }
  return [...groups.values()];
}

/** A group as a server of ours: with its box, switched off where its client has it off, and shown without secrets. */
export function finishServer(
  deps: MigrationDeps,
  name: string,
  group: Group,
  configured: ServerSettings | undefined,
  selection: Selection,
): { readonly settings: ServerSettings; readonly shown: PlannedServer } {
  const { command, args, env, cwd } = group.settings;
  const first = group.members[0];
  const proposal = proposeSandbox({
    command,
    args: args ?? [],
    env: env ?? {},
    package: deps.servers.packageOf(command, args ?? []),
    project: first?.list.candidate.place.project ?? null,
    home: deps.machine.home,
  });
  const picked = selection.sandbox !== undefined && Object.hasOwn(selection.sandbox, name) ? selection.sandbox[name] : undefined;
  const sandbox = configured?.sandbox ?? picked ?? proposal.sandbox;
  // Off everywhere: it stays off here, too, and is not started to be tried.
  const off = group.members.every(({ source }) => source.entry.off);
  const settings: ServerSettings = configured ?? {
    ...group.settings,
    ...(Object.keys(sandbox).length === 0 ? {} : { sandbox }),
    ...(off ? { disabled: true } : {}),
  };
  const left = leftPlain(group);
  const hide = (text: string): string =>
    masked(
      text,
      [],
      left.map(({ value }) => value),
    );
  return {
    settings,
    shown: {
      name,
      from: group.members.map(({ list, source }) => ({ file: list.id, server: source.entry.name })),
      command: hide(command),
      args: (args ?? []).map(hide),
      env: Object.entries(env ?? {}).map(([variable, value]) => ({ name: variable, references: [...secretReferences(value)] })),
      cwd: cwd ?? null,
      sandbox,
      why: configured === undefined ? [...proposal.why] : ["It is a server of Portcullis already; its sandbox stays as you have it."],
      warnings: [
        ...deps.servers.warnings(settings),
        ...(configured === undefined && picked === undefined ? proposal.warnings : []),
        ...left.map(({ words }) => `${words} stays readable, in Portcullis' own config, because you left it out.`),
        ...(off ? ["It is switched off in its client, so it is not started now, and stays off."] : []),
      ],
    },
  };
}

/** What looks like a secret and was not chosen. */
function leftPlain(group: Group): readonly { readonly value: string; readonly words: string }[] {
  return group.members.slice(0, 1).flatMap(({ source, chosen }) =>
    source.secrets
      .filter((secret) => !chosen.includes(secret) && secret.found.class !== "unlikely")
      .map(({ detected, found }) => ({
        value: detected.value,
        words: found.place.kind === "env" || found.place.kind === "env-json" ? found.place.name : "A value in its arguments",
      })),
  );
}

/** What an entry's placeholders and relative paths are understood from. */
export function moveContext(deps: Pick<MigrationDeps, "machine">, list: SourceList) {
  const { client, place } = list.candidate;
  return { placeholders: client.placeholders, home: deps.machine.home, platform: deps.machine.platform, project: place.project };
}
