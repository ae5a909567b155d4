import type {
  JournalDraft,
  JournalPage,
  JournalQuery,
  JournalRecord,
  JournalVerdict,
  LaterDraft,
} from "../../shared/model/journal-entry.ts";

/** Thrown by `append` once the journal cannot be written. It is latched: every later append throws the same. */
export class JournalUnavailable extends Error {
  override readonly name = "JournalUnavailable";
}

/**
 * What happened: append-only, hash-chained, fail closed. `append` returns only when the record is in the journal's log (it survives
 * kill -9 of this process from then on); `appendSoon` is for records that nothing waits for (a call's end): they are written
 * together with the next `append`, or within a few milliseconds, in their order.
 */
export interface Journal {
  /** @throws JournalUnavailable */
  append(draft: JournalDraft): void;
  /**
   * The same for several records at once: all are in the journal when it returns, none when it throws. For what must not wait: records
   * of `appendSoon` that were given before may come after these.
   *
   * @throws JournalUnavailable
   */
  appendAll(drafts: readonly JournalDraft[]): void;
  /** @throws JournalUnavailable if an earlier write failed */
  appendSoon(draft: LaterDraft): void;
  /** Null while it can be written; otherwise the reason, for the person. */
  fault(): string | null;
  /** The number of the newest record; those of `appendSoon` count once they are written. */
  records(): number;
  /** Calls of the local day so far, by server: dispatched and denied. */
  callsToday(): ReadonlyMap<string, number>;
  /** Newest first. A long search leaves the event loop free between its turns; nothing is found any more once the journal is closed. Never rejects for a journal with a fault. */
  page(query: JournalQuery): Promise<JournalPage>;
  /**
   * Verifies the whole chain and the anchor without blocking the event loop for long. What turns out bad is a fault from then on: a
   * journal that is known to be changed must not go on as if it were not.
   */
  verify(): Promise<JournalVerdict>;
  /** Called with the records just written, in batches of one tick at most. Returns the unsubscribe. */
  onAppended(listener: (records: readonly JournalRecord[]) => void): () => void;
  onFault(listener: (reason: string) => void): () => void;
  /**
   * The store of the anchor can be asked now. Where it could not be at the start, the journal is held to it, and to be another than the
   * one that was last written is a fault. Returns at once.
   */
  compareAnchor(): void;
  /**
   * The anchor is not written any more, which a fault does by itself; when it resolves, no write of it is under way. To be waited for
   * before the journal is put aside: the new one's anchor would be written over.
   */
  leaveAnchor(): Promise<void>;
  /** Writes what is queued, anchors the head, closes the database. Bounded by 5 s. */
  close(): Promise<void>;
}

/** What a store's `read` rejects with where there is no store at all, so that none can hold a head. */
export class NoAnchorStore extends Error {
  override readonly name = "NoAnchorStore";
}

/** Where the head of the chain is kept outside the database: the vault, in the app. */
export interface AnchorStore {
  /** The JSON text that was last stored, or null; rejects when the store cannot be asked, with NoAnchorStore where there is none. */
  read(): Promise<string | null>;
  write(text: string): Promise<void>;
  /** For the verdict: "keychain", "encrypted file", "none". */
  readonly kind: string;
}
