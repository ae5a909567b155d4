import type { JournalPage, JournalQuery, JournalVerdict } from "../../shared/model/journal-entry.ts";
import type { AnchorReading } from "./anchor.ts";
import { readAnchor } from "./anchor.ts";
import type { JournalDatabase } from "./database.ts";
import { checkFormat, describeDatabaseError, openForReading } from "./database.ts";
import type { ExportFormat } from "./export.ts";
import { exportHeader, exportLines } from "./export.ts";
import type { AnchorStore } from "./journal.ts";
import { atOnce } from "./in-turns.ts";
import { logPath, readLog } from "./log-file.ts";
import type { JournalFilter } from "./search.ts";
import { createSearch, logReader } from "./search.ts";
import { verifyJournal } from "./verify.ts";

/** The journal without the app: read-only, also while the app writes to it. */
export interface JournalReader {
  page(query: JournalQuery): JournalPage;
  /** Without an anchor store the verdict's anchor is "none". Never rejects. */
  verify(anchor: AnchorStore | null): Promise<JournalVerdict>;
  /** The text of every record that the filter matches, oldest first, in pieces of a few hundred lines. */
  exportRecords(format: ExportFormat, filter: JournalFilter): Generator<string, void>;
  close(): void;
}

const anchorDeadlineMs = 10_000;

/** @throws an error that `describeDatabaseError` puts into words: no such file, not a journal, no permission */
export function openJournalReader(file: string): JournalReader {
  const database = openForReading(file);
  try {
    checkFormat(database);
  } catch (error) {
    database.close();
    throw error;
  }
  const search = createSearch(database, logReader(file));
  return {
    page: (query) => atOnce(search.page(query)),
    async verify(anchor) {
      const reading = anchor === null ? ({ kind: "none" } as const) : await readAnchor(anchor, anchorDeadlineMs);
      return await verifyWithLog(file, database, reading, anchor);
    },
    *exportRecords(format, filter) {
      yield exportHeader(format);
      for (const records of search.oldestFirst(filter)) yield exportLines(format, records);
    },
    close() {
      database.close();
    },
  };
}

/** The verdict on a file that may not even open: what `journal.verify` and `portcullis journal verify` answer. Never rejects. */
export async function verifyJournalFile(file: string, anchor: AnchorStore | null): Promise<JournalVerdict> {
  const reading = anchor === null ? ({ kind: "none" } as const) : await readAnchor(anchor, anchorDeadlineMs);
  let database;
  try {
    database = openForReading(file);
  } catch (error) {
    return { kind: "unreadable", reason: describeDatabaseError(error) };
  }
  try {
    return await verifyWithLog(file, database, reading, anchor);
  } finally {
    database.close();
  }
}

async function verifyWithLog(
  file: string,
  database: JournalDatabase,
  reading: AnchorReading,
  anchor: AnchorStore | null,
): Promise<JournalVerdict> {
  try {
    return await verifyJournal(database, readLog(logPath(file)), reading, anchor?.kind ?? "none");
  } catch (error) {
    return { kind: "unreadable", reason: describeDatabaseError(error) };
  }
}
