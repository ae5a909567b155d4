import { canonical } from "../../shared/policy/canonical.ts";
import type { ChainHead, JournalRow } from "./chain.ts";
import { chainHash, parseRecord } from "./chain.ts";
import type { JournalDatabase } from "./database.ts";

/** The first record that is wrong, and why. */
export type Finding = { readonly seq: number; readonly reason: string };

/** Why a row is not the one that follows `before`, or null. */
export function examine(row: JournalRow, before: ChainHead): string | null {
  if (row.seq <= before.seq) return before.seq === 0 ? "it was inserted before the first record" : "it was inserted a second time";
  if (row.seq > before.seq + 1)
    return row.seq === before.seq + 2 ? "it is missing" : `records ${before.seq + 1} to ${row.seq - 1} are missing`;
  const record = parseRecord(row.body, row.hash);
  if (chainHash(before.hash, row.body) !== row.hash) {
    if (record !== null && record.seq !== row.seq) return `it holds record ${record.seq}: records were moved, inserted or left out`;
    return "its text, its hash or the hash before it was changed";
  }
  if (record === null || canonical({ ...record, hash: undefined }) !== row.body) return "it is not a record that Portcullis wrote";
  return record.seq === row.seq ? null : `it says that it is record ${record.seq}`;
}

/** The hash of one record, or null when there is none. @throws the database's error */
export function hashAt(database: JournalDatabase, seq: number): string | null {
  const row = database.prepare("SELECT hash FROM records WHERE seq = ?").get([seq]) as { hash: string } | undefined;
  return row?.hash ?? null;
}
