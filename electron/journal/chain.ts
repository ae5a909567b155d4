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

/** Makes a record's text out of its number, its time and its draft. @throws TypeError for a detail that JSON cannot hold. */
export type RecordBody = (seq: number, at: number, draft: JournalDraft) => string;

/**
 * `canonical({ seq, at, ...draft })`, written out member by member: it is on every call's path, and what a draft carries beyond
 * its type never reaches the file. For one writer: most of a record says the same as the one before, so that it is kept as it was written.
 */
export function createRecordBody(): RecordBody {
  let last: Repeated = {};
  let at = Number.NaN;
  // What stands before the call's id, and between what differs from record to record.
  let start = "";
  let beforeDetail = "";
  let beforeSeq = "";
  let end = "";
  return (seq, now, draft) => {
    const { by, call, client, decision, detail, detailText, durationMs, kind, outcome, server, tool } = draft;
    const other = differs(last, draft);
    if (other || now !== at) {
      start = `{"at":${numberText(now)}${member("by", by)}`;
      at = now;
    }
    if (other) {
      last = { by, client, decision, kind, outcome, server, tool };
      beforeDetail = member("client", client) + member("decision", decision);
      beforeSeq = `${member("kind", kind) + member("outcome", outcome)},"seq":`;
      end = `${member("server", server) + member("tool", tool)}}`;
    }
    const text = detailText ?? (detail === undefined ? undefined : canonical(detail));
    // Joined at once: a sum of strings is put together a second time when it is written.
    return [
      start,
      call === undefined ? "" : `,"call":${quoted(call)}`,
      beforeDetail,
      text === undefined ? "" : ',"detail":',
      text ?? "",
      durationMs === undefined ? "" : `,"durationMs":${numberText(durationMs)}`,
      beforeSeq,
      numberText(seq),
      end,
    ].join("");
  };
}

type RepeatedName = "by" | "client" | "decision" | "kind" | "outcome" | "server" | "tool";
type Repeated = { readonly [Name in RepeatedName]?: JournalDraft[Name] | undefined };

function differs(one: Repeated, other: Repeated): boolean {
  return (
    one.kind !== other.kind ||
    one.server !== other.server ||
    one.client !== other.client ||
    one.tool !== other.tool ||
    one.by !== other.by ||
    one.decision !== other.decision ||
    one.outcome !== other.outcome
  );
}

/** A member with a comma in front; nothing where it is absent. */
function member(name: string, value: string | undefined): string {
  return value === undefined ? "" : `,"${name}":${quoted(value)}`;
}

/** The text of one record alone. */
export const recordBody: RecordBody = (seq, at, draft) => createRecordBody()(seq, at, draft);

function numberText(value: number): string {
  return Number.isFinite(value) ? String(value) : canonical(value);
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
