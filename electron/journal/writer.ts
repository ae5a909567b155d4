// Appending, fail closed. The first write that fails is the last one: the reason is latched, what was queued is given up, and every later
// append throws, so that no call passes unrecorded. Numbers and hashes are given in the order of the calls, whether a record is written
// at once or with the next one.
import fs from "node:fs";
import type { JournalDraft, JournalRecord } from "../../shared/model/journal-entry.ts";
import type { ChainHead } from "./chain.ts";
import { chainHash, recordBody } from "./chain.ts";
import type { JournalDatabase } from "./database.ts";
import { describeDatabaseError } from "./database.ts";
import { createInsert } from "./insert-records.ts";
import { JournalUnavailable } from "./journal.ts";
import type { JournalSearch } from "./search.ts";
import { rollBack } from "./search.ts";
import { createUpkeep } from "./upkeep.ts";

export interface Writer {
  append(draft: JournalDraft): void;
  /** All of them in one transaction, or none. */
  appendAll(drafts: readonly JournalDraft[]): void;
  appendSoon(draft: JournalDraft): void;
  /** The newest record, queued ones included. */
  head(): ChainHead;
  fault(): string | null;
  /** The first reason stays. */
  fail(reason: string): void;
  /** Writes what is queued and stops its timers; every later append is refused. */
  close(): void;
}

export interface WriterDeps {
  readonly file: string;
  readonly database: JournalDatabase;
  readonly search: JournalSearch;
  readonly head: ChainHead;
  readonly now: () => number;
  /** Called after the records are in the database, with the drafts they came from. */
  written(records: readonly Written[]): void;
  faulted(reason: string): void;
  /** Makes the fault for the person out of why a write failed. */
  explain(reason: string): string;
}

export interface Written {
  readonly draft: JournalDraft;
  readonly seq: number;
  readonly at: number;
  readonly hash: string;
}

interface Queued extends Written {
  readonly body: string;
}

const flushMs = 4;
const mostQueued = 256;
const fileCheckMs = 100;

/** What a record became, as readers will see it. */
export function writtenRecord({ draft, seq, at, hash }: Written): JournalRecord {
  return { ...draft, seq, at, hash };
}

export function createWriter(deps: WriterDeps): Writer {
  const { database, file, search } = deps;
  const insert = createInsert(database);
  const opened = fs.statSync(file, { bigint: true });

  let { seq, hash } = deps.head;
  let queue: Queued[] = [];
  let fault: string | null = null;
  let flushTimer: NodeJS.Timeout | null = null;
  let fileCheckedAt = -Infinity;
  const upkeep = createUpkeep({ database, search, failed: (reason) => fail(deps.explain(reason)) });

  const fail = (reason: string): void => {
    if (fault !== null) return;
    fault = reason;
    queue = [];
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

  // SQLite goes on writing into a file that has lost its name; those records would be gone with us.
  const fileIsStillThere = (): boolean => {
    const now = performance.now();
    if (now - fileCheckedAt < fileCheckMs) return true;
    fileCheckedAt = now;
    const found = fs.statSync(file, { bigint: true, throwIfNoEntry: false });
    return found !== undefined && found.ino === opened.ino && found.dev === opened.dev;
  };

  const enqueue = (draft: JournalDraft): void => {
    refuse();
    const at = Math.floor(deps.now());
    const body = recordBody(seq + 1, at, draft);
    seq += 1;
    hash = chainHash(hash, body);
    queue.push({ draft, seq, at, body, hash });
  };

  const write = (): void => {
    if (flushTimer !== null) clearTimeout(flushTimer);
    flushTimer = null;
    const records = queue;
    if (records.length === 0) return;
    queue = [];
    try {
      if (!fileIsStillThere()) {
        fail(deps.explain("its file was deleted or replaced while Portcullis was running"));
        return;
      }
      insert(records);
      let size = 0;
      for (const { body } of records) size += body.length;
      upkeep.written(records.at(-1)?.seq ?? seq, size);
      deps.written(records);
    } catch (error) {
      rollBack(database);
      fail(deps.explain(describeDatabaseError(error)));
    }
  };

  return {
    append(draft) {
      enqueue(draft);
      write();
      refuse();
    },
    appendAll(drafts) {
      const before = { seq, hash, queued: queue.length };
      try {
        for (const draft of drafts) enqueue(draft);
      } catch (error) {
        // One that cannot be written down takes back those before it: nobody acts on them now.
        if (fault === null) {
          ({ seq, hash } = before);
          queue.length = before.queued;
        }
        throw error;
      }
      write();
      refuse();
    },
    appendSoon(draft) {
      enqueue(draft);
      if (queue.length >= mostQueued) write();
      else flushTimer ??= setTimeout(write, flushMs);
    },
    head: () => ({ seq, hash }),
    fault: () => fault,
    fail,
    close() {
      write();
      stopTimers();
      fault ??= "The journal is closed.";
    },
  };
}
