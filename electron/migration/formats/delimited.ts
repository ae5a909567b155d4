import type { Splice } from "./source-text.ts";
import { indentOf, isFirstOnLine, lineBreakAt, nextLine, skipBlanks } from "./source-text.ts";

// Lists between brackets with commas: JSON objects and arrays, TOML arrays and inline tables, YAML flow collections. An item taken out
// takes its comma, its line if it had one of its own, and a comment behind it on that line; a comment above it stays, since it may speak
// of more than this item. An item put in comes after the last one, in its style.

export interface Delimited {
  /** Just behind the opening bracket. */
  readonly open: number;
  /** At the closing bracket. */
  readonly close: number;
  readonly items: readonly { readonly start: number; readonly end: number }[];
}

/** The end of the comment that begins here (line comments end before their line break), or undefined. */
export type CommentEnd = (text: string, offset: number) => number | undefined;

export interface EmptyStyle {
  /** What a line of an item begins with, where each has a line of its own; null: on one line. */
  readonly indent: string | null;
  /** Before the closing bracket on a line of its own. */
  readonly outer: string;
  /** Inside the brackets, on one line. */
  readonly padding: string;
  /** Behind a comma, on one line. */
  readonly gap: string;
}

/** Past white space, line breaks and comments. */
export function skipTrivia(text: string, offset: number, commentEnd: CommentEnd): number {
  let position = offset;
  for (;;) {
    const character = text[position];
    if (character === " " || character === "\t" || character === "\n" || character === "\r") position += 1;
    else {
      const end = commentEnd(text, position);
      if (end === undefined) return position;
      position = end;
    }
  }
}

function commaAfter(text: string, offset: number, commentEnd: CommentEnd): number | undefined {
  const position = skipTrivia(text, offset, commentEnd);
  return text[position] === "," ? position : undefined;
}

/** Behind the comments that follow on the same line, and whether nothing else does. */
export function tailOfLine(text: string, offset: number, commentEnd: CommentEnd): { readonly end: number; readonly last: boolean } {
  let end = offset;
  for (;;) {
    const position = skipBlanks(text, end);
    const comment = commentEnd(text, position);
    if (comment === undefined || text.slice(position, comment).includes("\n")) {
      return { end, last: position >= text.length || text[position] === "\n" || text[position] === "\r" };
    }
    end = comment;
  }
}

export function insertItem(text: string, list: Delimited, item: string, style: EmptyStyle, commentEnd: CommentEnd): readonly Splice[] {
  const last = list.items.at(-1);
  if (last === undefined) return insertFirst(text, list, item, style);
  const comma = commaAfter(text, last.end, commentEnd);
  const behind = comma === undefined ? last.end : comma + 1;
  const separator: Splice[] = comma === undefined ? [{ start: last.end, end: last.end, text: "," }] : [];
  const trailing = comma === undefined ? "" : ",";
  if (isFirstOnLine(text, last.start)) {
    const tail = tailOfLine(text, behind, commentEnd);
    const place = tail.last ? tail.end : behind;
    const line = `${lineBreakAt(text, last.start)}${indentOf(text, last.start)}${item}${trailing}`;
    return [...separator, { start: place, end: place, text: line }];
  }
  return [...separator, { start: behind, end: behind, text: `${gapBetween(text, list, style, commentEnd)}${item}${trailing}` }];
}

function insertFirst(text: string, list: Delimited, item: string, style: EmptyStyle): readonly Splice[] {
  const inside = text.slice(list.open, list.close);
  const eol = lineBreakAt(text, list.open);
  const comments = inside.trimEnd();
  if (comments !== "") {
    const place = list.open + comments.length;
    const rest = inside.slice(comments.length).includes("\n") ? "" : `${eol}${style.outer}`;
    return [{ start: place, end: place, text: `${eol}${style.indent ?? style.outer}${item}${rest}` }];
  }
  const body = style.indent === null ? `${style.padding}${item}${style.padding}` : `${eol}${style.indent}${item}${eol}${style.outer}`;
  return [{ start: list.open, end: list.close, text: body }];
}

/** White space behind a comma, as the list's own items have it. */
function gapBetween(text: string, list: Delimited, style: EmptyStyle, commentEnd: CommentEnd): string {
  const last = list.items.at(-1);
  const before = list.items.at(-2);
  if (last === undefined || before === undefined) return style.gap;
  const comma = commaAfter(text, before.end, commentEnd);
  if (comma === undefined) return style.gap;
  const gap = text.slice(comma + 1, last.start);
  return gap.trim() === "" && !gap.includes("\n") ? gap : style.gap;
}

export function removeItem(text: string, list: Delimited, index: number, commentEnd: CommentEnd): readonly Splice[] {
  const item = list.items[index];
  if (item === undefined) throw new Error("no item at this index");
  const comma = commaAfter(text, item.end, commentEnd);
  const end = comma === undefined ? item.end : comma + 1;
  if (list.items.length === 1) {
    const others = text.slice(list.open, item.start) + text.slice(item.end, comma ?? item.end) + text.slice(end, list.close);
    if (others.trim() === "") return [{ start: list.open, end: list.close, text: "" }];
  }
  const before = list.items[index - 1];
  const commaBefore = before === undefined ? undefined : commaAfter(text, before.end, commentEnd);
  // Behind the last item a comma stays only where the file had one there.
  const dangling = comma === undefined && commaBefore !== undefined ? commaBefore : undefined;
  const tail = tailOfLine(text, end, commentEnd);
  if (isFirstOnLine(text, item.start) && tail.last) {
    const start = item.start - indentOf(text, item.start).length;
    const line: Splice = { start, end: nextLine(text, tail.end), text: "" };
    return dangling === undefined ? [line] : [{ start: dangling, end: dangling + 1, text: "" }, line];
  }
  if (comma !== undefined && index < list.items.length - 1) return [{ start: item.start, end: skipBlanks(text, end), text: "" }];
  let start = item.start;
  while (start > list.open && /\s/.test(text.charAt(start - 1))) start -= 1;
  if (dangling === undefined) return [{ start, end, text: "" }];
  if (start <= dangling + 1) return [{ start: dangling, end, text: "" }];
  return [
    { start: dangling, end: dangling + 1, text: "" },
    // Behind a line comment its line break has to stay.
    { start: text.slice(start, item.start).includes("\n") ? item.start : start, end, text: "" },
  ];
}
