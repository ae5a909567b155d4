// Finding records. The chain's table has no index; `search` holds copies of what is searched by, filled in batches behind the chain. What
// it does not have yet is read from the chain itself, and the chain's end from the log in front of the database, so a query never misses
// a record and the command line can ask while the app writes. Every hit is checked against the record itself: a forged copy can hide a record (verify names it) but never invent one.
import type { JournalPage, JournalQuery, JournalRecord } from "../../shared/model/journal-entry.ts";
import { parseRecord } from "./chain.ts";
import type { JournalRow } from "./chain.ts";
import type { JournalDatabase } from "./database.ts";
import type { InPieces } from "./in-turns.ts";
import { createTurn } from "./in-turns.ts";
import { logPath, newestInLog, readLog } from "./log-file.ts";

/** The condition of a query; paging is separate. */
export type JournalFilter = Partial<Omit<JournalQuery, "before" | "limit">>;

export interface JournalSearch {
  /** Newest first. In pieces, because what is found nowhere is looked for everywhere. */
  page(query: JournalQuery): InPieces<JournalPage>;
  /** Oldest first, in chunks, without end to the number of records. */
  oldestFirst(filter: JournalFilter): Generator<readonly JournalRecord[], void>;
  /** Calls dispatched and denied at `since` (ms) or later, by server. */
  countCalls(since: number): Map<string, number>;
  /** The number of the newest record in `search`. */
  indexed(): number;
  /** Copies at most `limit` records more into `search`, in one transaction. Only on a journal open for appending. @throws the database's error */
  index(limit: number): number;
}

interface Condition {
  readonly sql: string;
  readonly values: readonly (string | number)[];
}

const chunk = 256;
/** Records that a query looks at in one step: doubled while that is quick, halved where it is slow. */
const firstStep = 1024;
const leastStep = 16;
const quickMs = 1;
const slowMs = 4;
const callKinds = new Set(["call-dispatched", "call-denied"]);

/** Where each column of `search` comes from: SQLite reads the body itself, which is three times as fast as handing the values in. */
export const searchColumns: ReadonlyMap<string, string> = new Map(
  ["at", "kind", "call", "client", "server", "tool", "decision"].map((column) => [column, `body ->> '${column}'`]),
);

// SQLite's texts end at NUL and hold no half of a surrogate pair: such a value is looked for in the record only.
const unstorable = /[\0\p{Surrogate}]/u;

/** Whether a record is what a query asks for. Text is looked for in values, not in the names of fields, ignoring case. */
export function matchesFilter(record: JournalRecord, filter: JournalFilter): boolean {
  if (filter.kinds !== undefined && !filter.kinds.includes(record.kind)) return false;
  if (filter.client !== undefined && filter.client !== record.client) return false;
  if (filter.server !== undefined && filter.server !== record.server) return false;
  if (filter.tool !== undefined && filter.tool !== record.tool) return false;
  if (filter.decision !== undefined && filter.decision !== record.decision) return false;
  if (filter.call !== undefined && filter.call !== record.call) return false;
  if (filter.calls !== undefined && (record.call === undefined || !filter.calls.includes(record.call))) return false;
  if (filter.since !== undefined && record.at < filter.since) return false;
  if (filter.text === undefined || filter.text === "") return true;
  const { seq: _seq, at: _at, hash: _hash, ...searched } = record;
  return holdsText(searched, filter.text.toLowerCase(), true);
}

function holdsText(value: unknown, needle: string, top: boolean): boolean {
  if (typeof value === "string") return value.toLowerCase().includes(needle);
  if (Array.isArray(value)) return value.some((item) => holdsText(item, needle, false));
  if (typeof value === "object" && value !== null) {
    return Object.entries(value).some(([key, member]) => (!top && key.toLowerCase().includes(needle)) || holdsText(member, needle, false));
  }
  return typeof value === "number" || typeof value === "boolean" ? String(value).includes(needle) : false;
}

/** The records that are not in the database yet, or not long. */
export interface LogReader {
  all(): readonly JournalRow[];
  newestFirst(): Iterable<JournalRow>;
}

const noLog: LogReader = { all: () => [], newestFirst: () => [] };

/** The log of a journal's file. */
export function logReader(file: string): LogReader {
  return { all: () => readLog(logPath(file)).rows, newestFirst: () => newestInLog(logPath(file)) };
}

/** Reads through `database`, which stays its owner's, and the log in front of it. */
export function createSearch(database: JournalDatabase, log: LogReader = noLog): JournalSearch {
  const maxIndexed = database.prepare("SELECT max(seq) AS seq FROM search");
  const newestFrom = database.prepare("SELECT seq, body, hash FROM records WHERE seq < ? AND seq > ? ORDER BY seq DESC LIMIT ?");
  const oldestFrom = database.prepare("SELECT seq, body, hash FROM records WHERE seq > ? ORDER BY seq LIMIT ?");
  const firstSince = database.prepare("SELECT min(seq) AS seq FROM search WHERE at >= ?");

  const copy = database.prepare(
    `INSERT INTO search (seq, ${[...searchColumns.keys()].join(", ")}) SELECT seq, ${[...searchColumns.values()].join(", ")} FROM records WHERE seq > ? ORDER BY seq LIMIT ?`,
  );

  const indexed = (): number => (maxIndexed.get() as { seq: number | null }).seq ?? 0;

  const condition = (filter: JournalFilter): Condition => {
    const parts: string[] = [];
    const values: (string | number)[] = [];
    // One column drives, each of its values being in order of seq; "+" keeps the others from being chosen, which would sort everything.
    let driven = false;
    const equals = (column: string, value: string | undefined, indexedColumn: boolean): void => {
      if (value === undefined || unstorable.test(value)) return;
      parts.push(`${indexedColumn && !driven ? "" : "+"}s.${column} = ?`);
      driven ||= indexedColumn;
      values.push(value);
    };
    equals("call", filter.call, true);
    const { calls } = filter;
    if (calls !== undefined && !driven && !calls.some((call) => unstorable.test(call))) {
      parts.push(`s.call IN (${calls.map(() => "?").join(",")})`);
      values.push(...calls);
      driven = true;
    }
    equals("server", filter.server, true);
    const kinds = filter.kinds;
    if (kinds?.length === 1) equals("kind", kinds[0], true);
    else if (kinds !== undefined) {
      parts.push(`+s.kind IN (${kinds.map(() => "?").join(",")})`);
      values.push(...kinds);
    }
    equals("client", filter.client, false);
    equals("tool", filter.tool, false);
    equals("decision", filter.decision, false);
    if (filter.since !== undefined) {
      const { seq } = firstSince.get([filter.since]) as { seq: number | null };
      parts.push("s.seq >= ?", "+s.at >= ?");
      values.push(seq ?? Number.MAX_SAFE_INTEGER, filter.since);
    }
    const like = filter.text === undefined ? null : bodyPattern(filter.text);
    if (like !== null) {
      parts.push("r.body LIKE ? ESCAPE '~'");
      values.push(like);
    }
    return { sql: parts.map((part) => ` AND ${part}`).join(""), values };
  };

  /** The record of a row, if it is what is asked for. */
  const matching = (filter: JournalFilter): ((row: JournalRow) => JournalRecord | null) => {
    const text = filter.text === undefined || unstorable.test(filter.text) ? "" : JSON.stringify(filter.text.toLowerCase()).slice(1, -1);
    return (row) => {
      // The body is JSON: what is not in its text is in none of its values, and to read those takes ten times as long.
      if (text !== "" && !row.body.toLowerCase().includes(text)) return null;
      const record = parseRecord(row.body, row.hash);
      return record !== null && matchesFilter(record, filter) ? record : null;
    };
  };

  return {
    indexed,
    *page(query) {
      const { before = Number.MAX_SAFE_INTEGER, limit, ...filter } = query;
      const match = matching(filter);
      const turn = createTurn();
      const records: JournalRecord[] = [];
      const filtered = Object.values(filter).some((value) => value !== undefined);
      const split = filtered ? indexed() : 0;
      const wanted = limit + 1;
      const pause = function* (): InPieces<void> {
        if (!turn.over()) return;
        yield;
        turn.begin();
      };
      /** Takes what matches, in turns. */
      const collect = function* (rows: Iterable<JournalRow>): InPieces<void> {
        for (const row of rows) {
          if (records.length >= wanted) return;
          const record = match(row);
          if (record !== null) records.push(record);
          yield* pause();
        }
      };

      let below = before;
      const newestOfLog = function* (): Generator<JournalRow> {
        for (const row of log.newestFirst()) {
          if (row.seq >= below) continue;
          below = row.seq;
          yield row;
        }
      };
      yield* collect(newestOfLog());
      const lowestInLog = below;
      while (records.length < wanted) {
        const rows = newestFrom.all([below, split, chunk]) as JournalRow[];
        yield* collect(rows);
        const last = rows.at(-1);
        if (last === undefined) break;
        below = last.seq;
      }
      if (filtered && records.length < wanted) {
        const { sql, values } = condition(filter);
        const statement = database.prepare(
          `SELECT s.seq AS seq, r.body AS body, r.hash AS hash FROM search s CROSS JOIN records r ON r.seq = s.seq WHERE s.seq < ? AND s.seq >= ?${sql} ORDER BY s.seq DESC LIMIT ?`,
        );
        below = Math.min(lowestInLog, split + 1);
        for (let step = firstStep; records.length < wanted && below > 1;) {
          const floor = Math.max(1, below - step);
          const started = performance.now();
          const rows = statement.all([below, floor, ...values, wanted]) as JournalRow[];
          const took = performance.now() - started;
          step = took < quickMs ? step * 2 : took > slowMs ? Math.max(leastStep, step / 2) : step;
          yield* collect(rows);
          // A step that finds nothing takes its time, too.
          yield* pause();
          below = rows.length < wanted ? floor : (rows.at(-1)?.seq ?? floor);
        }
      }
      return { records: records.slice(0, limit), more: records.length > limit };
    },
    *oldestFirst(filter) {
      const match = matching(filter);
      let after = 0;
      let gap = false;
      for (;;) {
        let rows = oldestFrom.all([after, chunk]) as JournalRow[];
        if (rows.length === 0) {
          rows = log.all().filter(({ seq }) => seq > after);
          // What left the log since the database was read is in the database by now; looked for once, because a gap may be a real one.
          if (rows[0]?.seq !== after + 1 && !gap) {
            gap = true;
            continue;
          }
          if (rows.length === 0) return;
        }
        gap = false;
        const records = rows.flatMap((row) => match(row) ?? []);
        if (records.length > 0) yield records;
        after = rows.at(-1)?.seq ?? after;
      }
    },
    countCalls(since) {
      const counts = new Map<string, number>();
      const waiting = log.all();
      const rows = database
        .prepare(
          "SELECT server, count(*) AS calls FROM search WHERE at >= ? AND +kind IN ('call-dispatched', 'call-denied') AND +server IS NOT NULL GROUP BY +server",
        )
        .all([since]) as { server: string; calls: number }[];
      for (const row of rows) counts.set(row.server, row.calls);
      let after = indexed();
      const count = (fresh: readonly JournalRow[]): void => {
        for (const row of fresh) {
          if (row.seq <= after) continue;
          after = row.seq;
          const record = parseRecord(row.body, row.hash);
          if (record?.server === undefined || record.at < since || !callKinds.has(record.kind)) continue;
          counts.set(record.server, (counts.get(record.server) ?? 0) + 1);
        }
      };
      for (;;) {
        const fresh = oldestFrom.all([after, chunk]) as JournalRow[];
        if (fresh.length === 0) break;
        count(fresh);
      }
      count(waiting);
      return counts;
    },
    index: (limit) => copy.run([indexed(), limit]).changes,
  };
}

/** Ends a failed transaction; SQLite may have ended it already. */
export function rollBack(database: JournalDatabase): void {
  try {
    if (database.inTransaction) database.exec("ROLLBACK");
  } catch {
    // Nothing of it was committed either way, and the caller reports the failure that led here.
  }
}

// The body is JSON: what is looked for is in it as JSON writes it. LIKE folds ASCII only, so a letter beyond it matches anything
// here and is compared properly by matchesFilter. So does an i and a k, to which letters beyond ASCII fold (U+0130, U+212A): whoever names a
// tool must not hide it from a search with one of these.
function bodyPattern(text: string): string | null {
  if (text === "") return null;
  const escaped = JSON.stringify(text.replace(/[^\u0000-\u007e]/gu, "\u007f")).slice(1, -1);
  return `%${escaped.replace(/[~%_]/g, "~$&").replace(/[ik]/gi, "_").replaceAll("\u007f", "%")}%`;
}
