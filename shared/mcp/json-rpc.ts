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
  /** A request of `jsonrpc`, an id, a method and `params` and nothing else, spelled so that only `params` is left to be read. */
  readonly bare: boolean;
  /** For `unclear` and `malformed`: why, in words. */
  readonly problem: string | null;
}

const memberNames = ["jsonrpc", "id", "method", "params", "result", "error"] as const;
type Member = (typeof memberNames)[number];
const memberBits: Readonly<Record<Member, number>> = { jsonrpc: 1, id: 2, method: 4, params: 8, result: 16, error: 32 };
const bareRequest = memberBits.jsonrpc | memberBits.id | memberBits.method | memberBits.params;
const longestMember = 7;
const longestId = longestLiteral;
const longestMethod = 256;

/**
 * Classifies one message by a strict scan of its top level; nested values are only skipped. `end`: where it ends, its line end not counted.
 * `unclear` needs `parseJudged` and `envelopeOf`; `malformed` is no JSON-RPC message to anybody.
 */
export function scanEnvelope(bytes: Uint8Array, end = bytes.length): Envelope {
  let at = skipBlank(bytes, 0);
  if (bytes[at] === 0x5b) return without("batch", null);
  if (bytes[at] !== 0x7b) return without("malformed", "not a JSON object");
  const cursor = createCursor();
  let seen = 0;
  let id: string | null = null;
  let method: string | null = null;
  let bodyStart = 0;
  let bodyEnd = 0;
  let bare = true;
  at = skipBlank(bytes, at + 1);
  if (bytes[at] === 0x7d) return without("malformed", "an empty object");
  for (;;) {
    if (bytes[at] !== quote) return without("malformed", "not valid JSON");
    const keyStart = at + 1;
    const member: Member | "" = knownMember(bytes, keyStart);
    let keyEnd = keyStart + member.length;
    if (member === "") {
      keyEnd = skipString(bytes, keyStart, cursor) - 1;
      if (keyEnd < 0) return without("malformed", "not valid JSON");
      if (mayBeMember(bytes, keyStart, keyEnd)) return without("unclear", "a key at the top that programs may read differently");
    }
    at = skipBlank(bytes, keyEnd + 1);
    if (bytes[at] !== 0x3a) return without("malformed", "not valid JSON");
    const start = skipBlank(bytes, at + 1);
    const valueEnd = skipValue(bytes, start, cursor);
    if (valueEnd < 0) return cursor.deep ? without("unclear", "nested deeply") : without("malformed", "not valid JSON");
    if (member === "") {
      bare = false;
    } else {
      const bit = memberBits[member];
      if ((seen & bit) !== 0) return without("unclear", `"${member}" stands twice`);
      seen |= bit;
      if (member === "id") {
        id = idText(bytes, start, valueEnd);
        if (id === null) return without("unclear", "an id that is neither a plain string nor a number");
        bare = bare && (bytes[start] === quote || isShortInteger(bytes, start, valueEnd));
      } else if (member === "method") {
        if (bytes[start] !== quote || valueEnd - start > longestMethod || !isPlain(bytes, start, valueEnd)) {
          return without("unclear", "a method that is no plain string");
        }
        // The one that matters most is not spelled out anew each time.
        method = isText(bytes, start + 1, valueEnd - 1, toolCallMethod) ? toolCallMethod : ascii(bytes, start + 1, valueEnd - 1);
      } else if (member === "jsonrpc") {
        bare = bare && isText(bytes, start, valueEnd, '"2.0"');
      } else {
        bodyStart = start;
        bodyEnd = valueEnd;
      }
    }
    at = skipBlank(bytes, valueEnd);
    const byte = bytes[at];
    if (byte === 0x7d) break;
    if (byte !== 0x2c) return without("malformed", "not valid JSON");
    at = skipBlank(bytes, at + 1);
  }
  if (skipBlank(bytes, at + 1) !== end) return without("malformed", "something follows the message on its line");
  return classify(seen, id, method, bodyStart, bodyEnd, bare);
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
  return classify(seen, id, method, 0, 0, false);
}

/** What case-insensitive parsers (Go's among them) take for the same key. */
export function foldCase(key: string): string {
  return key.toUpperCase().toLowerCase();
}

function classify(seen: number, id: string | null, method: string | null, bodyStart: number, bodyEnd: number, alone: boolean): Envelope {
  const answers = seen & (memberBits.result | memberBits.error);
  if (method !== null) {
    if (answers !== 0) return without("malformed", "both a request and a response");
    const bare = alone && seen === bareRequest;
    return { kind: id === null ? "notification" : "request", id, method, bodyStart, bodyEnd, failed: false, bare, problem: null };
  }
  if ((seen & memberBits.params) !== 0 || answers === 0) return without("malformed", "neither a request nor a response");
  if (answers === (memberBits.result | memberBits.error)) return without("malformed", "both a result and an error");
  // A response without an id answers nothing that can be named (a server could not read a message): it passes as a notification would.
  const failed = answers === memberBits.error;
  return { kind: "response", id, method: null, bodyStart, bodyEnd, failed, bare: false, problem: null };
}

function without(kind: EnvelopeKind, problem: string | null): Envelope {
  return { kind, id: null, method: null, bodyStart: 0, bodyEnd: 0, failed: false, bare: false, problem };
}

/** The member whose key begins here, its closing quote included; "" if it is none. */
function knownMember(bytes: Uint8Array, from: number): Member | "" {
  switch (bytes[from]) {
    case 0x6a:
      return isText(bytes, from, from + 8, 'jsonrpc"') ? "jsonrpc" : "";
    case 0x69:
      return isText(bytes, from, from + 3, 'id"') ? "id" : "";
    case 0x6d:
      return isText(bytes, from, from + 7, 'method"') ? "method" : "";
    case 0x70:
      return isText(bytes, from, from + 7, 'params"') ? "params" : "";
    case 0x72:
      return isText(bytes, from, from + 7, 'result"') ? "result" : "";
    case 0x65:
      return isText(bytes, from, from + 6, 'error"') ? "error" : "";
    default:
      return "";
  }
}

/** Whether somebody may take a key that is none of JSON-RPC's for one of them. */
function mayBeMember(bytes: Uint8Array, from: number, to: number): boolean {
  if (!isPlain(bytes, from, to)) return true;
  if (to - from > longestMember) return false;
  const folded = foldCase(ascii(bytes, from, to));
  return memberNames.some((name) => name === folded);
}

/** So many digits are a number that a small integer holds. */
const shortDigits = 9;

function integerAt(bytes: Uint8Array, from: number, to: number): number {
  let value = 0;
  for (let i = from; i < to; i++) value = value * 10 + (bytes[i] ?? 0) - 0x30;
  return value;
}

function isShortInteger(bytes: Uint8Array, from: number, to: number): boolean {
  return to - from <= shortDigits && bytes[from] !== 0x30 && skipDigits(bytes, from) >= to;
}

function idText(bytes: Uint8Array, from: number, to: number): string | null {
  if (isShortInteger(bytes, from, to)) return String(integerAt(bytes, from, to));
  if (to - from > longestId || !isPlain(bytes, from, to)) return null;
  const text = ascii(bytes, from, to);
  if (bytes[from] === quote) return text;
  if (/^(0|-?[1-9]\d*)$/.test(text)) return text;
  return /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(text) && Number.isFinite(Number(text)) ? JSON.stringify(Number(text)) : null;
}
