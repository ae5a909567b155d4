import { isUtf8 } from "node:buffer";
import type { CallOutcome, JournalDraft } from "../../shared/model/journal-entry.ts";
import type { ToolCall } from "../../shared/model/tool-call.ts";
import type { Redactor } from "../../shared/text/redact.ts";
import { sha256 } from "./fingerprint.ts";

// What the journal keeps of a call: arguments whole up to 64 KiB, then their beginning, hash and size; of a result its size and
// beginning. Everything is redacted first and cut after, so that a cut cannot leave half a secret.

const wholeArguments = 64 * 1024;
const preview = 4 * 1024;

export type CallColumns = Pick<JournalDraft, "call" | "client" | "server" | "tool">;

export function columnsOf(call: ToolCall, redactor: Redactor): CallColumns {
  return { call: call.id, client: call.client, server: call.server, tool: redactor.text(call.tool) };
}

/** `detail` of the records that open a call. `arguments` as JSON, or `argumentsStart` and `messageHash` (SHA-256 of the client's message). */
export function openingDetail(
  call: ToolCall,
  message: Uint8Array,
  redactor: Redactor,
  more: Readonly<Record<string, unknown>>,
): JournalDraft["detail"] {
  if (message.length <= wholeArguments) return { arguments: redactor.json(call.arguments), bytes: call.bytes, ...more };
  return { argumentsStart: beginning(redactor.bytes(message), 0, preview), messageHash: sha256(message), bytes: call.bytes, ...more };
}

export interface CallEnd {
  readonly outcome: CallOutcome;
  readonly durationMs: number;
  readonly bytesOut: number;
  /** The redacted answer as it went to the client, and where its body stands. */
  readonly answer?: { readonly line: Uint8Array; readonly from: number; readonly to: number };
  /** Why there was none. */
  readonly reason?: string;
}

/** The record that closes a call. */
export function closingDraft(columns: CallColumns, bytesIn: number, end: CallEnd): JournalDraft {
  return {
    kind: "call-finished",
    ...columns,
    outcome: end.outcome,
    durationMs: end.durationMs,
    detail: {
      bytesIn,
      bytesOut: end.bytesOut,
      ...(end.answer === undefined
        ? {}
        : { result: beginning(end.answer.line, end.answer.from, Math.min(end.answer.to, end.answer.from + preview)) }),
      ...(end.answer !== undefined && end.answer.to - end.answer.from > preview ? { resultCut: true } : {}),
      ...(end.reason === undefined ? {} : { reason: end.reason }),
    },
  };
}

/** The text of UTF-8 bytes, or null if they are none. */
export function decodeUtf8(bytes: Uint8Array): string | null {
  return isUtf8(bytes) ? asBuffer(bytes).toString("utf8") : null;
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
