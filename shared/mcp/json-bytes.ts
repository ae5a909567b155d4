// The lexical ground under both readers of JSON-RPC bytes (envelope.ts and strict-json.ts): what may stand outside a string,
// and where a string ends. Carriage return is no white space here on purpose: servers that read lines with universal newlines
// would take what follows it for a message of its own.

import { ascii, backslash, isText, quote, skipDigits } from "./ascii.ts";

// What a byte outside of strings is. Plain constants, because these loops run over every byte of a message.
export const filler = 1;
export const quoteClass = 2;
export const openClass = 3;
export const closeClass = 4;
export const colonClass = 5;
export const numberClass = 6;

export const classOf: Readonly<Uint8Array> = classes();

function classes(): Uint8Array {
  const table = new Uint8Array(256);
  const set = (characters: string, kind: number): void => {
    for (const character of characters) table[character.charCodeAt(0)] = kind;
  };
  set(" \t,truefalsn", filler);
  set("-0123456789", numberClass);
  set("+.E", filler);
  set('"', quoteClass);
  set("{", openClass);
  set("[", openClass);
  set("}", closeClass);
  set("]", closeClass);
  set(":", colonClass);
  return table;
}

/** Remembers the next backslash, so that many long strings do not each search the whole rest for it. */
export interface Cursor {
  nextBackslash: number;
  /** Set when `skipValue` gave up because of nesting. */
  deep: boolean;
}

export function createCursor(): Cursor {
  return { nextBackslash: -1, deep: false };
}

/** How deep a message is read. What is nested deeper is refused where it is judged, and taken apart by a parser where it is not. */
export const deepest = 128;

/** Bytes of an id or a number outside of a body. */
export const longestLiteral = 1024;

/** So many bytes take as long to walk as the two native searches do. */
const nearby = 96;

/**
 * The index after the closing quote of the string whose first character is at `at`, or -1 if it does not end. Short strings are
 * walked, long ones searched natively; linear in the size of the message whatever it holds.
 */
export function skipString(bytes: Uint8Array, at: number, cursor: Cursor): number {
  const end = bytes.length;
  let i = at;
  let nextQuote = -1;
  for (;;) {
    const stop = Math.min(end, i + nearby);
    for (; i < stop; i++) {
      const byte = bytes[i];
      if (byte === quote) return i + 1;
      if (byte === backslash) i++;
    }
    if (i >= end) return -1;
    if (nextQuote < i) nextQuote = bytes.indexOf(quote, i);
    if (nextQuote < 0) return -1;
    if (cursor.nextBackslash < i) {
      const found = bytes.indexOf(backslash, i);
      cursor.nextBackslash = found < 0 ? end : found;
    }
    if (cursor.nextBackslash > nextQuote) return nextQuote + 1;
    i = cursor.nextBackslash;
  }
}

/** The next index that is no space or tab. */
export function skipBlank(bytes: Uint8Array, from: number): number {
  let at = from;
  while (bytes[at] === 0x20 || bytes[at] === 0x09) at++;
  return at;
}

/** The end of the value that begins at `from`, or -1 if it is no JSON (or `cursor.deep`: nested too deeply to say). */
export function skipValue(bytes: Uint8Array, from: number, cursor: Cursor): number {
  const byte = bytes[from];
  if (byte === quote) return skipString(bytes, from + 1, cursor);
  if (byte === 0x7b || byte === 0x5b) return skipNested(bytes, from, cursor);
  return skipLiteral(bytes, from);
}

function endsLiteral(byte: number | undefined): boolean {
  return byte === 0x2c || byte === 0x7d || byte === 0x20 || byte === 0x09;
}

function skipLiteral(bytes: Uint8Array, from: number): number {
  const digits = skipDigits(bytes, from);
  if (digits > from && digits - from <= longestLiteral && endsLiteral(bytes[digits])) return digits;
  let at = from;
  for (; at < bytes.length; at++) {
    if (endsLiteral(bytes[at])) break;
    if (at - from > longestLiteral) return -1;
  }
  if (isText(bytes, from, at, "false") || isText(bytes, from, at, "true") || isText(bytes, from, at, "null")) return at;
  return /^-?\d[\d.eE+-]*$/.test(ascii(bytes, from, at)) ? at : -1;
}

/** Levels whose kinds of bracket one small integer holds. */
const levelsAtOnce = 31;

/** The end of an object or array, its brackets matched by kind. Gives up where it is deeper than `deepest`. */
function skipNested(bytes: Uint8Array, from: number, cursor: Cursor): number {
  let kinds = bytes[from] === 0x7b ? 1 : 0;
  let outer: number[] | null = null;
  let depth = 1;
  let at = from + 1;
  const end = bytes.length;
  while (at < end) {
    const kind = classOf[bytes[at] ?? 0];
    if (kind === filler || kind === numberClass || kind === colonClass) {
      at++;
    } else if (kind === quoteClass) {
      at = skipString(bytes, at + 1, cursor);
      if (at < 0) return -1;
    } else if (kind === openClass) {
      if (depth === deepest) {
        cursor.deep = true;
        return -1;
      }
      if (depth % levelsAtOnce === 0) {
        (outer ??= []).push(kinds);
        kinds = 0;
      }
      kinds = (kinds << 1) | (bytes[at] === 0x7b ? 1 : 0);
      depth++;
      at++;
    } else if (kind === closeClass) {
      if ((kinds & 1) !== (bytes[at] === 0x7d ? 1 : 0)) return -1;
      kinds >>>= 1;
      depth--;
      at++;
      if (depth === 0) return at;
      if (depth % levelsAtOnce === 0) kinds = outer?.pop() ?? 0;
    } else {
      return -1;
    }
  }
  return -1;
}

/** Where something stands in bytes. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/**
 * The value of a member of the object that begins at `from`; null where there is none, or where it cannot be told which it is: it stands twice,
 * a key before it is written with an escape, or what comes before it is nested too deeply.
 */
export function memberOf(bytes: Uint8Array, from: number, name: string): Span | null {
  const cursor = createCursor();
  let found: Span | null = null;
  let at = bytes[from] === 0x7b ? skipBlank(bytes, from + 1) : bytes.length;
  while (bytes[at] === quote) {
    const keyStart = at + 1;
    const keyEnd = skipString(bytes, keyStart, cursor) - 1;
    if (keyEnd < 0) return null;
    for (let i = keyStart; i < keyEnd; i++) if (bytes[i] === backslash) return null;
    at = skipBlank(bytes, keyEnd + 1);
    const start = skipBlank(bytes, at + 1);
    const end = bytes[at] === 0x3a ? skipValue(bytes, start, cursor) : -1;
    if (end < 0) return null;
    if (isText(bytes, keyStart, keyEnd, name)) {
      if (found !== null) return null;
      found = { start, end };
    }
    at = skipBlank(bytes, end);
    if (bytes[at] !== 0x2c) break;
    at = skipBlank(bytes, at + 1);
  }
  return bytes[at] === 0x7d ? found : null;
}

/** Where the items of an array stand that is known to be valid JSON and to hold nothing but objects. However deep they are nested. */
export function itemsOf(bytes: Uint8Array): readonly Span[] {
  const cursor = createCursor();
  const items: Span[] = [];
  let depth = 0;
  let start = 0;
  for (let at = 0; at < bytes.length;) {
    const kind = classOf[bytes[at] ?? 0];
    if (kind === quoteClass) {
      at = skipString(bytes, at + 1, cursor);
      if (at < 0) break;
      continue;
    }
    if (kind === openClass) {
      if (depth === 1) start = at;
      depth++;
    } else if (kind === closeClass) {
      depth--;
      if (depth === 1) items.push({ start, end: at + 1 });
    }
    at++;
  }
  return items;
}
