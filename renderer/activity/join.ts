import type { JournalKind, JournalRecord } from "../../shared/model/journal-entry.ts";
import { startOf } from "../ui/cut.ts";

/**
 * The journal as a person reads it: the records of one call (asked, sent, answered) are one row, at the place of the first that is
 * known. Rows are immutable; the newest comes first.
 */
export interface ActivityRow {
  /** The call's id, or the record's number. */
  readonly key: string;
  /** Number of its first known record: the row's place. */
  readonly seq: number;
  readonly at: number;
  readonly records: readonly JournalRecord[];
  readonly call: CallSummary | null;
}

export type CallState = "waiting" | "running" | "allowed" | "denied";

export interface CallSummary {
  readonly client: string;
  readonly server: string;
  readonly tool: string;
  readonly state: CallState;
  readonly by: string | null;
  readonly outcome: JournalRecord["outcome"] | null;
  readonly durationMs: number | null;
  readonly asked: boolean;
}

/** What belongs to a call's row. */
export const callKinds: ReadonlySet<JournalKind> = new Set<JournalKind>(["call-asked", "call-dispatched", "call-denied", "call-finished"]);

/** Adds records (in any order, known ones too) to rows that are there. */
export function joinRecords(rows: readonly ActivityRow[], records: readonly JournalRecord[]): readonly ActivityRow[] {
  const byKey = new Map(rows.map((row) => [row.key, row]));
  for (const record of records) {
    const key = callKinds.has(record.kind) && record.call !== undefined ? record.call : String(record.seq);
    const row = byKey.get(key);
    if (row?.records.some(({ seq }) => seq === record.seq) === true) continue;
    const all = [...(row?.records ?? []), record].sort((a, b) => a.seq - b.seq);
    byKey.set(key, rowOf(key, all));
  }
  return [...byKey.values()].sort((a, b) => b.seq - a.seq);
}

function rowOf(key: string, records: readonly JournalRecord[]): ActivityRow {
  const first = records[0];
  return { key, seq: first?.seq ?? 0, at: first?.at ?? 0, records, call: summaryOf(records) };
}

function summaryOf(records: readonly JournalRecord[]): CallSummary | null {
  const calls = records.filter(({ kind }) => callKinds.has(kind));
  const last = calls.at(-1);
  if (last === undefined) return null;
  const decided = calls.find(({ decision }) => decision !== undefined);
  const finished = calls.find(({ kind }) => kind === "call-finished");
  const denied = calls.find(({ kind }) => kind === "call-denied");
  return {
    client: last.client ?? "",
    server: last.server ?? "",
    tool: last.tool ?? "",
    state: denied !== undefined ? "denied" : finished !== undefined ? "allowed" : decided !== undefined ? "running" : "waiting",
    by: decided?.by ?? null,
    outcome: finished?.outcome ?? denied?.outcome ?? null,
    durationMs: finished?.durationMs ?? null,
    asked: calls.some(({ kind }) => kind === "call-asked"),
  };
}

const telling = [
  "path",
  "file",
  "file_path",
  "uri",
  "url",
  "command",
  "cmd",
  "sql",
  "query",
  "q",
  "repo",
  "title",
  "name",
  "pattern",
  "source",
];

/** The most telling argument for a row, on one line, at most so many characters; empty when there is none. */
export function subjectOf(row: ActivityRow, limit: number): string {
  for (const { detail } of row.records) {
    const given = detail?.["arguments"];
    if (typeof given !== "object" || given === null) continue;
    const entries = Object.entries(given as Record<string, unknown>);
    const chosen = telling
      .map((name) => entries.find(([key, value]) => key === name && typeof value === "string"))
      .find((entry) => entry !== undefined);
    const value = chosen?.[1] ?? entries.find(([, candidate]) => typeof candidate === "string")?.[1];
    if (typeof value === "string") return startOf(value, limit);
  }
  return "";
}

/** What a record that is no call is about: the names it carries. */
export function noteOf(record: JournalRecord, limit: number): string {
  const { detail = {} } = record;
  const names = [record.client, record.server, record.tool].filter((name) => name !== undefined);
  if (record.kind === "settings-changed")
    return startOf([...names, Object.keys(detail).join(", ")].filter((part) => part !== "").join(" · "), limit);
  const told = ["name", "secret", "version", "reason", "step", "field"]
    .map((key) => detail[key])
    .find((value) => typeof value === "string");
  return startOf([names.join(" → "), typeof told === "string" ? told : ""].filter((part) => part !== "").join(" · "), limit);
}
