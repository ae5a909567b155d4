import { decodeUtf8, encodeUtf8 } from "./utf8.ts";

// What must be known of raw JSON to take something out of it and leave it JSON: where escapes begin and end, and what is inside
// a string. Nothing here parses unless a caller has something to take out.

const backslash = 0x5c;
const quote = 0x22;

/** Whether these bytes could stand in JSON outside a string, or end one: punctuation, numbers, literals, a quotation mark. */
export function isStructural(bytes: Uint8Array): boolean {
  return bytes.includes(quote) || bytes.every((byte) => outsideStrings.has(byte));
}

const outsideStrings = new Set(encodeUtf8("{}[]:, \t\r\n-+.0123456789eEtruefalsn"));

/** The first byte of the escape sequence that `at` is inside of, or `at`. */
export function escapeStart(data: Uint8Array, at: number): number {
  return escapeAround(data, at)?.start ?? at;
}

/** The first byte after the escape sequence that `at` is inside of, or `at`. */
export function escapeEnd(data: Uint8Array, at: number): number {
  return Math.min(data.length, escapeAround(data, at)?.end ?? at);
}

function escapeAround(data: Uint8Array, at: number): { start: number; end: number } | undefined {
  for (let back = 1; back <= 5 && back <= at; back++) {
    const start = at - back;
    if (data[start] !== backslash) continue;
    let run = 1;
    while (run <= start && data[start - run] === backslash) run++;
    if (run % 2 === 0) return undefined; // an escaped backslash, and it ends before `at`
    const end = start + (data[start + 1] === 0x75 ? 6 : 2);
    return end > at ? { start, end } : undefined;
  }
  return undefined;
}

/** Whether the whole is one JSON text. */
export function isJson(data: Uint8Array): boolean {
  const first = data.find((byte) => byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09);
  if (first === undefined || !(first === 0x7b || first === 0x5b || first === quote || (first >= 0x2d && first <= 0x39))) return false;
  try {
    JSON.parse(decodeUtf8(data));
    return true;
  } catch {
    return false;
  }
}

/** Where a stretch of a JSON text is: inside one string; a whole number; or anything else (punctuation, part of a number). */
export type JsonPlace = "string" | "number" | "structure";

/** Tells the place of stretches that come in order of their start; the text is walked once. */
export function createJsonPlaces(data: Uint8Array): (start: number, end: number) => JsonPlace {
  let at = 0;
  let inString = false;
  return (start, end) => {
    while (at < start) {
      const byte = data[at];
      if (inString && byte === backslash) at++;
      else if (byte === quote) inString = !inString;
      at++;
    }
    if (!inString) return isWholeNumber(data, start, end) ? "number" : "structure";
    for (let ahead = at; ahead < end; ahead++) {
      if (data[ahead] === backslash) ahead++;
      else if (data[ahead] === quote) return "structure";
    }
    return "string";
  };
}

function isWholeNumber(data: Uint8Array, start: number, end: number): boolean {
  if (isNumberByte(data[start - 1]) || isNumberByte(data[end])) return false;
  for (let at = start; at < end; at++) if (!isNumberByte(data[at])) return false;
  return true;
}

function isNumberByte(byte: number | undefined): boolean {
  if (byte === undefined) return false;
  return (byte >= 0x30 && byte <= 0x39) || byte === 0x2d || byte === 0x2b || byte === 0x2e || byte === 0x45 || byte === 0x65;
}

/** The raw name of the member whose value begins at `at`, or null. */
export function memberName(data: Uint8Array, at: number): string | null {
  let back = skipSpace(data, at - 1);
  if (data[back] !== 0x3a) return null;
  back = skipSpace(data, back - 1);
  if (data[back] !== quote) return null;
  const opening = data.lastIndexOf(quote, back - 1);
  return back === 0 || opening < 0 ? null : decodeUtf8(data.subarray(opening + 1, back));
}

function skipSpace(data: Uint8Array, from: number): number {
  let at = from;
  while (at >= 0 && (data[at] === 0x20 || data[at] === 0x0a || data[at] === 0x0d || data[at] === 0x09)) at--;
  return at;
}
