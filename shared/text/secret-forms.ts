import { secretParts, shortestPart } from "./secret-parts.ts";
import { encodeUtf8 } from "./utf8.ts";

// The shapes in which a secret may come back out (threat 25): as it is, escaped for JSON, HTML or urls, in base64 or hex; and the
// parts of it that are a secret of their own. This catches what programs do by accident. A program that means to smuggle a value
// out can always spell it in a way nobody looks for: that is the sandbox's job, not this one's.

/** Shorter values (and parts) are not looked for: they would take ordinary words and numbers out of everything. */
export const shortestSecret = 4;

/** Every text under which the value, or a part of it that must not be seen either, is looked for. Each once. */
export function secretForms(value: string): readonly string[] {
  const forms = new Set<string>();
  const add = (form: string): void => {
    if (form.length >= shortestSecret) forms.add(form);
  };
  for (const part of secretParts(value)) {
    if (part.text.length < shortestSecret) continue;
    for (const form of textForms(part.text)) add(form);
    if (part.whole) for (const form of codedForms(encodeUtf8(part.text))) add(form);
  }
  return [...forms];
}

function textForms(text: string): Iterable<string> {
  const forms = new Set<string>([text]);
  for (const style of jsonStyles) forms.add(escapeJson(text, style));
  for (const form of urlForms(encodeUtf8(text))) forms.add(form);
  for (const form of htmlForms(text)) forms.add(form);
  return [...forms].flatMap(nestedForms);
}

/** JSON in a string of JSON (a tool result's text) and once more (that result in another's); the first also as PHP writes it. */
function nestedForms(form: string): readonly string[] {
  const once = escapeJson(form, {});
  return [form, once, escapeJson(once, {}), escapeJson(form, { solidus: true })];
}

interface JsonStyle {
  readonly ascii?: boolean;
  readonly upper?: boolean;
  readonly html?: boolean;
  /** With `html`: also what could end an attribute. */
  readonly attribute?: boolean;
  readonly solidus?: boolean;
}

/** JavaScript; with `\/`; Python; PHP; Java and others in capitals; Go; Gson; .NET. */
const jsonStyles: readonly JsonStyle[] = [
  {},
  { solidus: true },
  { ascii: true },
  { ascii: true, solidus: true },
  { ascii: true, upper: true },
  { html: true },
  { html: true, attribute: true },
  { ascii: true, html: true, upper: true },
];

/** The inside of a JSON string; `{}` is exactly JSON.stringify's. */
function escapeJson(text: string, style: JsonStyle): string {
  const plain = JSON.stringify(text).slice(1, -1);
  if (!style.ascii && !style.html && !style.solidus) return plain;
  const code = (character: string): string => {
    const hex = character.charCodeAt(0).toString(16).padStart(4, "0");
    return `\\u${style.upper ? hex.toUpperCase() : hex}`;
  };
  let escaped = plain;
  if (style.html) {
    if (style.upper) escaped = escaped.replace(/\\"/g, "\\u0022").replace(/['+`]/g, code);
    escaped = escaped.replace(style.attribute ? /[<>&='\u2028\u2029]/g : /[<>&\u2028\u2029]/g, code);
  }
  if (style.solidus) escaped = escaped.replace(/\//g, "\\/");
  if (style.ascii) escaped = escaped.replace(/[^\0-\u007e]/g, code);
  return escaped;
}

/**
 * What stays as it is: encodeURIComponent; RFC 3986 and Python and Go, each also with `+`; a form; encodeURI; the user part of a url; a
 * path in Python, and in Go; the query and the path of JavaScript's URL.
 */
const urlSafe: readonly (readonly [kept: string, space: string])[] = [
  ["-_.!~*'()", "%20"],
  ["-_.~", "%20"],
  ["-_.~", "+"],
  ["*-._", "+"],
  ["-_.!~*'();,/?:@&=+$#", "%20"],
  ["-_.!~*'(),&+$", "%20"],
  ["-_.~/", "%20"],
  ["-_.~/", "+"],
  ["-_.~$&+:=@", "%20"],
  ["-_.!~*(),;/?:@&=+$[]\\^`{|}%", "%20"],
  ["-_.!~*'(),;/:@&=+$[]|%", "%20"],
];

/** For each of these styles, in capitals and in small letters, what stands for each byte. */
const urlTables: readonly (readonly string[])[] = urlSafe.flatMap(([kept, space]) =>
  [true, false].map((upper) =>
    Array.from({ length: 256 }, (_, byte) => {
      const character = String.fromCharCode(byte);
      if (byte === 0x20) return space;
      return /[A-Za-z0-9]/.test(character) || kept.includes(character) ? character : `%${hexByte(byte, upper)}`;
    }),
  ),
);

function urlForms(bytes: Uint8Array): readonly string[] {
  return urlTables.map((table) => Array.from(bytes, (byte) => table[byte] ?? "").join(""));
}

/** How the four marks and `'` are written: in text; in attributes; Python and PHP; Go. */
const htmlQuotes: readonly (readonly [double: string, single: string])[] = [
  ['"', "'"],
  ["&quot;", "'"],
  ["&quot;", "&#39;"],
  ["&quot;", "&#x27;"],
  ["&quot;", "&#039;"],
  ["&quot;", "&apos;"],
  ["&#34;", "&#39;"],
];

function htmlForms(text: string): readonly string[] {
  if (!/[&<>"']/.test(text)) return [];
  const base = text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
  return htmlQuotes.map(([double, single]) => base.replace(/"/g, double).replace(/'/g, single));
}

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
/** How `base64` and `openssl base64` break lines. */
const base64Widths = [76, 64];

function codedForms(bytes: Uint8Array): Iterable<string> {
  const forms = new Set<string>();
  for (const upper of [false, true]) forms.add(Array.from(bytes, (byte) => hexByte(byte, upper)).join(""));
  const addBase64 = (text: string): void => {
    if (!/[+/]/.test(text)) {
      forms.add(text);
      return;
    }
    forms.add(text.replace(/\+/g, "-").replace(/\//g, "_"));
    // In JSON PHP escapes the one and .NET the other.
    for (const form of [text, text.replace(/\//g, "\\/"), text.replace(/\+/g, "\\u002B")]) {
      for (const nested of nestedForms(form)) forms.add(nested);
    }
    for (const form of urlForms(encodeUtf8(text))) forms.add(form);
  };
  for (const before of [0, 1, 2]) addBase64(base64Inside(bytes, before));
  const whole = base64Inside(bytes, 0);
  for (const width of base64Widths) {
    for (let at = 0; whole.length > width && at < whole.length; at += width) {
      if (whole.length - at >= 2 * shortestPart) addBase64(whole.slice(at, at + width));
    }
  }
  return forms;
}

/** The characters of the base64 text that these bytes alone decide, when `before` other bytes stand before them in their group. */
function base64Inside(bytes: Uint8Array, before: number): string {
  const first = Math.ceil((before * 8) / 6);
  const end = Math.floor(((before + bytes.length) * 8) / 6);
  const at = (index: number): number => bytes[index - before] ?? 0;
  let out = "";
  for (let character = first; character < end; character++) {
    const bit = character * 6;
    const byte = bit >> 3;
    const pair = (at(byte) << 8) | at(byte + 1);
    out += alphabet.charAt((pair >> (10 - (bit & 7))) & 63);
  }
  return out;
}

function hexByte(byte: number, upper: boolean): string {
  const hex = byte.toString(16).padStart(2, "0");
  return upper ? hex.toUpperCase() : hex;
}
