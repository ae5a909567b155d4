// The way out of a journal that cannot be trusted or read: the old file is kept under another name, untouched, and a new chain begins
// whose first record names it. The anchor moves with a person's act only: a file that was merely swapped still contradicts it.
import fs from "node:fs";
import path from "node:path";
import type { Result } from "../../shared/errors.ts";
import { fail, ok } from "../../shared/errors.ts";
import { readAnchor, writeAnchor } from "./anchor.ts";
import { chainHash, genesisHash, recordBody } from "./chain.ts";
import { describeDatabaseError, openForAppending, openForReading } from "./database.ts";
import { followLogOf } from "./follow-log.ts";
import type { AnchorStore } from "./journal.ts";
import { inspectTail } from "./verify.ts";

export interface ArchivedJournal {
  /** Where the old journal is now. */
  readonly file: string;
  /** Its newest record, as far as it could be read. */
  readonly seq: number | null;
  readonly hash: string | null;
  /** False when the anchor store could not be written: with the old anchor in it the next start refuses the new journal. Do it again then. */
  readonly anchored: boolean;
}

const anchorDeadlineMs = 10_000;

/**
 * Renames `journal.db` (with its side files) to `journal-YYYYMMDD-HHMMSS.db` (UTC) and begins a new one in its place, whose first record
 * is `app-started` with `detail.previous`. An app whose journal has a fault may be running, and goes on with
 * the new one after a start; any other would notice that its file is gone and stop serving.
 */
export async function archiveJournal(file: string, anchor: AnchorStore, now: number): Promise<Result<ArchivedJournal>> {
  if (!fs.existsSync(file)) return fail("not-found", "There is no journal to put aside.");
  const kept = freeName(file, now);
  const reading = await readAnchor(anchor, anchorDeadlineMs);
  try {
    // Its logs first: a database without them would be taken for a whole one.
    for (const side of ["-log", "-wal", "-shm", ""]) if (fs.existsSync(file + side)) fs.renameSync(file + side, kept + side);
  } catch (error) {
    return fail(
      "journal-unavailable",
      `The journal could not be put aside: ${describeDatabaseError(error)}.`,
      "Quit Portcullis and do it again.",
    );
  }
  const old = readOldHead(kept);
  const anchored = reading.kind === "anchor" ? { seq: reading.anchor.seq, hash: reading.anchor.hash, at: reading.anchor.at } : null;
  const previous = { file: path.basename(kept), seq: old?.seq ?? null, hash: old?.hash ?? null, anchor: anchored };
  const body = recordBody(1, now, { kind: "app-started", by: "person", detail: { previous, reason: "the journal before was put aside" } });
  const hash = chainHash(genesisHash, body);
  try {
    const database = openForAppending(file);
    database.prepare("INSERT INTO records (seq, body, hash) VALUES (1, ?, ?)").run([body, hash]);
    database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
    database.close();
  } catch (error) {
    return fail("journal-unavailable", `The old journal is at ${kept}; a new one could not be begun: ${describeDatabaseError(error)}.`);
  }
  const moved = await writeAnchor(anchor, { seq: 1, hash, at: now }, anchorDeadlineMs).then(
    () => true,
    () => false,
  );
  return ok({ file: kept, seq: previous.seq, hash: previous.hash, anchored: moved });
}

function freeName(file: string, now: number): string {
  const { dir, name, ext } = path.parse(file);
  const stamp = new Date(now)
    .toISOString()
    .replace(/[-:]|\..*$/g, "")
    .replace("T", "-");
  for (let copy = 1; ; copy += 1) {
    const kept = path.join(dir, `${name}-${stamp}${copy === 1 ? "" : `-${copy}`}${ext}`);
    if (!fs.existsSync(kept)) return kept;
  }
}

function readOldHead(file: string): { readonly seq: number; readonly hash: string } | null {
  try {
    const database = openForReading(file);
    try {
      return followLogOf(file, database, inspectTail(database, 0).head).head;
    } finally {
      database.close();
    }
  } catch {
    return null;
  }
}
