// The way out of a journal that cannot be trusted or read: the old file is kept under another name, untouched, and a new chain begins
// whose first record names it. The anchor moves with a person's act only: a file that was merely swapped still contradicts it.
import fs from "node:fs";
import path from "node:path";
import type { Result } from "../../shared/errors.ts";
import { fail, ok } from "../../shared/errors.ts";
import { readAnchor, writeAnchor } from "./anchor.ts";
import { chainHash, genesisHash, recordBody } from "./chain.ts";
import { describeDatabaseError, errorCode, openForAppending, openForReading } from "./database.ts";
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
 * is `app-started` with `detail.previous`. Killed at any moment, it leaves the whole old journal under one name or both, and what is left
 * to do is done by doing it again. An app whose journal has a fault may be running, and goes on with
 * the new one after a start; any other would notice that its file is gone and stop serving.
 */
export async function archiveJournal(file: string, anchor: AnchorStore, now: number): Promise<Result<ArchivedJournal>> {
  if (!isThere(file)) return fail("not-found", "There is no journal to put aside.");
  const kept = freeName(file, now);
  const reading = await readAnchor(anchor, anchorDeadlineMs);
  try {
    putAside(file, kept);
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

const sides = ["-log", "-wal", "-shm", ""] as const;

/** Also where an earlier attempt was cut short after it had taken the database's name away. */
function isThere(file: string): boolean {
  return sides.some((side) => fs.lstatSync(file + side, { throwIfNoEntry: false }) !== undefined);
}

// Every file gets its new name before any loses its old one, so at no moment is a part of the journal under one name and the rest under
// the other. The database loses its name first: logs without a database are refused at a start (database.ts), where a database without its
// logs would pass for a shorter journal. What was linked before a failure is taken back.
function putAside(file: string, kept: string): void {
  const present = sides.filter((side) => fs.lstatSync(file + side, { throwIfNoEntry: false }) !== undefined);
  const linked: string[] = [];
  // A folder has one name only; that a folder is in a file's place is what can be wrong with the journal.
  const isFolder = (side: string): boolean => fs.lstatSync(file + side).isDirectory();
  try {
    for (const side of present) {
      if (isFolder(side)) continue;
      linkOrCopy(file + side, kept + side);
      linked.push(kept + side);
    }
  } catch (error) {
    for (const name of linked) fs.rmSync(name, { force: true });
    throw error;
  }
  for (const side of present.toReversed()) {
    if (isFolder(side)) fs.renameSync(file + side, kept + side);
    else fs.unlinkSync(file + side);
  }
}

/** A second name, or where the file system has none a second file. @throws the file system's error */
function linkOrCopy(from: string, to: string): void {
  try {
    fs.linkSync(from, to);
  } catch (error) {
    if (!["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK"].includes(errorCode(error))) throw error;
    fs.copyFileSync(from, to, fs.constants.COPYFILE_EXCL);
  }
}

function freeName(file: string, now: number): string {
  const { dir, name, ext } = path.parse(file);
  const stamp = new Date(now)
    .toISOString()
    .replace(/[-:]|\..*$/g, "")
    .replace("T", "-");
  for (let copy = 1; ; copy += 1) {
    const kept = path.join(dir, `${name}-${stamp}${copy === 1 ? "" : `-${copy}`}${ext}`);
    if (!isThere(kept)) return kept;
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
