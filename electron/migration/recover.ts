import { findEntry, launchesServer, recordFile } from "./engine.ts";
import type { Engine } from "./engine.ts";
import { lookAtWritten } from "./look-at-written.ts";
import { openDocument } from "./formats/open-document.ts";
import type { MigrationRecord, RecordedEntry, RecordedFile } from "./records.ts";
import { readFileNow, removeTemporary } from "./replace-file.ts";
import { settle } from "./settle.ts";

/** Whether a migration was cut off: by a kill, a crash, a power failure. */
function isUnfinished(record: MigrationRecord): boolean {
  return record.phase !== "done" || record.files.some(({ state }) => state === "writing" || state === "undoing");
}

/**
 * Ends what was cut off. Each file is old or new, never in between; which one is found out by looking. New files stay new, the others
 * stay old and are reported; what nothing needs is taken away, also what an earlier attempt could not (a locked keychain).
 */
export async function recover(engine: Engine): Promise<void> {
  for (const record of engine.records.list().filter(isUnfinished)) {
    for (const file of record.files) {
      await removeTemporary(file.target, record.id);
      const before = file.state;
      await recoverFile(engine, record, file);
      if (file.state === "failed" && before !== "failed") recordFile(engine, "migration-failed", record, file);
    }
    for (const server of record.servers) {
      if (server.state !== "planned") continue;
      server.state = "failed";
      server.reason = "It was not tried: the migration was cut off.";
    }
    record.phase = "done";
    await engine.records.save(record);
  }
  await settle(engine);
}

async function recoverFile(engine: Engine, record: MigrationRecord, file: RecordedFile): Promise<void> {
  if (file.state === "pending") {
    file.state = "failed";
    file.reason = "The migration was cut off before this file was written; it is as it was.";
  } else if (file.state === "writing") await lookAtWritten(engine, record, file);
  else if (file.state === "undoing") await lookAtUndone(engine, file);
}

async function lookAtUndone(engine: Engine, file: RecordedFile): Promise<void> {
  const now = await readFileNow(file.path);
  const opened = now.ok ? openDocument(file.format, now.value.bytes) : now;
  const isMoved = (entry: RecordedEntry): boolean =>
    opened.ok && launchesServer(findEntry(opened.value, entry, engine.deps.clients), entry.server);
  const moved = file.entries.filter((entry) => entry.state === "moved");
  if (now.ok && now.value.hash === file.before) {
    for (const entry of moved) entry.state = "old";
    file.state = "undone";
  } else if (moved.some(isMoved)) {
    file.state = "applied";
    file.reason = null;
  } else if (!opened.ok && (now.ok || now.error.code !== "not-found")) {
    // It cannot be looked at: it may still be ours, and can be put back once it can be read.
    file.state = "applied";
    file.reason = `Whether it was put back could not be seen: ${opened.error.message}`;
  } else {
    // Put back, or dropped by its client: not told apart, so the secrets stay in the vault.
    for (const entry of moved) entry.state = "gone";
    file.state = "undone";
  }
}
