import { findEntry, launchesServer, originalOf } from "./engine.ts";
import type { Engine } from "./engine.ts";
import { openDocument } from "./formats/open-document.ts";
import { leftSecrets } from "./left-secrets.ts";
import type { MigrationRecord, RecordedEntry, RecordedFile } from "./records.ts";
import { readFileNow } from "./replace-file.ts";
import { entryPrint } from "./sources.ts";

/**
 * What became of a file whose writing was begun and not seen to end: by a kill, or because the step after it failed. An entry is as it was
 * only where it stands there as it did. In any doubt (the file is gone, cannot be read, or its client rewrote it since) it counts as
 * moved: then its secret and its original stay, it is watched, and it can be put back.
 */
export async function lookAtWritten(engine: Engine, record: MigrationRecord, file: RecordedFile): Promise<void> {
  const now = await readFileNow(file.path);
  const isAsBefore = now.ok && now.value.hash === file.before;
  const verified = new Set(record.servers.filter(({ state }) => state === "verified").map(({ name }) => name));
  for (const entry of file.entries) {
    // Only these were to be written.
    if (isAsBefore || !verified.has(entry.server) || (await standsAsBefore(engine, record, file, entry))) continue;
    entry.state = "moved";
  }
  if (file.entries.every(({ state }) => state !== "moved")) {
    file.state = "failed";
    file.reason = "The migration was cut off before this file was written; it is as it was.";
    return;
  }
  file.state = "applied";
  file.reason = null;
  if (now.ok) file.known = leftSecrets(engine.deps.clients, now.value.bytes, file);
}

/** Whether an entry stands in its file as it did before this migration. False in any doubt. */
export async function standsAsBefore(engine: Engine, record: MigrationRecord, file: RecordedFile, entry: RecordedEntry): Promise<boolean> {
  const now = await readFileNow(file.path);
  if (!now.ok) return false;
  if (now.value.hash === file.before) return true;
  const original = await originalOf(engine, record, file);
  if (!original.ok) return false;
  const is = openDocument(file.format, now.value.bytes);
  const was = openDocument(file.format, original.value);
  if (!is.ok || !was.ok) return false;
  const current = findEntry(is.value, entry, engine.deps.clients);
  const before = findEntry(was.value, entry, engine.deps.clients);
  if (current === undefined || before === undefined || launchesServer(current, entry.server)) return false;
  return entryPrint(is.value, current) === entryPrint(was.value, before);
}
