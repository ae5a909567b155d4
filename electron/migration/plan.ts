import { fail, ok } from "../../shared/errors.ts";
import type { Result } from "../../shared/errors.ts";
import type { Plan, PlannedFile, PlannedServer, Selection } from "../../shared/model/migration.ts";
import { whyItStays } from "./clients/why-it-stays.ts";
import { takenSecrets } from "./move-entry.ts";
import { planFile, restarts, rotations } from "./plan-file.ts";
import { createSecretNames, freeServerName, serverNameOf } from "./plan-names.ts";
import { finishServer, groupServers, moveContext } from "./plan-servers.ts";
import type { MigrationDeps } from "./ports.ts";
import type { ScanOutcome } from "./scan.ts";
import type { ScannedSecret } from "./scan-file.ts";
import type { Candidate } from "./scan-places.ts";
import { readSources } from "./sources.ts";
import type { SourceList } from "./sources.ts";
import type { Candidacy, WorkingFile, WorkingPlan, WorkingServer } from "./working-plan.ts";

/**
 * What would change, as data: computed from the files as they are now, changing nothing. Secrets are values only in the working part,
 * which stays in this process until the plan is applied or replaced.
 *
 * What the person leaves unticked is a setting: it moves into our own config as it stands, and the server's warnings say so.
 */

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
          sharedReason(scan, list, selection) ??
          (list.status.kind === "ready" ? null : list.status.reason) ??
          whyItStays(entry, list.candidate.client, moveContext(deps, list));
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
      const { left, shown } = planned.value;
      if (left !== null) stays.push({ file: shown.file, server: "", reason: left });
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

function isChosen(secret: ScannedSecret, selection: Selection): boolean {
  return selection.secrets === undefined ? secret.found.class !== "unlikely" : selection.secrets.includes(secret.found.id);
}

function isWanted(list: readonly string[] | undefined, name: string): boolean {
  return list === undefined || list.includes(name);
}

/** Why an entry in a file that others use, too, stays unless the person says otherwise. */
function sharedReason(scan: ScanOutcome | null, list: SourceList, selection: Selection): string | null {
  if (selection.shared === true || list.candidate.place.scope !== "project") return null;
  const seen = scan?.scan.files.find((file) => file.id === list.id);
  if (seen?.exposures.some((exposure) => exposure.kind === "git-tracked") !== true) return null;
  return "This file is shared through git: an entry that leads to this machine's Portcullis would not work for the others.";
}
