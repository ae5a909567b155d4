import { isUtf8 } from "node:buffer";
import type { CallOutcome, JournalDraft } from "../../shared/model/journal-entry.ts";
import type { ToolCall } from "../../shared/model/tool-call.ts";
import { canonicalJson, canonicalPlain, quoted, quotedAnswer } from "../../shared/policy/canonical.ts";
import type { Redactor } from "../../shared/text/redact.ts";
import { sha256 } from "./fingerprint.ts";

// What the journal keeps of a call: arguments whole up to 64 KiB, then their beginning, hash and size; of a result its size and
// beginning. Everything is redacted first and cut after, so that a cut cannot leave half a secret.

const wholeArguments = 64 * 1024;
const preview = 4 * 1024;

export type CallColumns = Pick<JournalDraft, "call" | "client" | "server" | "tool">;

export function columnsOf(call: ToolCall, redactor: Redactor): CallColumns {
  return { call: call.id, client: call.client, server: call.server, tool: redactor.name(call.tool) };
}

/**
 * `detail` of the records that open a call, in canonical JSON: `arguments`, or `argumentsStart` and `messageHash` (SHA-256 of the client's
 * message), and why.
 */
export function openingDetail(call: ToolCall, message: Uint8Array, redactor: Redactor, why: string, bytesHash?: string): string {
  const more = bytesHash === undefined ? "" : `,"bytesHash":"${bytesHash}"`;
  const cause = `,"why":${quoted(redactor.name(why))}}`;
  if (message.length <= wholeArguments) {
    return `{"arguments":${redactedArguments(call, message, redactor)},"bytes":${call.bytes}${more}${cause}`;
  }
  const start = JSON.stringify(beginning(redactor.bytes(message), 0, preview));
  return `{"argumentsStart":${start},"bytes":${call.bytes}${more},"messageHash":"${sha256(message)}"${cause}`;
}

/**
 * Where nothing is escaped every text of the arguments stands in the message as it is: a message without a secret needs no look at each.
 * Whether `bytes` changes the message would not tell: it leaves the protocol's numbers in place.
 */
function redactedArguments(call: ToolCall, message: Uint8Array, redactor: Redactor): string {
  if (message.includes(backslash)) return canonicalJson(redactor.json(call.arguments));
  return canonicalPlain(redactor.holds(message) ? redactor.json(call.arguments) : call.arguments);
}

const backslash = 0x5c;

export interface CallEnd {
  readonly outcome: CallOutcome;
  readonly durationMs: number;
  readonly bytesOut: number;
  /** The redacted answer as it went to the client, and where its body stands. */
  readonly answer?: { readonly line: Uint8Array; readonly from: number; readonly to: number };
  /** Why there was none. */
  readonly reason?: string;
}

// Every member in the same order in both kinds of draft, also those that are absent: objects of one shape are read many times as fast.

/** The record that closes a call. */
export function closingDraft(columns: CallColumns, bytesIn: number, end: CallEnd): JournalDraft {
  const { answer } = end;
  let detail = `{"bytesIn":${bytesIn},"bytesOut":${end.bytesOut}`;
  if (end.reason !== undefined) detail += `,"reason":${quoted(end.reason)}`;
  if (answer !== undefined) {
    const to = Math.min(answer.to, answer.from + preview);
    detail += `,"result":${quotedAnswer(beginning(answer.line, answer.from, to))}`;
    if (to < answer.to) detail += ',"resultCut":true';
  }
  return {
    kind: "call-finished",
    call: columns.call,
    client: columns.client,
    server: columns.server,
    tool: columns.tool,
    decision: undefined,
    by: undefined,
    outcome: end.outcome,
    durationMs: end.durationMs,
    detailText: `${detail}}`,
  };
}

/** The record that opens a call, or refuses it. */
export function openingDraft(kind: "call-dispatched" | "call-denied", columns: CallColumns, by: string, detailText: string): JournalDraft {
  const refused = kind === "call-denied";
  return {
    kind,
    call: columns.call,
    client: columns.client,
    server: columns.server,
    tool: columns.tool,
    decision: refused ? "deny" : "allow",
    by,
    outcome: refused ? "refused" : undefined,
    durationMs: undefined,
    detailText,
  };
}

/** The text of UTF-8 bytes, or of a part of them that begins and ends with a character; null if they are none. */
export function decodeUtf8(bytes: Uint8Array, from = 0, to = bytes.length): string | null {
  return isUtf8(bytes) ? asBuffer(bytes).toString("utf8", from, to) : null;
}

/** Text of a part of some bytes that may begin or end inside of a character. */
function beginning(bytes: Uint8Array, from: number, to: number): string {
  let end = Math.min(to, bytes.length);
  // Back to where a character begins.
  if (end < bytes.length) while (end > from && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--;
  return asBuffer(bytes).toString("utf8", from, end);
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
