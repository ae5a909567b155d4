import type { ChainHead, JournalRow } from "./chain.ts";
import type { JournalDatabase } from "./database.ts";
import type { Finding } from "./examine.ts";
import { examine, hashAt } from "./examine.ts";
import { createInsert } from "./insert-records.ts";
import { logPath, readLog } from "./log-file.ts";
import type { LogRows } from "./log-file.ts";
import { rollBack } from "./search.ts";

/** What a log adds to the chain in the database. */
export interface FollowedLog {
  /** The records beyond the database, up to the first that is wrong. */
  readonly rows: readonly JournalRow[];
  readonly head: ChainHead;
  readonly wrong: Finding | null;
}

/**
 * Holds the log's lines to the chain that ends at `head` in the database. Lines whose records are in the database already (the app was
 * killed before it emptied the log) must be the same there. @throws the database's error
 */
export function followLog(log: LogRows, database: JournalDatabase, head: ChainHead): FollowedLog {
  const rows: JournalRow[] = [];
  let at = head;
  for (const row of log.rows) {
    if (row.seq > 0 && row.seq <= head.seq) {
      if (hashAt(database, row.seq) === row.hash) continue;
      return { rows, head: at, wrong: { seq: row.seq, reason: "the log in front of the database says otherwise" } };
    }
    const reason = examine(row, at);
    if (reason !== null) return { rows, head: at, wrong: { seq: Math.min(row.seq, at.seq + 1), reason } };
    rows.push(row);
    at = { seq: row.seq, hash: row.hash };
  }
  const wrong = log.badLine === null ? null : { seq: at.seq + 1, reason: "its line in the log in front of the database is no record" };
  return { rows, head: at, wrong };
}

/** The same for the log of a journal's file, as it is now. @throws also the file system's error */
export function followLogOf(file: string, database: JournalDatabase, head: ChainHead): FollowedLog {
  return followLog(readLog(logPath(file)), database, head);
}

/** Brings followed records into the database, in one transaction. @throws the database's error; nothing is brought over then */
export function bringOver(rows: readonly JournalRow[], database: JournalDatabase): void {
  if (rows.length === 0) return;
  try {
    createInsert(database)(rows);
  } catch (error) {
    rollBack(database);
    throw error;
  }
}
