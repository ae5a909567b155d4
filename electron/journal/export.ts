// The journal as a file for other programs. JSONL: one record a line in canonical JSON, so that the chain can be computed again from
// the lines alone; what a terminal would act on is escaped, which JSON undoes. CSV: opened in spreadsheets, so no cell starts a formula.
import type { JournalRecord } from "../../shared/model/journal-entry.ts";
import { canonical } from "../../shared/policy/canonical.ts";
import { reveal } from "../../shared/text/reveal.ts";

export type ExportFormat = "jsonl" | "csv";

const columns = [
  "seq",
  "time",
  "kind",
  "call",
  "client",
  "server",
  "tool",
  "decision",
  "by",
  "outcome",
  "durationMs",
  "detail",
  "hash",
] as const;

/** Records as text that ends with a line end; a CSV begins with its header line. */
export function exportRecords(format: ExportFormat, records: readonly JournalRecord[]): string {
  return exportHeader(format) + exportLines(format, records);
}

/** What a file of this format begins with. */
export function exportHeader(format: ExportFormat): string {
  return format === "csv" ? `${columns.join(",")}\r\n` : "";
}

/** The lines of these records, each ended. */
export function exportLines(format: ExportFormat, records: readonly JournalRecord[]): string {
  return records.map(format === "csv" ? csvLine : jsonLine).join("");
}

function jsonLine(record: JournalRecord): string {
  return `${canonical(record).replaceAll(unprintable, escapeUnits)}\n`;
}

// DEL, C1, and every format, separator or unassigned character beyond ASCII: bidi, zero-width, tags, U+2028.
const unprintable = /[\u007f-\u00a0\p{Cf}\p{Zl}\p{Zp}\p{Cn}\p{Co}]/gu;

function escapeUnits(character: string): string {
  let escaped = "";
  for (let index = 0; index < character.length; index += 1) {
    escaped += `\\u${character.charCodeAt(index).toString(16).padStart(4, "0")}`;
  }
  return escaped;
}

function csvLine(record: JournalRecord): string {
  const time = Number.isFinite(new Date(record.at).getTime()) ? new Date(record.at).toISOString() : String(record.at);
  const detail = record.detail === undefined ? undefined : canonical(record.detail);
  const cells = [
    String(record.seq),
    time,
    record.kind,
    record.call,
    record.client,
    record.server,
    record.tool,
    record.decision,
    record.by,
    record.outcome,
    record.durationMs === undefined ? undefined : String(record.durationMs),
    detail,
    record.hash,
  ];
  return `${cells.map(csvCell).join(",")}\r\n`;
}

// RFC 4180 quoting. A text that a spreadsheet could take for a formula, also after blanks or in full-width signs, gets an apostrophe
// (OWASP, CSV injection); a line break or tab inside a cell starts nothing because every such cell is quoted.
function csvCell(text: string | undefined): string {
  if (text === undefined) return "";
  const shown = reveal(text);
  const safe = /^[\s"']*[=+\-@|%\uff1d\uff0b\uff0d\uff20]|^[\t\r\n]/u.test(shown) ? `'${shown}` : shown;
  return /[",\r\n\t;]|^[\s']|\s$/u.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
