import { ascii, isPlain, isText, quote, skipDigits } from "./ascii.ts";
import { createCursor, longestLiteral, skipBlank, skipString, skipValue } from "./json-bytes.ts";
import { toolCallMethod } from "./methods.ts";

// One line in, a classified message out, without parsing it: only the top level is read, strictly. Whatever two parsers could read
// differently there (escaped, doubled or oddly cased keys, something after the end) is `unclear` or `malformed`, never a guess
// (threat 16): a message that is not judged here must not be a tools/call to the server behind.

export type EnvelopeKind = "request" | "notification" | "response" | "batch" | "unclear" | "malformed";

export interface Envelope {
  readonly kind: EnvelopeKind;
  /** The JSON text of the id, in one spelling for each value: the key of what is in flight, and what an answer echoes. */
  readonly id: string | null;
  readonly method: string | null;
  /** Where `params`, `result` or `error` stands in the bytes; both 0 if absent. */
  readonly bodyStart: number;
  readonly bodyEnd: number;
  /** A response that is an error. */
  readonly failed: boolean;
  /** For `unclear` and `malformed`: why, in words. */
  readonly problem: string | null;
}

const memberNames = ["jsonrpc", "id", "method", "params", "result", "error"] as const;
type Member = (typeof memberNames)[number];
const memberBits: Readonly<Record<Member, number>> = { jsonrpc: 1, id: 2, method: 4, params: 8, result: 16, error: 32 };
const longestId = longestLiteral;
const longestMethod = 256;

/**
 * Classifies one message (without its line end) by a strict scan of its top level; nested values are only skipped.
 * `unclear` needs `parseJudged` and `envelopeOf`; `malformed` is no JSON-RPC message to anybody.
 */
export function scanEnvelope(bytes: Uint8Array): Envelope {
  let at = skipBlank(bytes, 0);
  if (bytes[at] === 0x5b) return without("batch", null);
  if (bytes[at] !== 0x7b) return without("malformed", "not a JSON object");
  const cursor = createCursor();
  let seen = 0;
  let id: string | null = null;
  let method: string | null = null;
  let bodyStart = 0;
  let bodyEnd = 0;
  at = skipBlank(bytes, at + 1);
  if (bytes[at] === 0x7d) return without("malformed", "an empty object");
  for (;;) {
    if (bytes[at] !== quote) return without("malformed", "not valid JSON");
    const keyStart = at + 1;
    const keyEnd = skipString(bytes, keyStart, cursor) - 1;
    if (keyEnd < 0) return without("malformed", "not valid JSON");
    const member = memberAt(bytes, keyStart, keyEnd);
    if (member === null) return without("unclear", "a key at the top that programs may read differently");
    at = skipBlank(bytes, keyEnd + 1);
    if (bytes[at] !== 0x3a) return without("malformed", "not valid JSON");
    const start = skipBlank(bytes, at + 1);
    const end = skipValue(bytes, start, cursor);
    if (end < 0) return cursor.deep ? without("unclear", "nested deeply") : without("malformed", "not valid JSON");
    if (member !== "") {
      const bit = memberBits[member];
      if ((seen & bit) !== 0) return without("unclear", `"${member}" stands twice`);
      seen |= bit;
      if (member === "id") {
        id = idText(bytes, start, end);
        if (id === null) return without("unclear", "an id that is neither a plain string nor a number");
      } else if (member === "method") {
        if (bytes[start] !== quote || end - start > longestMethod || !isPlain(bytes, start, end)) {
          return without("unclear", "a method that is no plain string");
        }
        // The one that matters most is not spelled out anew each time.
        method = isText(bytes, start + 1, end - 1, toolCallMethod) ? toolCallMethod : ascii(bytes, start + 1, end - 1);
      } else if (member !== "jsonrpc") {
        bodyStart = start;
        bodyEnd = end;
      }
    }
    at = skipBlank(bytes, end);
    const byte = bytes[at];
    if (byte === 0x7d) break;
    if (byte !== 0x2c) return without("malformed", "not valid JSON");
    at = skipBlank(bytes, at + 1);
  }
  if (skipBlank(bytes, at + 1) !== bytes.length) return without("malformed", "something follows the message on its line");
  return classify(seen, id, method, bodyStart, bodyEnd);
}

/** The same classification of a message that was parsed strictly: for what `scanEnvelope` calls unclear, and the items of a batch. */
export function envelopeOf(value: unknown): Envelope {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return without("malformed", "not a JSON object");
  let seen = 0;
  let id: string | null = null;
  let method: string | null = null;
  for (const [key, member] of Object.entries(value as Readonly<Record<string, unknown>>)) {
    const folded = foldCase(key);
    const name = memberNames.find((known) => known === folded);
    if (name === undefined) continue;
    if (key !== name) return without("malformed", `a key that differs from "${name}" only in case`);
    seen |= memberBits[name];
    if (name === "id") {
      if (typeof member !== "string" && typeof member !== "number")
        return without("malformed", "an id that is neither a string nor a number");
      id = JSON.stringify(member);
      if (id.length > longestId) return without("malformed", "an id that is too long");
    }
    if (name === "method") {
      if (typeof member !== "string" || member.length > longestMethod) return without("malformed", "a method that is no short string");
      method = member;
    }
  }
  return classify(seen, id, method, 0, 0);
}

/** What case-insensitive parsers (Go's among them) take for the same key. */
export function foldCase(key: string): string {
  return key.toUpperCase().toLowerCase();
}

function classify(seen: number, id: string | null, method: string | null, bodyStart: number, bodyEnd: number): Envelope {
  const answers = seen & (memberBits.result | memberBits.error);
  if (method !== null) {
    if (answers !== 0) return without("malformed", "both a request and a response");
    return { kind: id === null ? "notification" : "request", id, method, bodyStart, bodyEnd, failed: false, problem: null };
  }
  if ((seen & memberBits.params) !== 0 || answers === 0) return without("malformed", "neither a request nor a response");
  if (answers === (memberBits.result | memberBits.error)) return without("malformed", "both a result and an error");
  // A response without an id answers nothing that can be named (a server could not read a message): it passes as a notification would.
  return { kind: "response", id, method: null, bodyStart, bodyEnd, failed: answers === memberBits.error, problem: null };
}

function without(kind: EnvelopeKind, problem: string | null): Envelope {
  return { kind, id: null, method: null, bodyStart: 0, bodyEnd: 0, failed: false, problem };
}

/** "" for a key of no meaning to JSON-RPC, null for one that somebody may take for one of its keys. */
function memberAt(bytes: Uint8Array, from: number, to: number): Member | "" | null {
  const length = to - from;
  if (length > 7) return isPlain(bytes, from, to) ? "" : null;
  switch (bytes[from]) {
    case 0x6a:
      if (isText(bytes, from, to, "jsonrpc")) return "jsonrpc";
      break;
    case 0x69:
      if (isText(bytes, from, to, "id")) return "id";
      break;
    case 0x6d:
      if (isText(bytes, from, to, "method")) return "method";
      break;
    case 0x70:
      if (isText(bytes, from, to, "params")) return "params";
      break;
    case 0x72:
      if (isText(bytes, from, to, "result")) return "result";
      break;
    case 0x65:
      if (isText(bytes, from, to, "error")) return "error";
      break;
    default:
  }
  if (!isPlain(bytes, from, to)) return null;
  const folded = foldCase(ascii(bytes, from, to));
  return memberNames.some((name) => name === folded) ? null : "";
}

/** So many digits are a number that a small integer holds. */
const shortDigits = 9;

function integerAt(bytes: Uint8Array, from: number, to: number): number {
  let value = 0;
  for (let i = from; i < to; i++) value = value * 10 + (bytes[i] ?? 0) - 0x30;
  return value;
}

function idText(bytes: Uint8Array, from: number, to: number): string | null {
  if (to - from <= shortDigits && bytes[from] !== 0x30 && skipDigits(bytes, from) >= to) return String(integerAt(bytes, from, to));
  if (to - from > longestId || !isPlain(bytes, from, to)) return null;
  const text = ascii(bytes, from, to);
  if (bytes[from] === quote) return text;
  if (/^(0|-?[1-9]\d*)$/.test(text)) return text;
  return /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(text) && Number.isFinite(Number(text)) ? JSON.stringify(Number(text)) : null;
}
