// The hash chain (threat 33). A record's body is its canonical JSON; its hash covers the hash before it and that body, so that
// nothing can be edited, dropped, inserted or moved without every later hash changing. Who could recompute all of them is
// stopped by the anchor, which is kept outside the file.
import { hash } from "node:crypto";
import type { JournalDraft, JournalRecord } from "../../shared/model/journal-entry.ts";
import { journalRecordSchema } from "../../shared/model/journal-entry.ts";
import { canonical } from "../../shared/policy/canonical.ts";

/** The hash before the first record. */
export const genesisHash = "0".repeat(64);

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
  const { by, call, client, decision, detail, durationMs, kind, outcome, server, tool } = draft;
  let body = `{"at":${canonical(at)}`;
  if (by !== undefined) body += `,"by":${JSON.stringify(by)}`;
  if (call !== undefined) body += `,"call":${JSON.stringify(call)}`;
  if (client !== undefined) body += `,"client":${JSON.stringify(client)}`;
  if (decision !== undefined) body += `,"decision":${JSON.stringify(decision)}`;
  if (detail !== undefined) body += `,"detail":${canonical(detail)}`;
  if (durationMs !== undefined) body += `,"durationMs":${canonical(durationMs)}`;
  body += `,"kind":${JSON.stringify(kind)}`;
  if (outcome !== undefined) body += `,"outcome":${JSON.stringify(outcome)}`;
  body += `,"seq":${canonical(seq)}`;
  if (server !== undefined) body += `,"server":${JSON.stringify(server)}`;
  if (tool !== undefined) body += `,"tool":${JSON.stringify(tool)}`;
  return `${body}}`;
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
  if (typeof value !== "object" || value === null || "hash" in value) return null;
  const parsed = journalRecordSchema.safeParse({ ...value, hash });
  return parsed.success ? parsed.data : null;
}
