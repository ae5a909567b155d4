import { joinBrokenLines, mayHaveLineEnds } from "./broken-lines.ts";
import { createByteSearch, type Hit } from "./byte-search.ts";
import { createJsonPlaces, escapeEnd, escapeStart, isJson, isStructural, memberName } from "./json-bytes.ts";
import { secretForms, shortestSecret } from "./secret-forms.ts";
import { decodeUtf8, encodeUtf8 } from "./utf8.ts";

/**
 * Known secret values taken out of whatever leaves: results to the client, stderr, errors, journal, UI (threat 25). Each value is
 * looked for as it is, JSON-escaped, base64 and base64url (at all three alignments), hex (both cases), url- and HTML-encoded; of
 * a header, a url, a connection string or a credentials file also the token or password in it, and of a text with several lines each line
 * of 8 characters and more. Base64 is looked at with its line ends taken out as well. Values
 * shorter than 4 characters are not looked for.
 */
export interface Redactor {
  /** Number of values it knows. */
  readonly size: number;
  /**
   * The very same object when there is nothing to take out. One JSON text stays JSON: escapes are taken out whole, punctuation and
   * protocol numbers (`id`, `progressToken`, `requestId`) stay, a number that is a secret becomes a string. Anything else is
   * taken as plain text.
   */
  bytes(data: Uint8Array): Uint8Array;
  /** The very same string when there is nothing to take out. */
  text(text: string): string;
  /** `text` for what comes again and again, like a tool's name: the last short ones are not looked through anew. */
  name(text: string): string;
  /** The same of a text that ends because its writer was stopped: four and more bytes at its end that begin a secret go, too. */
  cutOff(text: string): string;
  /**
   * Every string in a JSON value, keys included, and every number that is a secret, which becomes a string; the same object when there is
   * nothing to take out. No member is lost: names that become the same are numbered.
   */
  json<T>(value: T): T;
  /** Whether anything stands there that is looked for, also what `bytes` leaves in place to keep JSON valid and the protocol's numbers. */
  holds(data: Uint8Array): boolean;
}

/** What stands in a secret's place. It needs no escaping in JSON, urls or HTML. */
export const redactedMark = "[redacted]";

/** Long forms are looked for in pieces of at most this many bytes, so that a part of one is found too and little is ever held back. */
const longestPiece = 512;
const deepestJson = 512;
const longestName = 256;
const mostNames = 64;
const protocolNumbers = new Set(["id", "progressToken", "requestId"]);

/** Builds the search for all values; about 0.3 ms for each short value, 0.1 s for one of 48 KB. The values themselves are not kept. */
export function createRedactor(values: readonly string[]): Redactor {
  const known = [...new Set(values)].filter((value) => value.length >= shortestSecret);
  const forms = new Set(known.flatMap((value) => secretForms(value)));
  const numbers = new Set([...forms].flatMap(secretNumber));
  const patterns = distinctPieces(forms);
  const structural = patterns.map(isStructural);
  const search = createByteSearch(patterns, (index) => structural[index] !== true);
  const shortest = patterns.reduce((length, pattern) => Math.min(length, pattern.length), Infinity);

  const find = (data: Uint8Array, lineEnds: boolean): readonly Hit[] => {
    const hits = search.find(data);
    const joined = lineEnds ? joinBrokenLines(data) : [];
    if (joined.length === 0) return hits;
    const across = joined.flatMap((lines) =>
      search.find(lines.text).map(({ start, end, pattern }) => ({ ...lines.place(start, end), pattern })),
    );
    return across.length === 0 ? hits : [...hits, ...across].sort((a, b) => a.start - b.start);
  };

  const text = (whole: string): string => {
    // A character is at most three bytes of UTF-8 for each UTF-16 unit.
    if (whole.length * 3 < shortest) return whole;
    const data = encodeUtf8(whole);
    const hits = find(data, whole.includes("\n") || whole.includes("\\"));
    return hits.length === 0 ? whole : decodeUtf8(replace(data, merge(hits)));
  };

  const names = new Map<string, string>();
  const name = (whole: string): string => {
    const known = names.get(whole);
    if (known !== undefined) return known;
    const clean = text(whole);
    if (whole.length > longestName) return clean;
    if (names.size >= mostNames) names.clear();
    names.set(whole, clean);
    return clean;
  };

  const json = (value: unknown, depth: number): unknown => {
    if (typeof value === "string") return text(value);
    if (typeof value === "number") return numbers.has(value) || (value < 0 && numbers.has(-value)) ? redactedMark : value;
    if (typeof value !== "object" || value === null) return value;
    if (depth > deepestJson) return redactedMark; // not looked into, so not let through
    if (Array.isArray(value)) {
      const items = value.map((item: unknown) => json(item, depth + 1));
      return items.some((item, index) => item !== value[index]) ? items : value;
    }
    let changed = false;
    const members = Object.entries(value).map(([key, member]: [string, unknown]): [string, unknown] => {
      const redacted: [string, unknown] = [text(key), json(member, depth + 1)];
      if (redacted[0] !== key || redacted[1] !== member) changed = true;
      return redacted;
    });
    return changed ? Object.fromEntries(withDistinctNames(members)) : value;
  };

  return {
    size: known.length,
    bytes(data) {
      const hits = find(data, mayHaveLineEnds(data));
      if (hits.length === 0) return data;
      const stretches = settle(data, hits, structural);
      return stretches.length === 0 ? data : replace(data, stretches);
    },
    text,
    name,
    cutOff(whole) {
      const data = encodeUtf8(text(whole));
      const end = search.unfinished(data);
      return data.length - end < shortestSecret ? decodeUtf8(data) : `${decodeUtf8(data.subarray(0, end))}${redactedMark}`;
    },
    holds: (data) => find(data, mayHaveLineEnds(data)).length > 0,
    json: <T>(value: T): T => (patterns.length === 0 ? value : (json(value, 0) as T)),
  };
}

/** Two names that differ in what was taken out of them would be one, and the member of the first would not be seen. */
function withDistinctNames(members: readonly [string, unknown][]): readonly [string, unknown][] {
  const taken = new Map<string, number>();
  return members.map(([name, member]) => {
    let distinct = name;
    while (taken.has(distinct)) {
      const count = (taken.get(name) ?? 1) + 1;
      taken.set(name, count);
      distinct = `${name} (${String(count)})`;
    }
    taken.set(distinct, 1);
    return [distinct, member];
  });
}

interface Stretch {
  readonly start: number;
  readonly end: number;
  /** A number outside a string: what stands for it must be a string itself. */
  readonly quoted?: boolean;
}

/** The number that a JSON text means by this form, unless it is as short as ordinary ones. */
function secretNumber(form: string): readonly number[] {
  if (!/^-?(0|[1-9]\d*)(\.\d+)?$/.test(form)) return [];
  const value = Number(form);
  return String(value).length < shortestSecret ? [] : [value];
}

/** Each piece once: a value that repeats itself would otherwise be compared as often as it does. */
function distinctPieces(forms: Iterable<string>): readonly Uint8Array[] {
  const pieces = new Map<string, Uint8Array>();
  for (const form of forms) {
    const bytes = encodeUtf8(form);
    const count = Math.ceil(bytes.length / longestPiece);
    const border = (index: number): number => Math.floor((index * bytes.length) / count);
    for (let index = 0; index < count; index++) {
      const piece = bytes.subarray(border(index), border(index + 1));
      pieces.set(String.fromCharCode(...piece), piece);
    }
  }
  return [...pieces.values()];
}

/** Joins what overlaps or touches; the input is in order of start. */
function merge(stretches: readonly (Hit | Stretch)[]): readonly Stretch[] {
  const merged: Stretch[] = [];
  for (const { start, end } of stretches) {
    const last = merged.at(-1);
    if (last !== undefined && start <= last.end) merged[merged.length - 1] = { start: last.start, end: Math.max(last.end, end) };
    else merged.push({ start, end });
  }
  return merged;
}

/** The stretches that can be taken out of what may be a JSON text without breaking it. */
function settle(data: Uint8Array, hits: readonly Hit[], structural: readonly boolean[]): readonly Stretch[] {
  let kept: readonly Hit[] = hits;
  const numbers: Stretch[] = [];
  if (hits.some((hit) => structural[hit.pattern] === true) && isJson(data)) {
    const placeOf = createJsonPlaces(data);
    kept = hits.filter((hit) => {
      if (structural[hit.pattern] !== true) return true;
      const place = placeOf(hit.start, hit.end);
      if (place === "number" && !protocolNumbers.has(memberName(data, hit.start) ?? "")) numbers.push({ ...hit, quoted: true });
      return place === "string";
    });
  }
  // Half an escape left behind would not be JSON any more, and half a one taken for text is no loss.
  const whole = merge(kept).map(({ start, end }) => ({ start: escapeStart(data, start), end: escapeEnd(data, end) }));
  const stretches = merge(whole);
  return numbers.length === 0 ? stretches : [...stretches, ...numbers].sort((a, b) => a.start - b.start);
}

const mark = encodeUtf8(redactedMark);
const quotedMark = encodeUtf8(`"${redactedMark}"`);

/** The bytes with a mark for each stretch. */
function replace(data: Uint8Array, stretches: readonly Stretch[]): Uint8Array {
  const out: Uint8Array[] = [];
  let at = 0;
  for (const { start, end, quoted } of stretches) {
    if (start > at) out.push(data.subarray(at, start));
    out.push(quoted === true ? quotedMark : mark);
    at = end;
  }
  if (at < data.length) out.push(data.subarray(at));
  return concat(out);
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}
