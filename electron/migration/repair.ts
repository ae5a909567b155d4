import { fail, ok } from "../../shared/errors.ts";
import type { Result } from "../../shared/errors.ts";
import type { JsonValue } from "../../shared/model/json.ts";
import type { Drift } from "../../shared/model/migration.ts";
import { secretReferences } from "../../shared/model/secret-reference.ts";
import { writeEntry } from "./clients/write-entry.ts";
import { editsFor } from "./apply.ts";
import { findEntry } from "./engine.ts";
import type { Engine } from "./engine.ts";
import { openDocument } from "./formats/open-document.ts";
import { createMask, maskedDiff } from "./masked-diff.ts";
import { planFor } from "./plan.ts";
import type { WorkingEntry, WorkingPlan, WorkingServer } from "./plan.ts";
import type { MigrationRecord, RecordedEntry, RecordedFile } from "./records.ts";
import type { ScanOutcome } from "./scan.ts";
import type { Candidate } from "./scan-places.ts";
import { ownSettings } from "./settle.ts";
import { entryPrint, readSources } from "./sources.ts";
import type { SourceFile, SourceList } from "./sources.ts";

/**
 * A plan that mends a drift. What was re-added, or holds a new secret, is moved like any entry; what was dropped or rewritten is written as it
 * was after the migration, made from the kept original.
 */
export async function planRepair(engine: Engine, scan: ScanOutcome, drift: Drift): Promise<Result<WorkingPlan>> {
  const found = engine.records
    .list()
    .toReversed()
    .flatMap((record) => record.files.map((file) => ({ record, file })))
    .find(({ file }) => file.state === "applied" && file.target === drift.file);
  if (found === undefined) return fail("not-found", "There is nothing to repair any more.");
  const { record, file } = found;
  const lists = new Set(file.entries.map((entry) => JSON.stringify([entry.client, entry.at])));
  const candidates = scan.files
    .map(({ candidate }) => candidate)
    .filter(({ client, place }) => place.path === file.path && lists.has(JSON.stringify([client.id, place.at])));
  const named = new Set(drift.servers);
  if (drift.kind === "re-added" || drift.kind === "new-secret") {
    return planFor(engine.deps, scan, candidates, {}, (_list, name) => named.has(name));
  }
  return renew(engine, record, file, candidates, named);
}

async function renew(
  engine: Engine,
  record: MigrationRecord,
  file: RecordedFile,
  candidates: readonly Candidate[],
  named: ReadonlySet<string>,
): Promise<Result<WorkingPlan>> {
  const sources = await readSources(candidates);
  const source = sources.files[0];
  if (source === undefined) {
    return fail(
      "not-found",
      "The file is gone, or holds no list of servers any more.",
      "Restore the migration, or let its client make the file anew.",
    );
  }
  const original = await readOriginal(engine, record, file);
  if (!original.ok) return original;
  const servers = new Map<string, WorkingServer>();
  const entries: WorkingEntry[] = [];
  for (const entry of file.entries) {
    if (entry.state !== "moved" || !named.has(entry.name)) continue;
    const list = listOf(source, entry);
    const settings = ownSettings(engine.deps.servers.settings(), entry.server);
    if (settings === undefined) return fail("not-found", `There is no server ${entry.server} in Portcullis any more.`);
    if (list === undefined) return fail("not-found", `The list that ${entry.name} stood in is gone.`);
    servers.set(entry.server, { settings, exists: true });
    const now = list.entries.find((one) => one.entry.name === entry.name);
    if (now !== undefined) entries.push({ list, name: entry.name, print: entryPrint(source.document, now.entry), server: entry.server });
    else {
      const made = entryAfter(engine, file, original.value, entry);
      if (!made.ok) return made;
      entries.push({ list, name: entry.name, print: null, server: entry.server, made: made.value });
    }
  }
  const edits = editsFor(engine, source.document, entries);
  if (!edits.ok) return edits;
  const after = source.document.edit(edits.value);
  if (!after.ok) return after;
  const first = entries[0]?.list;
  if (first === undefined) return fail("not-found", "There is nothing to repair any more.");
  const mask = createMask(
    source.document,
    source.lists.flatMap((list) =>
      list.entries.map(({ entry, secrets }) => ({ entry, detected: secrets.map(({ detected }) => detected) })),
    ),
  );
  return ok({
    files: [{ path: source.path, target: source.target, hash: source.hash, bytes: source.bytes, format: file.format, entries }],
    servers,
    secrets: [],
    shown: {
      id: engine.deps.newId(),
      files: [
        {
          file: first.id,
          client: first.candidate.client.id,
          path: source.path,
          hash: source.hash,
          diff: maskedDiff(source.bytes, after.value, mask),
          servers: entries.map(({ name }) => name),
        },
      ],
      servers: [...servers].map(([name, { settings }]) => ({
        name,
        from: entries.filter((entry) => entry.server === name).map((entry) => ({ file: first.id, server: entry.name })),
        command: settings.command,
        args: [...(settings.args ?? [])],
        env: Object.entries(settings.env ?? {}).map(([variable, value]) => ({ name: variable, references: [...secretReferences(value)] })),
        cwd: settings.cwd ?? null,
        sandbox: settings.sandbox ?? {},
        why: ["It is a server of Portcullis already; its sandbox stays as you have it."],
        warnings: [],
      })),
      secrets: [],
      restart:
        first.candidate.client.restart === null ? [] : [{ client: first.candidate.client.name, how: first.candidate.client.restart }],
      stays: [],
      rotate: [],
    },
  });
}

function listOf(source: SourceFile, entry: RecordedEntry): SourceList | undefined {
  return source.lists.find(
    ({ candidate }) => candidate.client.id === entry.client && JSON.stringify(candidate.place.at) === JSON.stringify(entry.at),
  );
}

async function readOriginal(engine: Engine, record: MigrationRecord, file: RecordedFile): Promise<Result<Uint8Array>> {
  const originals = await engine.originals.open(record.id);
  return originals.ok ? originals.value.read(record.files.indexOf(file)) : originals;
}

/** The entry as it was after the migration: the original one, pointed at us. */
function entryAfter(engine: Engine, file: RecordedFile, original: Uint8Array, entry: RecordedEntry): Result<JsonValue> {
  const document = openDocument(file.format, original);
  if (!document.ok) return document;
  const client = engine.deps.clients.find((one) => one.id === entry.client);
  const before = findEntry(document.value, entry, engine.deps.clients);
  if (client === undefined || before === undefined) return fail("not-found", `What ${entry.name} was before is not known any more.`);
  const launch = engine.deps.bridge(entry.server, entry.client);
  const edited = document.value.edit(writeEntry(document.value, before, client.entry(document.value), launch));
  if (!edited.ok) return edited;
  const after = openDocument(file.format, edited.value);
  return after.ok ? ok(after.value.get(before.path) ?? null) : after;
}
