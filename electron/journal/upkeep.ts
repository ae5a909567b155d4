// What the journal's database needs beside its records: their copies in `search`, and the log's pages brought into the database. Either
// costs more than the records themselves and would show as pauses in calls, so it is done in slices of a millisecond or two while nothing
// is written. Under a load without pauses the slices go on, but so seldom that calls hardly notice.
import type { JournalDatabase } from "./database.ts";
import { describeDatabaseError } from "./database.ts";
import type { JournalSearch } from "./search.ts";

export interface Upkeep {
  /** So many characters of records were written, the newest of them `seq`. Returns at once. */
  written(seq: number, size: number): void;
  stop(): void;
}

export interface UpkeepDeps {
  /** Its automatic checkpoints are off. */
  readonly database: JournalDatabase;
  readonly search: JournalSearch;
  /** The copying failed: the database cannot be written. */
  failed(reason: string): void;
}

const firstLookMs = 50;
const quietMs = 20;
/** A checkpoint waits for the disk, which takes milliseconds: only when nobody has called for a while. */
const checkpointAfterMs = 500;
/** Between two slices: in quiet, and under load. */
const restMs = 2;
const busyRestMs = 50;
const slice = 128;
/** Filtered queries read what is not copied from the chain itself, 5 µs a record: so much may wait for a quiet moment. */
const backlogThatWaits = 8_192;
/** Pages of the log, estimated: worth a checkpoint in quiet, and too many even under load (32 MB). */
const logWorthIt = 1_000;
const logTooLong = 8_000;
const pageSize = 4_096;
/** Pages that a transaction writes whatever its size, and those of a slice. */
const pagesPerWrite = 2;
const pagesPerSlice = 24;

export function createUpkeep(deps: UpkeepDeps): Upkeep {
  const { database, search } = deps;
  const checkpoint = database.prepare("PRAGMA wal_checkpoint(PASSIVE)");
  let indexed = search.indexed();
  let newest = indexed;
  let writtenAt = -Infinity;
  let timer: NodeJS.Timeout | null = null;
  let logPages = 0;
  let stopped = false;

  const plan = (ms: number): void => {
    if (!stopped) timer ??= setTimeout(turn, ms).unref();
  };

  const turn = (): void => {
    timer = null;
    const quietFor = performance.now() - writtenAt;
    const quiet = quietFor >= quietMs;
    const backlog = newest - indexed;
    if (backlog > 0 && (quiet || backlog > backlogThatWaits)) {
      try {
        indexed += search.index(slice);
        logPages += pagesPerSlice;
      } catch (error) {
        deps.failed(describeDatabaseError(error));
        return;
      }
    }
    if (logPages >= logTooLong || (logPages >= logWorthIt && quietFor >= checkpointAfterMs)) emptyLog();
    if (newest > indexed) plan(quiet ? restMs : busyRestMs);
    else if (logPages >= logWorthIt) plan(checkpointAfterMs);
  };

  const emptyLog = (): void => {
    // Also after a failure: the log keeps everything, and when it cannot grow either, the writer says so.
    logPages = 0;
    try {
      checkpoint.get();
    } catch {
      // As above.
    }
  };

  return {
    written: (seq, size) => {
      newest = seq;
      logPages += pagesPerWrite + size / pageSize;
      writtenAt = performance.now();
      plan(firstLookMs);
    },
    stop: () => {
      stopped = true;
      if (timer !== null) clearTimeout(timer);
      timer = null;
    },
  };
}
