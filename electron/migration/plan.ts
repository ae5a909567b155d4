import { fail, ok } from "../../shared/errors.ts";
import type { Result } from "../../shared/errors.ts";
import type { JsonValue } from "../../shared/model/json.ts";
import type { Plan, PlannedFile, PlannedServer, Selection } from "../../shared/model/migration.ts";
import { secretReferences } from "../../shared/model/secret-reference.ts";
import type { ServerSettings } from "../../shared/model/server.ts";
import { whyItStays } from "./clients/why-it-stays.ts";
import { writeEntry } from "./clients/write-entry.ts";
import type { DocumentEdit } from "./formats/document.ts";
import { masked } from "./mask.ts";
import { createMask, maskedDiff } from "./masked-diff.ts";
import { moveEntry, takenSecrets } from "./move-entry.ts";
import { createSecretNames, freeServerName, sameServerKey, serverNameOf } from "./plan-names.ts";
import type { MigrationDeps } from "./ports.ts";
import { proposeSandbox } from "./propose-sandbox.ts";
import type { ScanOutcome } from "./scan.ts";
import type { ScannedSecret } from "./scan-file.ts";
import type { Candidate } from "./scan-places.ts";
import { entryPrint, readSources } from "./sources.ts";
import type { SourceEntry, SourceFile, SourceList } from "./sources.ts";

/**
 * What would change, as data: computed from the files as they are now, changing nothing. Secrets are values only in the working part,
 * which stays in this process until the plan is applied or replaced.
 *
 * What the person leaves unticked is a setting: it moves into our own config as it stands, and the server's warnings say so.
 */
export interface WorkingPlan {
  readonly shown: Plan;
  readonly files: readonly WorkingFile[];
  readonly servers: ReadonlyMap<string, WorkingServer>;
  readonly secrets: readonly WorkingSecret[];
}

export interface WorkingFile {
  readonly path: string;
  readonly target: string;
  readonly hash: string;
  readonly bytes: Uint8Array;
  readonly format: SourceFile["lists"][number]["candidate"]["place"]["format"];
  readonly entries: readonly WorkingEntry[];
}

export interface WorkingEntry {
  readonly list: SourceList;
  readonly name: string;
  /** Of its exact source: applied only to that. Null: it is not there, and is made (a repair). */
  readonly print: string | null;
  readonly server: string;
  /** The whole entry, where it has to be made. */
  readonly made?: JsonValue;
}

export interface WorkingServer {
  readonly settings: ServerSettings;
  /** It is configured already, just so. */
  readonly exists: boolean;
}

export interface WorkingSecret {
  readonly name: string;
  readonly value: string;
  readonly exists: boolean;
  /** Servers of the plan that use it. */
  readonly servers: readonly string[];
}

interface Candidacy {
  readonly file: SourceFile;
  readonly list: SourceList;
  readonly source: SourceEntry;
  readonly chosen: readonly ScannedSecret[];
}

/** Nothing to do is a failure (`not-found`), with the reasons in its message. */
export async function makePlan(deps: MigrationDeps, scan: ScanOutcome, selection: Selection): Promise<Result<WorkingPlan>> {
  const wanted = scan.files.filter((file) => isWanted(selection.clients, file.candidate.client.id));
  return planFor(
    deps,
    scan,
    wanted.map((file) => file.candidate),
    selection,
    (_list, name) => isWanted(selection.servers, name),
  );
}

/** The same for the entries that `wants` says. */
export async function planFor(
  deps: MigrationDeps,
  scan: ScanOutcome | null,
  candidates: readonly Candidate[],
  selection: Selection,
  wants: (list: SourceList, name: string) => boolean,
): Promise<Result<WorkingPlan>> {
  const sources = await readSources(candidates);
  const stays: Plan["stays"] = sources.lost.map(({ id, reason }) => ({ file: id, server: "", reason }));
  const candidacies: Candidacy[] = [];
  for (const file of sources.files) {
    for (const list of file.lists) {
      for (const source of list.entries) {
        const { entry, secrets } = source;
        if (!wants(list, entry.name) || entry.ours) continue;
        const reason =
          (list.status.kind === "ready" ? null : list.status.reason) ?? whyItStays(entry, list.candidate.client, moveContext(deps, list));
        if (reason !== null) stays.push({ file: list.id, server: entry.name, reason });
        else candidacies.push({ file, list, source, chosen: secrets.filter((secret) => isChosen(secret, selection)) });
      }
    }
  }

  const names = createSecretNames(deps.vault);
  const secrets = new Map<string, { name: string; value: string; exists: boolean; ids: Set<string>; servers: Set<string> }>();
  for (const { source, chosen } of candidacies) {
    for (const one of takenSecrets(
      source.entry,
      chosen.map(({ detected }) => detected),
    )) {
      const from = chosen.find(({ detected }) => detected === one.from);
      const { name, exists } = await names.take(one.value, one.from.suggestedName);
      const known = secrets.get(one.value) ?? { name, value: one.value, exists, ids: new Set<string>(), servers: new Set<string>() };
      if (from !== undefined) known.ids.add(from.found.id);
      secrets.set(one.value, known);
    }
  }

  const groups = groupServers(deps, candidacies, (value) => secrets.get(value)?.name ?? "", stays);
  const servers = new Map<string, WorkingServer>();
  const shownServers: PlannedServer[] = [];
  const serverOf = new Map<Candidacy, string>();
  const configured = deps.servers.settings();
  for (const group of groups) {
    const { name, exists } = freeServerName(serverNameOf(group.members[0]?.source.entry.name ?? ""), group.key, servers, configured);
    const finished = finishServer(deps, name, group, exists ? configured[name] : undefined, selection);
    servers.set(name, { settings: finished.settings, exists });
    shownServers.push(finished.shown);
    for (const member of group.members) serverOf.set(member, name);
    for (const one of group.values) secrets.get(one)?.servers.add(name);
  }

  const files: WorkingFile[] = [];
  const shownFiles: PlannedFile[] = [];
  for (const file of sources.files) {
    const members = candidacies.filter((one) => one.file === file && serverOf.has(one));
    if (members.length === 0) continue;
    const planned = planFile(deps, file, members, (member) => serverOf.get(member) ?? "");
    if (planned.ok) {
      files.push(planned.value.working);
      shownFiles.push(planned.value.shown);
    } else {
      for (const { list, source } of members) stays.push({ file: list.id, server: source.entry.name, reason: planned.error.message });
    }
  }
  // A server that no file leads to is not made, nor its secrets.
  const used = new Set(files.flatMap((file) => file.entries.map((entry) => entry.server)));
  for (const name of servers.keys()) if (!used.has(name)) servers.delete(name);
  if (files.length === 0) {
    const why = [...new Set(stays.map(({ reason }) => reason))].slice(0, 3).join(" ");
    return fail("not-found", `There is nothing to move.${why === "" ? "" : ` ${why}`}`);
  }
  const moved = [...secrets.values()].filter((secret) => [...secret.servers].some((server) => used.has(server)));
  return ok({
    files,
    servers,
    secrets: moved.map(({ name, value, exists, servers: users }) => ({
      name,
      value,
      exists,
      servers: [...users].filter((one) => used.has(one)),
    })),
    shown: {
      id: deps.newId(),
      files: shownFiles,
      servers: shownServers.filter((server) => used.has(server.name)),
      secrets: moved.map(({ name, ids, exists }) => ({ name, ids: [...ids], exists })),
      restart: restarts(files, scan),
      stays,
      rotate: rotations(moved, scan),
    },
  });
}

interface Group {
  readonly key: string;
  readonly settings: ServerSettings;
  readonly members: Candidacy[];
  readonly values: Set<string>;
}

/** The same server in several clients is one: what it would run is the same once the secrets have their names. */
function groupServers(
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

function finishServer(
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

function planFile(
  deps: MigrationDeps,
  file: SourceFile,
  members: readonly Candidacy[],
  serverOf: (member: Candidacy) => string,
): Result<{ readonly working: WorkingFile; readonly shown: PlannedFile }> {
  const edits: DocumentEdit[] = members.flatMap((member) => [
    ...writeEntry(file.document, member.source.entry, member.list.shape, deps.bridge(serverOf(member), member.list.candidate.client.id)),
  ]);
  const after = file.document.edit(edits);
  if (!after.ok) return after;
  const chosen = new Set(members.flatMap((member) => member.chosen));
  const mask = createMask(
    file.document,
    file.lists.flatMap((list) =>
      list.entries.map(({ entry, secrets, hidden }) => ({
        entry,
        detected: [...hidden, ...secrets.filter((one) => chosen.has(one)).map(({ detected }) => detected)],
      })),
    ),
  );
  const list = members[0]?.list;
  if (list === undefined) return fail("internal", "A file without entries.");
  return ok({
    working: {
      path: file.path,
      target: file.target,
      hash: file.hash,
      bytes: file.bytes,
      format: list.candidate.place.format,
      entries: members.map((member) => ({
        list: member.list,
        name: member.source.entry.name,
        print: entryPrint(file.document, member.source.entry),
        server: serverOf(member),
      })),
    },
    shown: {
      file: list.id,
      client: list.candidate.client.id,
      path: file.path,
      hash: file.hash,
      diff: maskedDiff(file.bytes, after.value, mask),
      servers: members.map(({ source }) => source.entry.name),
    },
  });
}

function restarts(files: readonly WorkingFile[], scan: ScanOutcome | null): Plan["restart"] {
  const ids = new Set(files.flatMap((file) => file.entries.map((entry) => entry.list.id)));
  const found = new Map<string, string>();
  for (const { id, running, restart, clientName } of scan?.scan.files ?? [])
    if (ids.has(id) && running && restart !== null) found.set(clientName, restart);
  return [...found].map(([client, how]) => ({ client, how }));
}

/** A secret of which a copy is somewhere that we do not reach must be replaced by a new one; the move alone does not help it. */
function rotations(
  secrets: readonly { readonly name: string; readonly ids: ReadonlySet<string> }[],
  scan: ScanOutcome | null,
): Plan["rotate"] {
  if (scan === null) return [];
  const fileOf = new Map(scan.scan.secrets.map((secret) => [secret.id, secret.file]));
  return secrets.flatMap(({ name, ids }) => {
    const files = new Set([...ids].map((id) => fileOf.get(id)));
    const exposures = scan.scan.files.filter((file) => files.has(file.id)).flatMap((file) => file.exposures.filter((one) => one.severe));
    return [...new Set(exposures.map(({ text }) => text))].map((reason) => ({ name, reason }));
  });
}

/** What an entry's placeholders and relative paths are understood from. */
export function moveContext(deps: Pick<MigrationDeps, "machine">, list: SourceList) {
  const { client, place } = list.candidate;
  return { placeholders: client.placeholders, home: deps.machine.home, platform: deps.machine.platform, project: place.project };
}

function isChosen(secret: ScannedSecret, selection: Selection): boolean {
  return selection.secrets === undefined ? secret.found.class !== "unlikely" : selection.secrets.includes(secret.found.id);
}

function isWanted(list: readonly string[] | undefined, name: string): boolean {
  return list === undefined || list.includes(name);
}
