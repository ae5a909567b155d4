import { fail, ok } from "../../shared/errors.ts";
import type { Result } from "../../shared/errors.ts";
import { writeEntry } from "./clients/write-entry.ts";
import { findEntry, recordFile } from "./engine.ts";
import type { Engine } from "./engine.ts";
import type { ConfigDocument, DocumentEdit } from "./formats/document.ts";
import { openDocument } from "./formats/open-document.ts";
import { leftSecrets } from "./left-secrets.ts";
import type { OriginalsOf } from "./originals.ts";
import type { MigrationRecord, RecordedFile } from "./records.ts";
import { hashOf, readFileNow, replaceFile, whyNotReplaced } from "./replace-file.ts";
import { entryPrint } from "./sources.ts";
import type { WorkingEntry, WorkingFile } from "./working-plan.ts";

// One file of a plan, written: only as it was looked at, as far as the entries in question go.

interface Fit {
  readonly now: Parameters<typeof replaceFile>[0] & { readonly bytes: Uint8Array };
  readonly document: ConfigDocument;
}

/** The file as it is now, if the plan may still be applied to it. */
export async function readFit(engine: Engine, working: WorkingFile): Promise<Result<Fit>> {
  const now = await readFileNow(working.path);
  if (!now.ok) return now;
  if (now.value.target !== working.target)
    return fail("cancelled", "The file is another one than was looked at: its symlinks lead elsewhere now.");
  const may = await whyNotReplaced(now.value.target);
  if (!may.ok) return may;
  const document = openDocument(working.format, now.value.bytes);
  if (!document.ok) return document;
  if (now.value.hash !== working.hash) {
    for (const entry of working.entries) {
      const found = entryNow(engine, document.value, entry);
      const print = found === undefined ? null : entryPrint(document.value, found);
      if (print !== entry.print)
        return fail("cancelled", `The file was changed since it was looked at, in the entry “${entry.name}”.`, "Look at it again.");
    }
  }
  return ok({ now: now.value, document: document.value });
}

function entryNow(engine: Engine, document: ConfigDocument, { list, name }: WorkingEntry) {
  const { client, place } = list.candidate;
  return findEntry(document, { client: client.id, at: [...place.at], shape: place.shape, name }, engine.deps.clients);
}

const mostTries = 3;

/** Replaces the file with its verified entries moved; each step is noted before it is done. */
export async function writePlanned(
  engine: Engine,
  originals: OriginalsOf,
  record: MigrationRecord,
  working: WorkingFile,
  file: RecordedFile,
): Promise<Result<void>> {
  const verified = new Set(record.servers.filter(({ state }) => state === "verified").map(({ name }) => name));
  const moving = working.entries.filter(({ server }) => verified.has(server));
  if (moving.length === 0) {
    const names = [...new Set(working.entries.map(({ server }) => server))].join(", ");
    return fail("cannot-start", `None of its servers could be started through Portcullis (${names}), so it stays as it is.`);
  }
  for (let attempt = 1; ; attempt += 1) {
    const fit = await readFit(engine, working);
    if (!fit.ok) return fit;
    const { now, document } = fit.value;
    const edits = editsFor(engine, document, moving);
    if (!edits.ok) return edits;
    const after = document.edit(edits.value);
    if (!after.ok) return after;
    if (now.hash !== file.before) {
      const kept = await originals.keep(record.files.indexOf(file), now.bytes);
      if (!kept.ok) return kept;
      file.before = now.hash;
    }
    file.after = hashOf(after.value);
    file.state = "writing";
    const noted = await engine.records.save(record);
    if (!noted.ok) return noted;
    const journaled = recordFile(engine, "migration-applied", record, file);
    if (!journaled.ok) return journaled;
    const replaced = await replaceFile(now, after.value, record.id);
    if (!replaced.ok) {
      if (replaced.error.code !== "cancelled") return replaced;
      // It was certainly not written: what its client made of the entry meanwhile must not count as ours.
      file.state = "pending";
      if (attempt < mostTries) continue;
      return replaced;
    }
    file.state = "applied";
    const moved = new Set(moving.map(({ list, name }) => JSON.stringify([list.candidate.place.at, name])));
    for (const entry of file.entries) if (moved.has(JSON.stringify([entry.at, entry.name]))) entry.state = "moved";
    file.known = leftSecrets(engine.deps.clients, after.value, file);
    const left = working.entries.filter(({ server }) => !verified.has(server)).map(({ name }) => name);
    file.reason = left.length === 0 ? null : `Left as before, because its server does not start through Portcullis: ${left.join(", ")}.`;
    return engine.records.save(record);
  }
}

/** What is written into the file as it is now. */
export function editsFor(engine: Engine, document: ConfigDocument, entries: readonly WorkingEntry[]): Result<readonly DocumentEdit[]> {
  const edits: DocumentEdit[] = [];
  const added = new Map<string, number>();
  for (const entry of entries) {
    const { client, place } = entry.list.candidate;
    const found = entryNow(engine, document, entry);
    if (found !== undefined)
      edits.push(...writeEntry(document, found, client.entry(document), engine.deps.bridge(entry.server, client.id)));
    else if (entry.made === undefined) return fail("cancelled", `The entry “${entry.name}” is not there any more.`, "Look at it again.");
    else if (place.shape === "map") edits.push({ kind: "set", path: [...place.at, entry.name], value: entry.made });
    else {
      const list = document.get(place.at);
      const key = JSON.stringify(place.at);
      const more = added.get(key) ?? 0;
      added.set(key, more + 1);
      edits.push({ kind: "set", path: [...place.at, (Array.isArray(list) ? list.length : 0) + more], value: entry.made });
    }
  }
  return ok(edits);
}
