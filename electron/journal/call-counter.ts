import type { JournalSearch } from "./search.ts";
import type { Written } from "./writer.ts";

/** Calls of the local day, by server: read once, counted from then on, begun anew at midnight. */
export interface CallCounter {
  /** Of records that are in the database already. */
  count(records: readonly Written[]): void;
  today(): ReadonlyMap<string, number>;
}

export function createCallCounter(search: Pick<JournalSearch, "countCalls">, now: () => number): CallCounter {
  let day = dayOf(now());
  let counts = search.countCalls(day.from);
  const isToday = (at: number): boolean => at >= day.from && at < day.to;
  // A clock that was set back makes an earlier day today again: that one is read from the journal.
  const turn = (at: number): void => {
    day = dayOf(at);
    counts = search.countCalls(day.from);
  };
  return {
    count(records) {
      for (const { draft, at } of records) {
        if (!isToday(at)) {
          turn(now());
          return;
        }
        if (draft.server === undefined || (draft.kind !== "call-dispatched" && draft.kind !== "call-denied")) continue;
        counts.set(draft.server, (counts.get(draft.server) ?? 0) + 1);
      }
    },
    today() {
      if (!isToday(now())) turn(now());
      return new Map(counts);
    },
  };
}

function dayOf(at: number): { readonly from: number; readonly to: number } {
  const from = new Date(at);
  from.setHours(0, 0, 0, 0);
  const to = new Date(from);
  to.setDate(to.getDate() + 1);
  return { from: from.getTime(), to: to.getTime() };
}
