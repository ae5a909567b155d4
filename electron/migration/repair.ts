import { fail, ok } from "../../shared/errors.ts";
import type { Result } from "../../shared/errors.ts";
import type { JsonValue } from "../../shared/model/json.ts";
import type { Drift } from "../../shared/model/migration.ts";
import { secretReferences } from "../../shared/model/secret-reference.ts";
import type { ConfigPlace } from "./clients/client-definition.ts";
import { writeEntry } from "./clients/write-entry.ts";
import { editsFor } from "./write-planned.ts";
import { findEntry, originalOf } from "./engine.ts";
import type { Engine } from "./engine.ts";
import type { ConfigDocument } from "./formats/document.ts";
import { openDocument } from "./formats/open-document.ts";
import { entriesIn } from "./left-secrets.ts";
import { createMask, maskedDiff } from "./masked-diff.ts";
import { planFor } from "./plan.ts";
import type { WorkingEntry, WorkingPlan, WorkingServer } from "./working-plan.ts";
import type { MigrationRecord, RecordedEntry, RecordedFile } from "./records.ts";
import type { ScanOutcome } from "./scan.ts";
import { readFileNow } from "./replace-file.ts";
import { ownSettings } from "./settle.ts";
import { entryPrint } from "./sources.ts";
import type { SourceList } from "./sources.ts";

/**
 * A plan that mends a drift. What was re-added, or holds a new secret, is moved like any entry; what was dropped or rewritten is written as it
 * was after the migration, made from the kept original.
 */
export async function planRepair(engine: Engine, scan: ScanOutcome, drift: Drift): Promise<Result<WorkingPlan>> {
  const found = engine.records
    .list()
    .toReversed()
    .flatMap((record) => record.files.map((file) => ({ record, file })))
    .find(({ file }) => file.state === "applied" && file.target === drift.file && holdsAll(file, drift));
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
  return renew(engine, record, file, named);
}

/** Whether it is this migration of the file that drifted: another one may have moved other entries of it since. */
function holdsAll(file: RecordedFile, drift: Drift): boolean {
  if (drift.kind === "new-secret") return true;
  return drift.servers.every((name) => file.entries.some((entry) => entry.state === "moved" && entry.name === name));
}

async function renew(
  engine: Engine,
  record: MigrationRecord,
  file: RecordedFile,
  named: ReadonlySet<string>,
): Promise<Result<WorkingPlan>> {
  const now = await readFileNow(file.path);
  if (!now.ok) {
    const gone = now.error.code === "not-found";
    return gone ? fail("not-found", "The file is gone.", "Let its client make it anew, or restore the migration.") : now;
  }
  const document = openDocument(file.format, now.value.bytes);
  if (!document.ok) return document;
  const original = await originalOf(engine, record, file);
  if (!original.ok) return original;
  const servers = new Map<string, WorkingServer>();
  const entries: WorkingEntry[] = [];
  for (const entry of file.entries) {
    if (entry.state !== "moved" || !named.has(entry.name)) continue;
    const list = listOf(engine, file, entry, document.value);
    const settings = ownSettings(engine.deps.servers.settings(), entry.server);
    if (settings === undefined) return fail("not-found", `There is no server ${entry.server} in Portcullis any more.`);
    if (list === undefined) return fail("not-found", `${entry.clientName} is not known any more.`);
    servers.set(entry.server, { settings, exists: true });
    const found = findEntry(document.value, entry, engine.deps.clients);
    const known = { list, name: entry.name, server: entry.server };
    if (found !== undefined) entries.push({ ...known, print: entryPrint(document.value, found) });
    else {
      const made = entryAfter(engine, file, original.value, entry);
      if (!made.ok) return made;
      entries.push({ ...known, print: null, made: made.value });
    }
  }
  const edits = editsFor(engine, document.value, entries);
  if (!edits.ok) return edits;
  const after = document.value.edit(edits.value);
  if (!after.ok) return after;
  const first = entries[0]?.list;
  if (first === undefined) return fail("not-found", "There is nothing to repair any more.");
  const mask = createMask(document.value, entriesIn(engine.deps.clients, document.value, file));
  return ok({
    files: [{ path: file.path, target: now.value.target, hash: now.value.hash, bytes: now.value.bytes, format: file.format, entries }],
    servers,
    secrets: [],
    shown: {
      id: engine.deps.newId(),
      files: [
        {
          file: first.id,
          client: first.candidate.client.id,
          path: file.path,
          hash: now.value.hash,
          diff: maskedDiff(now.value.bytes, after.value, mask),
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

/** The list as it was migrated; it may be gone from the file as a whole. */
function listOf(engine: Engine, file: RecordedFile, entry: RecordedEntry, document: ConfigDocument): SourceList | undefined {
  const client = engine.deps.clients.find((one) => one.id === entry.client);
  if (client === undefined) return undefined;
  const { at, shape, project } = entry;
  const scope = project === null ? "user" : "project";
  const place: ConfigPlace = { path: file.path, scope, project, format: file.format, at, shape };
  return {
    id: file.target,
    candidate: { client, place, within: null },
    shape: client.entry(document),
    status: { kind: "ready" },
    entries: [],
  };
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
