import { fail, ok } from "../../shared/errors.ts";
import type { Result } from "../../shared/errors.ts";
import type { Plan, PlannedFile } from "../../shared/model/migration.ts";
import { writeEntry } from "./clients/write-entry.ts";
import type { DocumentEdit } from "./formats/document.ts";
import { leftTokens } from "./left-tokens.ts";
import { createMask, maskedDiff } from "./masked-diff.ts";
import type { MigrationDeps } from "./ports.ts";
import type { ScanOutcome } from "./scan.ts";
import { entryPrint } from "./sources.ts";
import type { SourceFile } from "./sources.ts";
import type { Candidacy, WorkingFile } from "./working-plan.ts";

/** What one file would look like. `left`: what to tell of secrets that stay in it, or null. */
export function planFile(
  deps: MigrationDeps,
  file: SourceFile,
  members: readonly Candidacy[],
  serverOf: (member: Candidacy) => string,
): Result<{ readonly working: WorkingFile; readonly shown: PlannedFile; readonly left: string | null }> {
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
    left: leftTokens(file, after.value),
  });
}

/** Clients that run right now and have to be restarted. */
export function restarts(files: readonly WorkingFile[], scan: ScanOutcome | null): Plan["restart"] {
  const ids = new Set(files.flatMap((file) => file.entries.map((entry) => entry.list.id)));
  const found = new Map<string, string>();
  for (const { id, running, restart, clientName } of scan?.scan.files ?? [])
    if (ids.has(id) && running && restart !== null) found.set(clientName, restart);
  return [...found].map(([client, how]) => ({ client, how }));
}

/** A secret of which a copy is somewhere that we do not reach must be replaced by a new one; the move alone does not help it. */
export function rotations(
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
