import type { JsonObject, JsonValue } from "../model/json.ts";

/**
 * The one stable JSON text of a value (RFC 8785's key order: by UTF-16 code unit; numbers and strings as ECMAScript prints
 * them; absent `undefined` members). It is the base of every fingerprint and of the journal's chain, so it must never change.
 *
 * @throws TypeError for what JSON cannot hold (functions, NaN, Infinity, cycles), instead of turning it into null.
 */
export function canonical(value: unknown): string {
  return write(value, 0);
}

/**
 * `canonical` of a value that came out of JSON: the runtime's own JSON text where its objects are in order already, which is many times
 * as fast.
 */
export function canonicalJson(value: JsonValue): string {
  return isInOrder(value, 0) ? JSON.stringify(value) : canonical(value);
}

/**
 * `canonical` of a value that came out of a JSON text without a backslash: no text in it needs escaping, and a long one is not looked
 * through for that.
 */
export function canonicalPlain(value: JsonValue): string {
  return writePlain(value, 0);
}

function writePlain(value: JsonValue, depth: number): string {
  if (typeof value === "string") return `"${value}"`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  if (depth > maxDepth) throw new TypeError("canonical: nested too deeply");
  let text = "";
  if (Array.isArray(value)) {
    for (const item of value as readonly JsonValue[]) text += `${text === "" ? "" : ","}${writePlain(item, depth + 1)}`;
    return `[${text}]`;
  }
  const object = value as JsonObject;
  for (const key of sortedKeys(object)) text += `${text === "" ? "" : ","}"${key}":${writePlain(object[key] ?? null, depth + 1)}`;
  return `{${text}}`;
}

/** `JSON.stringify` of a text that was decoded from UTF-8; of a long one fast where only quotes need escaping, as in most answers. */
export function quotedAnswer(text: string): string {
  if (text.length < longAnswer) return JSON.stringify(text);
  return text.includes("\\") || control.test(text) ? JSON.stringify(text) : `"${text.replaceAll('"', '\\"')}"`;
}

/** From here on the search for what must be escaped costs less than the runtime's own writing. */
const longAnswer = 800;
// oxlint-disable-next-line no-control-regex -- what JSON must escape
const control = /[\u0000-\u001f]/;

/** `JSON.stringify` of a text; short plain ones, which most are, without the way into the runtime. */
export function quoted(text: string): string {
  return text.length < shortText && plainText.test(text) ? `"${text}"` : JSON.stringify(text);
}

const shortText = 256;
/** Printable ASCII but quote and backslash. */
const plainText = /^[ !#-[\]-~]*$/;

function isInOrder(value: JsonValue, depth: number): boolean {
  if (typeof value !== "object" || value === null) return true;
  if (depth > maxDepth) return false;
  if (Array.isArray(value)) {
    for (const item of value as readonly JsonValue[]) if (!isInOrder(item, depth + 1)) return false;
    return true;
  }
  const object = value as JsonObject;
  let last = "";
  for (const key of Object.keys(object)) {
    if (key < last || !isInOrder(object[key] ?? null, depth + 1)) return false;
    last = key;
  }
  return true;
}

const maxDepth = 512;

// Both are on every call's path, hence the loops. A hole in an array is `undefined`, which is not JSON.
function writeArray(items: readonly unknown[], depth: number): string {
  let text = "[";
  for (let index = 0; index < items.length; index += 1) text += (index === 0 ? "" : ",") + write(items[index], depth + 1);
  return `${text}]`;
}

function writeObject(members: Readonly<Record<string, unknown>>, depth: number): string {
  let text = "{";
  for (const key of sortedKeys(members)) {
    const member = members[key];
    if (member === undefined) continue;
    text += `${text === "{" ? "" : ","}${JSON.stringify(key)}:${write(member, depth + 1)}`;
  }
  return `${text}}`;
}

// The default order of sort is that of UTF-16 code units, and of the comparison of strings. Most objects come in order.
function sortedKeys(members: object): readonly string[] {
  const keys = Object.keys(members);
  for (let index = 1; index < keys.length; index += 1) if ((keys[index - 1] ?? "") > (keys[index] ?? "")) return keys.sort();
  return keys;
}

function write(value: unknown, depth: number): string {
  if (depth > maxDepth) throw new TypeError("canonical: nested too deeply");
  switch (typeof value) {
    case "string":
    case "boolean":
      return JSON.stringify(value);
    case "number":
      if (!Number.isFinite(value)) throw new TypeError("canonical: not a finite number");
      return JSON.stringify(value);
    case "object": {
      if (value === null) return "null";
      return Array.isArray(value) ? writeArray(value, depth) : writeObject(value as Readonly<Record<string, unknown>>, depth);
    }
    default:
      throw new TypeError(`canonical: ${typeof value} is not JSON`);
  }
}
