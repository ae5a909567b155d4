// The hash chain (threat 33). A record's body is its canonical JSON; its hash covers the hash before it and that body, so that
// nothing can be edited, dropped, inserted or moved without every later hash changing. Who could recompute all of them is
// stopped by the anchor, which is kept outside the file.
import { hash } from "node:crypto";
import type { JournalDraft, JournalRecord } from "../../shared/model/journal-entry.ts";
import { callOutcomeSchema, journalKindSchema } from "../../shared/model/journal-entry.ts";
import { canonical, quoted } from "../../shared/policy/canonical.ts";

/** Characters of a hash. */
export const hashLength = 64;

/** The hash before the first record. */
export const genesisHash = "0".repeat(hashLength);

/** A record as it is stored. */
export interface JournalRow {
  readonly seq: number;
  readonly body: string;
  readonly hash: string;
}

/** The newest record of a chain; `seq` 0 with `genesisHash` is the empty chain. */
export interface ChainHead {
  readonly seq: number;
  readonly hash: string;
}

/**
 * `canonical({ seq, at, ...draft })`, written out member by member: it is on every call's path, and what a draft carries beyond
 * its type never reaches the file.
 *
 * @throws TypeError for a detail that JSON cannot hold.
 */
export function recordBody(seq: number, at: number, draft: JournalDraft): string {
  const { by, call, client, decision, detail, detailText, durationMs, kind, outcome, server, tool } = draft;
  // Short pieces are joined at once, because a sum of strings is put together twice; the detail, which may be long, is added to them.
  const before = ['{"at":', canonical(at)];
  if (by !== undefined) before.push(',"by":', quoted(by));
  if (call !== undefined) before.push(',"call":', quoted(call));
  if (client !== undefined) before.push(',"client":', quoted(client));
  if (decision !== undefined) before.push(',"decision":"', decision, '"');
  const text = detailText ?? (detail === undefined ? undefined : canonical(detail));
  if (text !== undefined) before.push(',"detail":');
  const after = durationMs === undefined ? [] : [',"durationMs":', canonical(durationMs)];
  after.push(',"kind":"', kind, '"');
  if (outcome !== undefined) after.push(',"outcome":"', outcome, '"');
  after.push(',"seq":', canonical(seq));
  if (server !== undefined) after.push(',"server":', quoted(server));
  if (tool !== undefined) after.push(',"tool":', quoted(tool));
  after.push("}");
  return before.join("") + (text ?? "") + after.join("");
}

/** SHA-256 (hex) of the hash before, a line feed, and the body. */
export function chainHash(previous: string, body: string): string {
  return hash("sha256", `${previous}\n${body}`, "hex");
}

/** The record that a body and its hash stand for; null when that is not a record (only a tampered file holds such a thing). */
export function parseRecord(body: string, hash: string): JournalRecord | null {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return null;
  }
  return isUnhashedRecord(value) ? { ...value, hash } : null;
}

const kinds: ReadonlySet<unknown> = new Set(journalKindSchema.options);
const outcomes: ReadonlySet<unknown> = new Set(callOutcomeSchema.options);

// What journalRecordSchema says, by hand: a search or a verification looks at every record, and zod takes ten times as long.
function isUnhashedRecord(value: unknown): value is Omit<JournalRecord, "hash"> {
  if (!isObject(value) || "hash" in value) return false;
  const { seq, at, kind, decision, outcome, durationMs, detail } = value;
  return (
    Number.isSafeInteger(seq) &&
    typeof at === "number" &&
    kinds.has(kind) &&
    (outcome === undefined || outcomes.has(outcome)) &&
    (decision === undefined || decision === "allow" || decision === "deny") &&
    (durationMs === undefined || typeof durationMs === "number") &&
    (detail === undefined || isObject(detail)) &&
    isText(value["call"]) &&
    isText(value["client"]) &&
    isText(value["server"]) &&
    isText(value["tool"]) &&
    isText(value["by"])
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isText(value: unknown): boolean {
  return value === undefined || typeof value === "string";
}
