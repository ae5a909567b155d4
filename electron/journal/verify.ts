// Verification reads the files as they are on disk, record by record, and believes nothing but the chain and the anchor: hash, number, the
// copies that are searched by, the indexes over them, tables and triggers, and the log's lines behind them. It names the first record that is wrong.
import type { JournalVerdict } from "../../shared/model/journal-entry.ts";
import type { AnchorReading } from "./anchor.ts";
import { disagreement } from "./anchor.ts";
import type { ChainHead, JournalRow } from "./chain.ts";
import { genesisHash } from "./chain.ts";
import type { JournalDatabase } from "./database.ts";
import { checkFormat, describeDatabaseError } from "./database.ts";
import { examine, hashAt } from "./examine.ts";
import type { Finding } from "./examine.ts";
import { followLog } from "./follow-log.ts";
import { NoAnchorStore } from "./journal.ts";
import type { LogRows } from "./log-file.ts";
import { searchColumns } from "./search.ts";

interface SearchCopy {
  readonly same: number;
  readonly found: number;
}

const sliceMs = 8;

const nextRow = "SELECT seq, body, hash FROM records WHERE seq > ? ORDER BY seq LIMIT 1";

// Whether the copy says what the record says, and whether each index leads to it.
const copyOf = `
  SELECT (${[...searchColumns].map(([column, source]) => `s.${column} IS (r.${source})`).join(" AND ")}) AS same,
    (EXISTS (SELECT 1 FROM search i INDEXED BY search_at WHERE i.at = s.at AND i.seq = s.seq)
      AND EXISTS (SELECT 1 FROM search i INDEXED BY search_kind WHERE i.kind = s.kind AND i.seq = s.seq)
      AND (s.call IS NULL OR EXISTS (SELECT 1 FROM search i INDEXED BY search_call WHERE i.call = s.call AND i.seq = s.seq))
      AND (s.server IS NULL OR EXISTS (SELECT 1 FROM search i INDEXED BY search_server WHERE i.server = s.server AND i.seq = s.seq))
    ) AS found
  FROM records r JOIN search s ON s.seq = r.seq WHERE r.seq = ?`;

/** Checks rows one after the other; each call of `check` looks at the next. */
interface Walk {
  readonly at: ChainHead;
  check(): Finding | "end" | null;
}

/**
 * The verdict over the whole chain up to the record that is newest now. Gives the event loop a turn every few milliseconds. Never throws:
 * what cannot be read is a verdict.
 *
 * @param log read before this is called, so that what leaves it meanwhile is found in the database
 */
export async function verifyJournal(
  database: JournalDatabase,
  log: LogRows,
  reading: AnchorReading,
  kind: string,
): Promise<JournalVerdict> {
  try {
    checkFormat(database);
    const head = readHead(database);
    const walk = startWalk(database, { seq: 0, hash: genesisHash });
    let sliceEnd = performance.now() + sliceMs;
    // The chain first, to its end: a cut-off tail is the last thing that can be wrong.
    while (walk.at.seq < head) {
      const finding = walk.check();
      if (finding === "end") break;
      if (finding !== null) return { kind: "bad", ...finding };
      if (reading.kind === "anchor" && walk.at.seq === reading.anchor.seq) {
        const wrong = disagreement(reading, head, () => walk.at.hash, kind);
        if (wrong !== null) return { kind: "bad", ...wrong };
      }
      if (performance.now() < sliceEnd) continue;
      await new Promise((resolve) => setImmediate(resolve));
      sliceEnd = performance.now() + sliceMs;
    }
    const end = followLog(log, database, walk.at);
    if (end.wrong !== null) return { kind: "bad", ...end.wrong };
    if (reading.kind === "malformed" || (reading.kind === "anchor" && reading.anchor.seq > walk.at.seq)) {
      const hashInLog = (seq: number): string | null => end.rows.find((row) => row.seq === seq)?.hash ?? null;
      const wrong = disagreement(reading, end.head.seq, hashInLog, kind);
      if (wrong !== null) return reading.kind === "malformed" ? { kind: "unreadable", reason: wrong.reason } : { kind: "bad", ...wrong };
    }
    const stray = straySearch(database);
    if (stray !== null) return { kind: "bad", ...stray };
    if (reading.kind === "unknown" && !(reading.error instanceof NoAnchorStore)) {
      const reason = reading.error instanceof Error ? reading.error.message : "it could not be asked";
      return { kind: "unchecked", records: end.head.seq, head: end.head.hash, anchor: kind === "none" ? "vault" : kind, reason };
    }
    const anchored = reading.kind === "anchor";
    return {
      kind: "intact",
      records: end.head.seq,
      head: end.head.hash,
      anchoredAt: anchored ? reading.anchor.at : null,
      anchor: anchored ? kind : "none",
    };
  } catch (error) {
    return { kind: "unreadable", reason: describeDatabaseError(error) };
  }
}

/** The end of the chain, and what is wrong with the last `count` records, if anything. @throws the database's error */
export function inspectTail(database: JournalDatabase, count: number): { readonly head: ChainHead; readonly wrong: Finding | null } {
  const newest = readHead(database);
  const from = Math.max(0, newest - count);
  const before = from === 0 ? genesisHash : hashAt(database, from);
  if (before === null) return { head: { seq: newest, hash: "" }, wrong: { seq: from, reason: "it is missing" } };
  const walk = startWalk(database, { seq: from, hash: before });
  while (walk.at.seq < newest) {
    const finding = walk.check();
    if (finding === "end") break;
    if (finding !== null) return { head: walk.at, wrong: finding };
  }
  return { head: walk.at, wrong: null };
}

/**
 * Rows of the search table that no record can have: beyond the chain's end, where records still to come would never be copied and filters
 * would not find them, and before its beginning, where they would speak for calls that did something else.
 */
export function straySearch(database: JournalDatabase): Finding | null {
  const { head, copied, lowest } = database
    .prepare(
      "SELECT (SELECT ifnull(max(seq), 0) FROM records) AS head, (SELECT ifnull(max(seq), 0) FROM search) AS copied, " +
        "(SELECT ifnull(min(seq), 1) FROM search) AS lowest",
    )
    .get() as { head: number; copied: number; lowest: number };
  if (lowest < 1) return { seq: lowest, reason: "the search table knows it, and no record has such a number" };
  return copied > head ? { seq: head + 1, reason: "the search table knows it, the chain does not" } : null;
}

function readHead(database: JournalDatabase): number {
  return (database.prepare("SELECT ifnull(max(seq), 0) AS seq FROM records").get() as { seq: number }).seq;
}

function startWalk(database: JournalDatabase, from: ChainHead): Walk {
  const next = database.prepare(nextRow);
  const copy = database.prepare(copyOf);
  const indexed = (database.prepare("SELECT ifnull(max(seq), 0) AS seq FROM search").get() as { seq: number }).seq;
  // The first step also sees numbers below 1, which only an inserted record has.
  let after = from.seq === 0 ? -Number.MAX_SAFE_INTEGER : from.seq;
  let at = from;
  return {
    get at() {
      return at;
    },
    check() {
      try {
        const row = next.get([after]) as JournalRow | undefined;
        if (row === undefined) return "end";
        const reason = examine(row, at) ?? (row.seq > indexed ? null : examineCopy(copy.get([row.seq]) as SearchCopy | undefined));
        if (reason !== null) return { seq: Math.min(row.seq, at.seq + 1), reason };
        at = { seq: row.seq, hash: row.hash };
        after = row.seq;
        return null;
      } catch (error) {
        return { seq: at.seq + 1, reason: `it cannot be read: ${describeDatabaseError(error)}` };
      }
    },
  };
}

function examineCopy(copy: SearchCopy | undefined): string | null {
  if (copy === undefined) return "it was taken out of the search table";
  if (copy.same !== 1) return "its copy in the search table was changed";
  return copy.found === 1 ? null : "it was taken out of a search index";
}
