// The journal of the running app: what architecture.md calls the writer, opened so that it can be trusted. Before the first record
// is appended, what a killed process left in the log is brought over, and the end of the chain and the anchor are checked; a journal that
// fails any of it is opened for reading only, and every call is refused until a person has looked (fail closed, threat 33).
import type { JournalPage, JournalQuery } from "../../shared/model/journal-entry.ts";
import type { AnchorReading } from "./anchor.ts";
import { createAnchorKeeper, disagreement, readAnchor } from "./anchor.ts";
import { createCallCounter } from "./call-counter.ts";
import type { ChainHead } from "./chain.ts";
import type { JournalDatabase } from "./database.ts";
import { describeDatabaseError, openForAppending, openForReading } from "./database.ts";
import type { AnchorStore, Journal } from "./journal.ts";
import { JournalUnavailable } from "./journal.ts";
import { inTurns } from "./in-turns.ts";
import { createListeners } from "./listeners.ts";
import type { LogFile } from "./log-file.ts";
import { logPath, openLogFile } from "./log-file.ts";
import { hashAt } from "./examine.ts";
import { bringOver, followLogOf } from "./follow-log.ts";
import { findLostCalls } from "./lost-calls.ts";
import { verifyJournalFile } from "./reader.ts";
import type { JournalSearch } from "./search.ts";
import { createSearch, logReader } from "./search.ts";
import { inspectTail, straySearch } from "./verify.ts";
import type { WalFile } from "./wal-file.ts";
import { openWalFile } from "./wal-file.ts";
import { createWriter } from "./writer.ts";

export interface OpenJournalDeps {
  /** The database; its folder exists. */
  readonly file: string;
  readonly anchor: AnchorStore;
  now(): number;
  /** For the log: an anchor that could not be taken, a listener that threw. Nothing that stops the journal. */
  onError?: (error: unknown) => void;
}

const tailChecked = 64;
const anchorAtStartMs = 3_000;
const anchorAtCloseMs = 4_000;
const indexAtOnce = 2048;
const nothing: JournalPage = { records: [], more: false };

/**
 * Opens the journal, creates it if there is none, and ends the calls that an earlier process left open as `lost`. Never rejects: a
 * journal that cannot be used says so in `fault()`, refuses every append, and reads what it can.
 */
export async function openJournal(deps: OpenJournalDeps): Promise<Journal> {
  let database: JournalDatabase | null = null;
  try {
    database = openForAppending(deps.file);
    const head = await checkedHead(deps, database);
    if (typeof head === "string") return createFaultyJournal(deps, damaged(head), database);
    const search = createSearch(database, logReader(deps.file));
    while (search.index(indexAtOnce) > 0) await new Promise((resolve) => setImmediate(resolve));
    const log = openLogFile(logPath(deps.file));
    const wal = openWalFile(deps.file);
    // Whatever was in the log is in the database, and after this on the disk.
    await wal.sync();
    log.empty();
    // From here on a locked database is waited for between two calls (writer.ts), not in the middle of one.
    database.exec("PRAGMA busy_timeout = 0");
    return createWritableJournal(deps, { database, log, search, wal }, head);
  } catch (error) {
    return createFaultyJournal(deps, damaged(`The journal cannot be opened: ${describeDatabaseError(error)}.`), database);
  }
}

interface CheckedHead extends ChainHead {
  /** Not known while the anchor store cannot be asked. */
  readonly anchored: number | null;
}

/** Where the chain ends, or why it must not go on. @throws the database's error */
async function checkedHead(deps: OpenJournalDeps, database: JournalDatabase): Promise<CheckedHead | string> {
  const tail = inspectTail(database, tailChecked);
  const { rows, head, wrong } = tail.wrong === null ? followLogOf(deps.file, database, tail.head) : { ...tail, rows: [] };
  if (wrong !== null) return `The journal is damaged at record ${wrong.seq}: ${wrong.reason}.`;
  bringOver(rows, database);
  const reading = await readAnchor(deps.anchor, anchorAtStartMs);
  const contradiction = disagreement(reading, head.seq, (seq) => hashAt(database, seq), deps.anchor.kind);
  if (contradiction !== null) return notTheLast(contradiction.reason);
  const stray = straySearch(database);
  if (stray !== null) return `The journal is damaged at record ${stray.seq}: ${stray.reason}.`;
  if (reading.kind === "unknown") deps.onError?.(reading.error);
  return { ...head, anchored: reading.kind === "unknown" ? null : reading.kind === "anchor" ? reading.anchor.seq : 0 };
}

interface OpenedFiles {
  readonly database: JournalDatabase;
  readonly log: LogFile;
  readonly search: JournalSearch;
  readonly wal: WalFile;
}

function createWritableJournal(deps: OpenJournalDeps, { database, log, search, wal }: OpenedFiles, head: CheckedHead): Journal {
  const onError = (error: unknown): void => deps.onError?.(error);
  const now = (): number => deps.now();
  const listeners = createListeners(onError);
  const agrees = (reading: AnchorReading): boolean => {
    const wrong = disagreement(reading, writer.head().seq, (seq) => hashAt(database, seq), deps.anchor.kind);
    if (wrong !== null) writer.fail(damaged(notTheLast(wrong.reason)));
    return wrong === null;
  };
  const keeper = createAnchorKeeper({
    store: deps.anchor,
    sync: () => wal.sync(),
    now,
    anchored: head.anchored ?? 0,
    unchecked: head.anchored === null ? agrees : null,
    onError,
  });
  const writer = createWriter({
    file: deps.file,
    database,
    log,
    wal,
    search,
    head,
    now,
    written(records) {
      counter.count(records);
      listeners.appended(records);
    },
    // An anchor covers only what the database has: it is synced with the database's log (anchor.ts).
    stored: (last) => keeper.written(last),
    faulted(reason) {
      // Whoever looks into the fault may begin a new journal in this one's place: its anchor must not be written over.
      void keeper.stop();
      listeners.faulted(reason);
    },
    explain: (reason) =>
      `The journal cannot be written: ${reason}. No call is let through until Portcullis is started again; ` +
      `"portcullis journal verify" checks what was written.`,
  });

  const counter = createCallCounter(search, now);

  for (const draft of findLostCalls(database)) writer.appendSoon(draft);

  let closing: Promise<void> | null = null;
  const close = async (): Promise<void> => {
    await writer.close();
    listeners.flush();
    await keeper.close(anchorAtCloseMs);
    try {
      database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
    } catch (error) {
      onError(error);
    }
    log.close();
    wal.close();
    database.close();
  };

  return {
    append: (draft) => writer.append(draft),
    appendAll: (drafts) => writer.appendAll(drafts),
    appendSoon: (draft) => writer.appendSoon(draft),
    fault: () => writer.fault(),
    records: () => writer.head().seq,
    callsToday: () => counter.today(),
    page: async (query) => (await inTurns(search.page(query), () => closing !== null)) ?? nothing,
    async verify() {
      await writer.settle();
      const verdict = await verifyJournalFile(deps.file, deps.anchor);
      if (verdict.kind === "bad") writer.fail(damaged(`The journal is damaged at record ${verdict.seq}: ${verdict.reason}.`));
      return verdict;
    },
    onAppended: (listener) => listeners.onAppended(listener),
    onFault: (listener) => listeners.onFault(listener),
    compareAnchor: () => keeper.compare(),
    leaveAnchor: () => keeper.stop(),
    close: () => (closing ??= close()),
  };
}

// A journal that only refuses, and shows what can still be read.
function createFaultyJournal(deps: OpenJournalDeps, reason: string, opened: JournalDatabase | null): Journal {
  let database = opened;
  let search: JournalSearch | null = null;
  let records = 0;
  const counts = new Map<string, number>();
  try {
    database ??= openForReading(deps.file);
    search = createSearch(database, logReader(deps.file));
    records = followLogOf(deps.file, database, inspectTail(database, 0).head).head.seq;
  } catch {
    // The reason is in the fault already; there is nothing to read.
  }
  const refuse = (): never => {
    throw new JournalUnavailable(reason);
  };
  return {
    append: refuse,
    appendAll: refuse,
    appendSoon: refuse,
    fault: () => reason,
    records: () => records,
    callsToday: () => counts,
    async page(query: JournalQuery): Promise<JournalPage> {
      try {
        return (search === null ? null : await inTurns(search.page(query), () => database === null)) ?? nothing;
      } catch {
        return nothing;
      }
    },
    verify: () => verifyJournalFile(deps.file, deps.anchor),
    onAppended: () => () => undefined,
    onFault: () => () => undefined,
    compareAnchor: () => undefined,
    leaveAnchor: () => Promise.resolve(),
    close(): Promise<void> {
      database?.close();
      database = null;
      return Promise.resolve();
    },
  };
}

function notTheLast(reason: string): string {
  return `The journal is not the one that was last written: ${reason}.`;
}

function damaged(what: string): string {
  return `${what} No call is let through. "portcullis journal verify" says what is wrong; the old file can be put aside and a new journal begun.`;
}
