// Appending, fail closed. The first write that fails is the last one: the reason is latched, what was queued is given up, and every later
// append throws, so that no call passes unrecorded. A record is in the log when `append` returns (log-file.ts) and in the database a
// moment later. Records that nothing waits for are made and written together, a few milliseconds after what they tell: making one while
// the processor has it all at hand costs a fifth of making it in between two calls.
import fs from "node:fs";
import type { JournalDraft, LaterDraft } from "../../shared/model/journal-entry.ts";
import type { ChainHead, JournalRow } from "./chain.ts";
import { chainHash, createRecordBody } from "./chain.ts";
import type { JournalDatabase } from "./database.ts";
import { describeDatabaseError, isLocked } from "./database.ts";
import { createInsert } from "./insert-records.ts";
import { JournalUnavailable } from "./journal.ts";
import type { LogFile } from "./log-file.ts";
import { createLogLines } from "./log-lines.ts";
import type { JournalSearch } from "./search.ts";
import { rollBack } from "./search.ts";
import { createUpkeep, littleBehind, logThatIsLong } from "./upkeep.ts";
import type { WalFile } from "./wal-file.ts";

export interface Writer {
  /** Everything queued before it is written with it. */
  append(draft: JournalDraft): void;
  /** All of them or none; what is queued may follow later. */
  appendAll(drafts: readonly JournalDraft[]): void;
  appendSoon(draft: LaterDraft): void;
  /** The newest record that has its number. */
  head(): ChainHead;
  /** Brings all of it into the database, without holding the event loop for long; less where that cannot be done now. */
  settle(): Promise<void>;
  fault(): string | null;
  /** The first reason stays. */
  fail(reason: string): void;
  /**
   * Writes what is queued, into the database too, and stops its timers; every later append is refused from the call on. When it
   * resolves, the log is empty, or the next start brings over what is in it.
   */
  close(): Promise<void>;
}

export interface WriterDeps {
  readonly file: string;
  readonly database: JournalDatabase;
  readonly log: LogFile;
  readonly wal: WalFile;
  readonly search: JournalSearch;
  readonly head: ChainHead;
  readonly now: () => number;
  /** Called after the records are in the log, with the drafts they came from. */
  written(records: readonly Written[]): void;
  /** Called when every record up to this one is in the database. */
  stored(head: ChainHead): void;
  faulted(reason: string): void;
  /** Makes the fault for the person out of why a write failed. */
  explain(reason: string): string;
}

export interface Written extends JournalRow {
  readonly draft: JournalDraft;
  readonly at: number;
}

const flushMs = 4;
const mostQueued = 256;
const fileCheckMs = 100;
/** Records and bytes that may be in the log only; more is brought over at once. */
const mostBehind = 131_072;
const mostLogBytes = 128 << 20;
/** So long may the log grow while the disk is waited for beside the calls; then they wait too. */
const mostUnsyncedBytes = 256 << 20;
/** Records that are in memory at once when all that waits is brought over. */
const settleSlice = 512;
/** How long another program may hold the database before no call is let through any more. */
const lockedMs = 5_000;

/** The last of these rows, if each follows the one before. */
function endOfChain(head: ChainHead, rows: readonly JournalRow[]): ChainHead | null {
  let { hash } = head;
  for (const row of rows) {
    hash = chainHash(hash, row.body);
    if (hash !== row.hash) return null;
  }
  return { seq: head.seq + rows.length, hash };
}

export function createWriter(deps: WriterDeps): Writer {
  const { database, file, log, search, wal } = deps;
  const insert = createInsert(database);
  const opened = fs.statSync(file, { bigint: true });

  let { seq, hash } = deps.head;
  /** The newest record in the log. */
  let written: ChainHead = deps.head;
  /** Numbered and hashed, on its way into the log. */
  let queue: Written[] = [];
  const lines = createLogLines();
  const recordBody = createRecordBody();
  /** Neither yet. */
  let later: LaterDraft[] = [];
  /** The newest record in the database, and where the log's lines after it begin. What waits is in the file only: kept in memory it would be copied by each collection. */
  let stored: ChainHead = deps.head;
  let storedBytes = 0;
  /** The log is being emptied. */
  let emptying: Promise<void> | null = null;
  let fault: string | null = null;
  let flushTimer: NodeJS.Timeout | null = null;
  let fileCheckedAt = -Infinity;
  let lockedSince: number | null = null;

  const fail = (reason: string): void => {
    if (fault !== null) return;
    fault = reason;
    queue = [];
    later = [];
    stopTimers();
    deps.faulted(reason);
  };

  const stopTimers = (): void => {
    if (flushTimer !== null) clearTimeout(flushTimer);
    flushTimer = null;
    upkeep.stop();
  };

  const refuse = (): void => {
    if (fault !== null) throw new JournalUnavailable(fault);
  };

  // A function, because it changes while the disk is waited for.
  const isFaulty = (): boolean => fault !== null;

  // An open file goes on taking records after it has lost its name; those would be gone with us.
  const filesAreOurs = (): boolean => {
    fileCheckedAt = performance.now();
    const found = fs.statSync(file, { bigint: true, throwIfNoEntry: false });
    return found !== undefined && found.ino === opened.ino && found.dev === opened.dev && log.isOurs() && wal.isOurs();
  };

  const filesWereOurs = (): boolean => performance.now() - fileCheckedAt < fileCheckMs || filesAreOurs();

  const notOurs = (): void => {
    fail(deps.explain("its file was deleted or replaced, or another program wrote to it, while Portcullis was running"));
  };

  const behind = (): number => written.seq - stored.seq;

  /** Brings at most so many records from the log into the database; how many bytes it were. Faults are latched, not thrown. */
  const store = (limit: number): number => {
    if (behind() === 0 || fault !== null) return 0;
    try {
      const { rows, bytes } = log.read(storedBytes, Math.min(limit, behind()), stored.seq + 1);
      const end = endOfChain(stored, rows);
      // Lines that were written anew, with the hashes after them, are a chain too, but do not end where ours does.
      const isAnother = end?.seq === written.seq && end.hash !== written.hash;
      if (end === null || isAnother || rows.length === 0) {
        fail(deps.explain("another program changed its log while Portcullis was running"));
        return 0;
      }
      insert(rows);
      lockedSince = null;
      stored = end;
      storedBytes += bytes;
      if (behind() === 0) emptying ??= emptyLater();
      deps.stored(stored);
      return bytes;
    } catch (error) {
      rollBack(database);
      lockedSince ??= performance.now();
      const locked = isLocked(error) && behind() <= mostBehind;
      if (!locked || performance.now() - lockedSince > lockedMs) fail(deps.explain(describeDatabaseError(error)));
      return 0;
    }
  };

  /** All of it, or less where that cannot be done now. */
  const storeAll = (): void => {
    while (store(settleSlice) > 0);
  };

  /** What the log holds is stored and on the disk. */
  const empty = (): void => {
    if (!filesAreOurs()) return notOurs();
    log.empty();
    storedBytes = 0;
  };

  const waitsForDisk = (): boolean => fault === null && storedBytes > 0 && behind() === 0;

  // The disk is waited for beside the calls. What they write meanwhile keeps the log from being emptied, until it is stored in its turn;
  // a log that has grown long under a load without pauses is not left to that: then little is missing on the disk, and that is waited for.
  const emptyLater = async (): Promise<void> => {
    try {
      while (waitsForDisk()) {
        const synced = stored.seq;
        await wal.sync();
        if (isFaulty()) break;
        if (behind() === 0 && stored.seq === synced) empty();
        else if (log.size() > (behind() <= littleBehind ? logThatIsLong : mostLogBytes)) emptyNow();
      }
    } catch (error) {
      fail(deps.explain(describeDatabaseError(error)));
    }
    emptying = null;
  };

  const emptyNow = (): void => {
    storeAll();
    if (behind() > 0 || fault !== null) return;
    wal.syncNow();
    empty();
  };

  const upkeep = createUpkeep({
    database,
    search,
    behind,
    store,
    logBytes: () => log.size(),
    failed: (reason) => fail(deps.explain(reason)),
  });

  /** What is made together has one time. */
  const present = (): number => Math.floor(deps.now());

  const enqueue = (draft: JournalDraft, at: number): void => {
    const body = recordBody(seq + 1, at, draft);
    hash = lines.add(hash, body);
    seq += 1;
    queue.push({ draft, seq, at, body, hash });
  };

  const enqueueLater = (): void => {
    if (later.length === 0) return;
    const drafts = later;
    later = [];
    const at = present();
    try {
      for (const draft of drafts) enqueue(typeof draft === "function" ? draft() : draft, at);
    } catch (error) {
      // Nobody is there any more to be told, and an end that is not on record must not pass for one that never was.
      fail(deps.explain(`a record could not be made (${error instanceof Error ? error.message : "unknown error"})`));
    }
  };

  const write = (): void => {
    const records = queue;
    if (records.length === 0) return;
    queue = [];
    try {
      if (!filesWereOurs()) return notOurs();
      log.append(lines.take());
    } catch (error) {
      fail(deps.explain(describeDatabaseError(error)));
      return;
    }
    written = { seq, hash };
    upkeep.written(seq);
    deps.written(records);
    try {
      if (log.size() > mostUnsyncedBytes) emptyNow();
      else if (behind() > mostBehind || (log.size() > mostLogBytes && emptying === null)) storeAll();
    } catch (error) {
      fail(deps.explain(describeDatabaseError(error)));
    }
  };

  const flush = (): void => {
    flushTimer = null;
    if (fault !== null || later.length === 0) return;
    enqueueLater();
    write();
  };

  return {
    append(draft) {
      refuse();
      enqueueLater();
      refuse();
      try {
        enqueue(draft, present());
      } finally {
        write();
      }
      refuse();
    },
    appendAll(drafts) {
      refuse();
      const before = { seq, hash, bytes: lines.length() };
      const at = present();
      try {
        for (const draft of drafts) enqueue(draft, at);
      } catch (error) {
        // One that cannot be written down takes back those before it: nobody acts on them now.
        ({ seq, hash } = before);
        queue = [];
        lines.cutBack(before.bytes);
        throw error;
      }
      write();
      refuse();
    },
    appendSoon(draft) {
      refuse();
      later.push(draft);
      if (later.length >= mostQueued) flush();
      // Left standing when an append takes its records along: to stop and start it for every call would cost more than it does.
      else flushTimer ??= setTimeout(flush, flushMs);
    },
    head: () => ({ seq, hash }),
    async settle() {
      while (store(settleSlice) > 0) await new Promise((resolve) => setImmediate(resolve));
    },
    fault: () => fault,
    fail,
    async close() {
      flush();
      stopTimers();
      storeAll();
      const whole = fault === null && behind() === 0;
      fault ??= "The journal is closed.";
      await emptying;
      if (!whole || storedBytes === 0) return;
      try {
        await wal.sync();
        if (filesAreOurs()) log.empty();
      } catch {
        // The next start finds in the log what is in the database too.
      }
    },
  };
}
