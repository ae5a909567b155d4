import { ascii } from "./ascii.ts";
import {
  classOf,
  closeClass,
  colonClass,
  createCursor,
  deepest,
  filler,
  numberClass,
  openClass,
  quoteClass,
  skipString,
} from "./json-bytes.ts";
import type { JsonObject, JsonValue } from "../model/json.ts";

// What is judged must be what the server will read (threat 16). JSON leaves room for two readings of one text: doubled keys, lone
// surrogates, numbers that a double cannot hold, `__proto__`, nesting that breaks a parser. A message with any of them is refused with
// the reason, instead of guessing which reading the server takes.

export type Judged = { readonly ok: true; readonly value: JsonValue } | { readonly ok: false; readonly reason: string };

/** The text of a part of UTF-8 bytes, or null if they are not valid UTF-8. */
export type Decode = (bytes: Uint8Array, from: number, to: number) => string | null;

interface Facts {
  /** Members of all objects together. */
  readonly members: number;
  readonly problem: string | null;
}

/**
 * Parses what is to be judged: a message, or the part of one that stands at [from, to), `outer` levels deep in it. Every string, key and
 * number in the result is read the same way by every parser.
 */
export function parseJudged(bytes: Uint8Array, decode: Decode, from = 0, to = bytes.length, outer = 0): Judged {
  const facts = readFacts(bytes, from, to, outer);
  if (facts.problem !== null) return { ok: false, reason: facts.problem };
  const text = decode(bytes, from, to);
  if (text === null) return { ok: false, reason: "it is not valid UTF-8" };
  let value: JsonValue;
  try {
    value = JSON.parse(text) as JsonValue;
  } catch {
    return { ok: false, reason: "it is not valid JSON" };
  }
  // Only an escape can bring in half a surrogate pair (valid UTF-8 has none), or a name that the text does not show.
  const escapes = text.includes("\\");
  const problem = escapes || text.includes("__proto__") ? treeProblem(value, escapes && /\\u[dD]/.test(text)) : null;
  if (problem !== null) return { ok: false, reason: problem };
  // JSON.parse keeps one of two equal keys, so fewer members than the text has means a key that stands twice.
  if (countMembers(value) !== facts.members) return { ok: false, reason: "a key stands twice in one object" };
  return { ok: true, value };
}

/** Narrows a JSON value to an object. */
export function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function readFacts(bytes: Uint8Array, from: number, to: number, outer: number): Facts {
  const cursor = createCursor();
  let depth = outer;
  let members = 0;
  let at = from;
  while (at < to) {
    const kind = classOf[bytes[at] ?? 0];
    if (kind === filler) {
      at++;
    } else if (kind === quoteClass) {
      at = skipString(bytes, at + 1, cursor);
      if (at < 0) return { members, problem: "it is not valid JSON" };
    } else if (kind === colonClass) {
      members++;
      at++;
    } else if (kind === openClass) {
      depth++;
      if (depth > deepest) return { members, problem: `it is nested deeper than ${deepest} levels` };
      at++;
    } else if (kind === closeClass) {
      depth--;
      at++;
    } else if (kind === numberClass) {
      const start = at;
      while (at < to && isNumberByte(bytes[at] ?? 0)) at++;
      const problem = numberProblem(bytes, start, at);
      if (problem !== null) return { members, problem };
    } else {
      return { members, problem: "it is not valid JSON" };
    }
  }
  return { members, problem: null };
}

function isNumberByte(byte: number): boolean {
  return (byte >= 0x30 && byte <= 0x39) || byte === 0x2d || byte === 0x2b || byte === 0x2e || byte === 0x65 || byte === 0x45;
}

function numberProblem(bytes: Uint8Array, from: number, to: number): string | null {
  if (to - from <= 15) {
    let plain = true;
    for (let i = from; i < to && plain; i++) plain = bytes[i] !== 0x65 && bytes[i] !== 0x45;
    if (plain) return null;
  }
  if (to - from > 400) return "a number has more digits than programs keep; send it as a string";
  const literal = ascii(bytes, from, to);
  return survivesDouble(literal)
    ? null
    : `the number ${literal.slice(0, 40)} is read differently by different programs; send it as a string`;
}

/** Whether a double keeps all that the literal says, so that what is shown and what is read is the same number. */
function survivesDouble(literal: string): boolean {
  const value = Number(literal);
  if (!Number.isFinite(value)) return false;
  const wanted = significant(literal);
  if (wanted === null) return false;
  if (wanted === "0") return true;
  return value !== 0 && (wanted === significant(String(value)) || wanted === significant(value.toPrecision(17)));
}

/** Digits without leading and trailing zeros, and the exponent they then have: one spelling for each number. */
function significant(literal: string): string | null {
  const match = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d{1,6}))?$/.exec(literal);
  if (match === null) return null;
  const [, sign = "", whole = "", fraction = "", exponent = "0"] = match;
  const digits = (whole + fraction).replace(/^0+/, "");
  const trimmed = trimZeros(digits);
  if (trimmed === "") return "0";
  return `${sign}${trimmed}e${Number(exponent) - fraction.length + (digits.length - trimmed.length)}`;
}

function trimZeros(digits: string): string {
  let end = digits.length;
  while (end > 0 && digits.charCodeAt(end - 1) === 0x30) end--;
  return digits.slice(0, end);
}

const loneSurrogate = /[\ud800-\udfff]/u;

function treeProblem(value: JsonValue, surrogates: boolean): string | null {
  if (typeof value === "string")
    return surrogates && loneSurrogate.test(value) ? "a text holds half of a character (a lone surrogate)" : null;
  if (typeof value !== "object" || value === null) return null;
  if (Array.isArray(value)) {
    for (const item of value as readonly JsonValue[]) {
      const problem = treeProblem(item, surrogates);
      if (problem !== null) return problem;
    }
    return null;
  }
  const object = value as JsonObject;
  for (const key of Object.keys(object)) {
    if (key === "__proto__") return 'a key is called "__proto__"';
    const problem = treeProblem(key, surrogates) ?? treeProblem(object[key] ?? null, surrogates);
    if (problem !== null) return problem;
  }
  return null;
}

/** Members of all objects together. What JSON.parse makes has no others than its own. */
function countMembers(value: JsonValue): number {
  if (typeof value !== "object" || value === null) return 0;
  let members = 0;
  if (Array.isArray(value)) {
    for (const item of value as readonly JsonValue[]) members += countMembers(item);
    return members;
  }
  const object = value as JsonObject;
  for (const key in object) {
    members += 1;
    const member = object[key];
    if (typeof member === "object" && member !== null) members += countMembers(member);
  }
  return members;
}
