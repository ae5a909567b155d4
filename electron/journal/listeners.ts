import type { JournalRecord } from "../../shared/model/journal-entry.ts";
import { parseRecord } from "./chain.ts";
import type { Written } from "./writer.ts";

/** Who wants to know: records in batches of one tick, a fault at once. A listener that throws is reported and harms nobody. */
export interface Listeners {
  appended(records: readonly Written[]): void;
  faulted(reason: string): void;
  /** Delivers what waits for its tick. */
  flush(): void;
  onAppended(listener: (records: readonly JournalRecord[]) => void): () => void;
  onFault(listener: (reason: string) => void): () => void;
}

export function createListeners(onError: (error: unknown) => void): Listeners {
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
      for (const { body, hash } of records) {
        const record = parseRecord(body, hash);
        if (record !== null) waiting.push(record);
      }
      planned ??= setImmediate(flush);
    },
    faulted: (reason) => tell(onFault, reason),
    flush,
    onAppended: (listener) => subscribe(onAppended, listener),
    onFault: (listener) => subscribe(onFault, listener),
  };
}
