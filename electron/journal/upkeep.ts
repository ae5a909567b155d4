// What the journal needs beside its log: the records brought into the database, their copies in `search`, and the database's own log
// (WAL) worked into its file. Each costs more than the record itself and would show as a pause in calls, so it is done in slices of a
// fraction of a millisecond to two while nothing is written. Under a load without pauses the slices go on, but so seldom that calls hardly notice.
import type { JournalDatabase } from "./database.ts";
import { describeDatabaseError, isLocked } from "./database.ts";
import type { JournalSearch } from "./search.ts";

export interface Upkeep {
  /** Records were written to the log, the newest of them `seq`. Returns at once. */
  written(seq: number): void;
  stop(): void;
}

export interface UpkeepDeps {
  /** Its automatic checkpoints are off. */
  readonly database: JournalDatabase;
  readonly search: JournalSearch;
  /** How many records are in the log only. */
  behind(): number;
  /** Brings at most so many of them into the database; how many bytes it were, 0 when it could not be done now. */
  store(limit: number): number;
  logBytes(): number;
  /** The copying failed, and not because another program holds the database for the moment: it cannot be written. */
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
/** Under load records are brought over in smaller slices, once so many wait or the oldest has waited so long: it is anchored only then. */
const busySlice = 64;
const behindThatWaits = 32_768;
const behindMs = 10_000;
/** A log that never gets empty under load is emptied once it is so large and little is left to bring over. */
export const logThatIsLong = 64 << 20;
export const littleBehind = 1_024;
/** Filtered queries read what is not copied from the chain itself, 5 µs a record: so much may wait for a quiet moment. */
const backlogThatWaits = 32_768;
/** Pages of the WAL, estimated: worth a checkpoint in quiet, and too many even under load (32 MB). */
const walWorthIt = 1_000;
const walTooLong = 8_000;
const pageSize = 4_096;
/** Pages that a transaction writes whatever its size, and those of a slice of copies. */
const pagesPerWrite = 2;
const pagesPerSlice = 24;

export function createUpkeep(deps: UpkeepDeps): Upkeep {
  const { database, search } = deps;
  const checkpoint = database.prepare("PRAGMA wal_checkpoint(PASSIVE)");
  let indexed = search.indexed();
  let newest = 0;
  let writtenAt = -Infinity;
  let behindSince: number | null = null;
  let timer: NodeJS.Timeout | null = null;
  let walPages = 0;
  let stopped = false;

  const plan = (ms: number): void => {
    if (!stopped) timer ??= setTimeout(turn, ms).unref();
  };

  const store = (limit: number): boolean => {
    const bytes = deps.store(limit);
    if (bytes === 0) return false;
    walPages += pagesPerWrite + bytes / pageSize;
    return true;
  };

  const turn = (): void => {
    timer = null;
    const now = performance.now();
    const quietFor = now - writtenAt;
    const quiet = quietFor >= quietMs;
    const behind = deps.behind();
    // Once it has waited too long it goes on until nothing waits any more.
    const pressing = behind > behindThatWaits || (behindSince !== null && now - behindSince > behindMs);
    const isLong = deps.logBytes() > logThatIsLong;
    if (behind > 0 && (quiet || pressing || isLong)) {
      const all = isLong && behind < littleBehind;
      const done = store(all ? behind : quiet ? slice : busySlice * Math.max(1, Math.floor(behind / behindThatWaits)));
      plan(!done ? busyRestMs : quiet ? restMs : pressing ? restMs * 2 : busyRestMs);
      return;
    }
    const backlog = newest - behind - indexed;
    if (backlog > 0 && (quiet || backlog > backlogThatWaits)) {
      try {
        indexed += search.index(slice);
        walPages += pagesPerSlice;
      } catch (error) {
        if (!isLocked(error)) {
          deps.failed(describeDatabaseError(error));
          return;
        }
        // Copies may wait as long as they must: queries read what is not copied from the chain itself.
        plan(busyRestMs);
        return;
      }
    }
    if (walPages >= walTooLong || (walPages >= walWorthIt && quietFor >= checkpointAfterMs)) workIn();
    if (newest > indexed) plan(quiet ? restMs : busyRestMs);
    else if (walPages >= walWorthIt) plan(checkpointAfterMs);
  };

  const workIn = (): void => {
    // Also after a failure: the WAL keeps everything, and when it cannot grow either, the writer says so.
    walPages = 0;
    try {
      checkpoint.get();
    } catch {
      // As above.
    }
  };

  return {
    written: (seq) => {
      writtenAt = performance.now();
      // Whoever brought over all that there was before these: the writer does so, too.
      if (behindSince === null || deps.behind() === seq - newest) behindSince = writtenAt;
      newest = seq;
      plan(firstLookMs);
    },
    stop: () => {
      stopped = true;
      if (timer !== null) clearTimeout(timer);
      timer = null;
    },
  };
}
