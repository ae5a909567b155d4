import type { Result } from "../../shared/errors.ts";
import { findEntry, launchesServer, originalOf } from "./engine.ts";
import type { Engine } from "./engine.ts";
import { openDocument } from "./formats/open-document.ts";
import { leftSecrets } from "./left-secrets.ts";
import type { MigrationRecord, RecordedEntry, RecordedFile } from "./records.ts";
import { readFileNow } from "./replace-file.ts";
import type { FileNow } from "./replace-file.ts";
import { entryPrint } from "./sources.ts";

/**
 * What became of a file whose writing was begun and not seen to end: by a kill, or because the step after it failed. An entry is as it was
 * only where it stands there as it did. In any doubt (the file is gone, cannot be read, or its client rewrote it since) it counts as
 * moved: then its secret and its original stay, it is watched, and it can be put back.
 */
export async function lookAtWritten(engine: Engine, record: MigrationRecord, file: RecordedFile): Promise<void> {
  const now = await readFileNow(file.path);
  const isAsBefore = await compareWithOriginal(engine, record, file, now);
  const verified = new Set(record.servers.filter(({ state }) => state === "verified").map(({ name }) => name));
  // Only these were to be written.
  for (const entry of file.entries) if (verified.has(entry.server) && !isAsBefore(entry)) entry.state = "moved";
  if (file.entries.every(({ state }) => state !== "moved")) {
    file.state = "failed";
    file.reason = "The migration was cut off before this file was written; it is as it was.";
    return;
  }
  file.state = "applied";
  file.reason = null;
  if (now.ok) file.known = leftSecrets(engine.deps.clients, now.value.bytes, file);
}

/** Tells of each entry of a migrated file whether it stands there now as it did before this migration. No in any doubt. */
export async function compareWithOriginal(
  engine: Engine,
  record: MigrationRecord,
  file: RecordedFile,
  now: Result<FileNow>,
): Promise<(entry: RecordedEntry) => boolean> {
  if (!now.ok) return () => false;
  if (now.value.hash === file.before) return () => true;
  const original = await originalOf(engine, record, file);
  const was = original.ok ? openDocument(file.format, original.value) : original;
  const is = openDocument(file.format, now.value.bytes);
  if (!is.ok || !was.ok) return () => false;
  return (entry) => {
    const current = findEntry(is.value, entry, engine.deps.clients);
    const before = findEntry(was.value, entry, engine.deps.clients);
    if (current === undefined || before === undefined || launchesServer(current, entry.server)) return false;
    return entryPrint(is.value, current) === entryPrint(was.value, before);
  };
}
