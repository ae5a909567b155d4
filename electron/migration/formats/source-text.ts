import { fail, ok } from "../../../shared/errors.ts";
import type { Result } from "../../../shared/errors.ts";

// The text of a file and places in it. Offsets are UTF-16 units of the text without its BOM.

/** Replaces [start, end) by `text`. */
export interface Splice {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

export interface SourceText {
  readonly text: string;
  readonly bom: boolean;
}

const utf8Bom = [0xef, 0xbb, 0xbf];

/** UTF-8 only, strictly: what cannot be decoded could not be written back as it was. */
export function decodeSource(bytes: Uint8Array, maxBytes: number): Result<SourceText> {
  if (bytes.length > maxBytes) {
    return fail("too-large", `The file has ${String(bytes.length)} bytes; at most ${String(maxBytes)} are read.`);
  }
  if ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff)) {
    return fail("bad-input", "The file is UTF-16, not UTF-8.", "Save it as UTF-8 and scan again.");
  }
  const bom = utf8Bom.every((byte, index) => bytes[index] === byte);
  const body = bom ? bytes.subarray(3) : bytes;
  const text = decode(body, false);
  if (text === undefined) {
    const before = decode(body.subarray(0, validLength(body)), true) ?? "";
    return fail("bad-input", `${lineAndColumn(before, before.length)}: the file is not valid UTF-8 there.`);
  }
  const nul = text.indexOf("\0");
  if (nul >= 0) {
    const wide = nul <= 1 ? " It looks like UTF-16; save it as UTF-8." : "";
    return fail("bad-input", `${lineAndColumn(text, nul)}: there is a NUL character.${wide}`);
  }
  return ok({ text, bom });
}

export function encodeSource(source: SourceText): Uint8Array {
  const body = new TextEncoder().encode(source.text);
  if (!source.bom) return body;
  const bytes = new Uint8Array(body.length + utf8Bom.length);
  bytes.set(utf8Bom);
  bytes.set(body, utf8Bom.length);
  return bytes;
}

/** Strict UTF-8, or undefined. A BOM inside is a character like any other. */
export function decode(bytes: Uint8Array, partial: boolean): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes, { stream: partial });
  } catch {
    return undefined;
  }
}

/** How many bytes from the start are valid UTF-8 (perhaps cut inside the last character). */
function validLength(bytes: Uint8Array): number {
  let low = 0;
  let high = bytes.length;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (decode(bytes.subarray(0, middle), true) === undefined) high = middle - 1;
    else low = middle;
  }
  return low;
}

/** "line 3, column 7", both counted from 1. */
export function lineAndColumn(text: string, offset: number): string {
  let line = 1;
  let start = 0;
  for (let next = text.indexOf("\n"); next >= 0 && next < offset; next = text.indexOf("\n", next + 1)) {
    line += 1;
    start = next + 1;
  }
  return `line ${String(line)}, column ${String(offset - start + 1)}`;
}

/** A failure at a place in the file. */
export function failAt(text: string, offset: number, what: string): ReturnType<typeof fail> {
  return fail("bad-input", `${lineAndColumn(text, offset)}: ${what}`);
}

/** All splices at once. They may touch but not overlap; those at the same place stay in their order. */
export function applySplices(text: string, splices: readonly Splice[]): string {
  const sorted = splices.map((splice, index) => ({ splice, index })).sort((a, b) => a.splice.start - b.splice.start || a.index - b.index);
  let result = "";
  let from = 0;
  for (const { splice } of sorted) {
    if (splice.start < from || splice.end < splice.start) throw new Error("splices overlap");
    result += text.slice(from, splice.start) + splice.text;
    from = splice.end;
  }
  return result + text.slice(from);
}

export function lineStart(text: string, offset: number): number {
  return offset <= 0 ? 0 : text.lastIndexOf("\n", offset - 1) + 1;
}

/** Where the line's text ends: at its line break (LF or CRLF) or the end of the file. */
export function lineEnd(text: string, offset: number): number {
  const next = text.indexOf("\n", offset);
  if (next < 0) return text.length;
  return next > offset && text[next - 1] === "\r" ? next - 1 : next;
}

/** The start of the next line, or the end of the file. */
export function nextLine(text: string, offset: number): number {
  const next = text.indexOf("\n", offset);
  return next < 0 ? text.length : next + 1;
}

/** The white space a line begins with. */
export function indentOf(text: string, offset: number): string {
  const start = lineStart(text, offset);
  return text.slice(start, skipBlanks(text, start));
}

export function isFirstOnLine(text: string, offset: number): boolean {
  return skipBlanks(text, lineStart(text, offset)) >= offset;
}

export function skipBlanks(text: string, offset: number): number {
  let position = offset;
  while (text[position] === " " || text[position] === "\t") position += 1;
  return position;
}

export function skipBlanksBack(text: string, offset: number): number {
  let position = offset;
  while (text[position - 1] === " " || text[position - 1] === "\t") position -= 1;
  return position;
}

/** The line break in use around a place: that of its line, else of the line before, else of the file's first, else LF. */
export function lineBreakAt(text: string, offset: number): string {
  let next = text.indexOf("\n", offset);
  if (next < 0) next = text.lastIndexOf("\n", offset);
  if (next < 0) return "\n";
  return text[next - 1] === "\r" ? "\r\n" : "\n";
}

/** The start of the blank lines right above a line. */
export function blankLinesBack(text: string, line: number): number {
  let start = line;
  while (start > 0) {
    const above = lineStart(text, start - 1);
    if (text.slice(above, start).trim() !== "") break;
    start = above;
  }
  return start;
}

/**
 * Removes whole lines: from the start of the line of `from`, or an earlier one (`top`), to the end of the line of `to`. At the end of a
 * file without a last line break the one before goes.
 */
export function wholeLines(text: string, from: number, to: number, top = lineStart(text, from)): Splice {
  const end = nextLine(text, to);
  const unended = end === text.length && text[end - 1] !== "\n";
  if (!unended || top === 0) return { start: top, end, text: "" };
  return { start: text[top - 2] === "\r" ? top - 2 : top - 1, end, text: "" };
}

/** The one splice that makes `after` of `before`. */
export function spliceBetween(before: string, after: string): Splice {
  const shorter = Math.min(before.length, after.length);
  let start = 0;
  while (start < shorter && before[start] === after[start]) start += 1;
  let tail = 0;
  while (tail < shorter - start && before[before.length - 1 - tail] === after[after.length - 1 - tail]) tail += 1;
  return { start, end: before.length - tail, text: after.slice(start, after.length - tail) };
}
