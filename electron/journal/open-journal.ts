// The journal of the running app: what architecture.md calls the writer, opened so that it can be trusted. Before the first record
// is appended, the end of the chain and the anchor are checked; a journal that fails either is opened for reading only, and every call
// is refused until a person has looked (fail closed, threat 33).
import type { JournalPage, JournalQuery, JournalRecord } from "../../shared/model/journal-entry.ts";
import type { AnchorReading } from "./anchor.ts";
import { createAnchorKeeper, disagreement, readAnchor } from "./anchor.ts";
import { createCallCounter } from "./call-counter.ts";
import type { ChainHead } from "./chain.ts";
import type { JournalDatabase } from "./database.ts";
import { describeDatabaseError, openForAppending, openForReading } from "./database.ts";
import type { AnchorStore, Journal } from "./journal.ts";
import { JournalUnavailable } from "./journal.ts";
import { findLostCalls } from "./lost-calls.ts";
import { verifyJournalFile } from "./reader.ts";
import type { JournalSearch } from "./search.ts";
import { createSearch } from "./search.ts";
import { hashAt, inspectTail } from "./verify.ts";
import type { Written } from "./writer.ts";
import { createWriter, writtenRecord } from "./writer.ts";

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

/**
 * Opens the journal, creates it if there is none, and ends the calls that an earlier process left open as `lost`. Never rejects: a
 * journal that cannot be used says so in `fault()`, refuses every append, and reads what it can.
 */
export async function openJournal(deps: OpenJournalDeps): Promise<Journal> {
  const onError = (error: unknown): void => deps.onError?.(error);
  const now = (): number => deps.now();
  let database: JournalDatabase;
  let search: JournalSearch;
  let head: ChainHead;
  let reading: AnchorReading;
  try {
    database = openForAppending(deps.file);
  } catch (error) {
    return createFaultyJournal(deps, wayOut(`The journal cannot be opened: ${describeDatabaseError(error)}.`), null);
  }
  try {
    const tail = inspectTail(database, tailChecked);
    head = tail.head;
    search = createSearch(database);
    if (tail.wrong !== null) {
      return createFaultyJournal(deps, wayOut(`The journal is damaged at record ${tail.wrong.seq}: ${tail.wrong.reason}.`), database);
    }
    reading = await readAnchor(deps.anchor, anchorAtStartMs);
    const wrong = disagreement(reading, head.seq, (seq) => hashAt(database, seq), deps.anchor.kind);
    if (wrong !== null)
      return createFaultyJournal(deps, wayOut(`The journal is not the one that was last written: ${wrong.reason}.`), database);
    if (reading.kind === "unknown") onError(reading.error);
    while (search.index(indexAtOnce) > 0) await new Promise((resolve) => setImmediate(resolve));
  } catch (error) {
    return createFaultyJournal(deps, wayOut(`The journal cannot be used: ${describeDatabaseError(error)}.`), database);
  }

  const listeners = createListeners(onError);
  const counter = createCallCounter(search, now);
  const keeper = createAnchorKeeper({
    store: deps.anchor,
    file: deps.file,
    now,
    anchored: reading.kind === "anchor" ? reading.anchor.seq : 0,
    unchecked:
      reading.kind === "unknown"
        ? (late) => {
            const wrong = disagreement(late, writer.head().seq, (seq) => hashAt(database, seq), deps.anchor.kind);
            if (wrong !== null) writer.fail(wayOut(`The journal is not the one that was last written: ${wrong.reason}.`));
            return wrong === null;
          }
        : null,
    onError,
  });
  const writer = createWriter({
    file: deps.file,
    database,
    search,
    head,
    now,
    written(records) {
      const last = records.at(-1);
      if (last !== undefined) keeper.written({ seq: last.seq, hash: last.hash });
      counter.count(records);
      listeners.appended(records);
    },
    faulted: (reason) => listeners.faulted(reason),
    explain: (reason) => wayOut(`The journal cannot be written: ${reason}.`),
  });

  for (const draft of findLostCalls(database)) {
    try {
      writer.appendSoon(draft);
    } catch (error) {
      if (!(error instanceof JournalUnavailable)) throw error;
    }
  }

  let closing: Promise<void> | null = null;
  const close = async (): Promise<void> => {
    writer.close();
    listeners.flush();
    await keeper.close(anchorAtCloseMs);
    try {
      database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
    } catch (error) {
      onError(error);
    }
    database.close();
  };

  return {
    append: (draft) => writer.append(draft),
    appendSoon: (draft) => writer.appendSoon(draft),
    fault: () => writer.fault(),
    records: () => writer.head().seq,
    callsToday: () => counter.today(),
    page: (query) => search.page(query),
    verify: () => verifyJournalFile(deps.file, deps.anchor),
    onAppended: (listener) => listeners.onAppended(listener),
    onFault: (listener) => listeners.onFault(listener),
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
    search = createSearch(database);
    records = inspectTail(database, 0).head.seq;
  } catch {
    // The reason is in the fault already; there is nothing to read.
  }
  const refuse = (): never => {
    throw new JournalUnavailable(reason);
  };
  return {
    append: refuse,
    appendSoon: refuse,
    fault: () => reason,
    records: () => records,
    callsToday: () => counts,
    page(query: JournalQuery): JournalPage {
      try {
        return search?.page(query) ?? { records: [], more: false };
      } catch {
        return { records: [], more: false };
      }
    },
    verify: () => verifyJournalFile(deps.file, deps.anchor),
    onAppended: () => () => undefined,
    onFault: () => () => undefined,
    close(): Promise<void> {
      database?.close();
      database = null;
      return Promise.resolve();
    },
  };
}

interface Listeners {
  appended(records: readonly Written[]): void;
  faulted(reason: string): void;
  /** Delivers what waits for its tick. */
  flush(): void;
  onAppended(listener: (records: readonly JournalRecord[]) => void): () => void;
  onFault(listener: (reason: string) => void): () => void;
}

function createListeners(onError: (error: unknown) => void): Listeners {
  const onAppended = new Set<(records: readonly JournalRecord[]) => void>();
  const onFault = new Set<(reason: string) => void>();
  let waiting: JournalRecord[] = [];
  let planned: NodeJS.Immediate | null = null;

  const tell = <T>(listeners: ReadonlySet<(value: T) => void>, value: T): void => {
    for (const listener of listeners) {
      try {
        listener(value);
      } catch (error) {
        onError(error);
      }
    }
  };
  const flush = (): void => {
    if (planned !== null) clearImmediate(planned);
    planned = null;
    const records = waiting;
    waiting = [];
    if (records.length > 0) tell(onAppended, records);
  };
  const subscribe = <T>(listeners: Set<T>, listener: T): (() => void) => {
    listeners.add(listener);
    return () => {
      listeners.delete(listener);
    };
  };

  return {
    appended(records) {
      if (onAppended.size === 0) return;
      for (const record of records) waiting.push(writtenRecord(record));
      planned ??= setImmediate(flush);
    },
    faulted: (reason) => tell(onFault, reason),
    flush,
    onAppended: (listener) => subscribe(onAppended, listener),
    onFault: (listener) => subscribe(onFault, listener),
  };
}

function wayOut(what: string): string {
  return `${what} No call is let through. "portcullis journal verify" says what is wrong.`;
}
