import { createScanner } from "jsonc-parser";
import { fail, ok } from "../../../shared/errors.ts";
import type { Result } from "../../../shared/errors.ts";
import { skipTrivia } from "./delimited.ts";
import { failAt } from "./source-text.ts";
import type { Tree } from "./tree.ts";

// JSON and JSON with comments, from the tokens of jsonc-parser. Its own tree forgives what we must not (duplicate keys, missing commas)
// and recurses as deep as the file says; this one is strict, iterative and fast enough for a file of 10 MB.

export interface JsonNotes {
  readonly start: number;
  readonly end: number;
  /** Of the key, for the value of a map's member; else both are `start`. */
  readonly keyStart: number;
  readonly keyEnd: number;
}

export type JsonTree = Tree<JsonNotes>;

export const maxDepth = 64;

// jsonc-parser's SyntaxKind is a const enum, which cannot be imported by a file that is compiled by itself.
const token = {
  openMap: 1,
  closeMap: 2,
  openList: 3,
  closeList: 4,
  comma: 5,
  colon: 6,
  null: 7,
  true: 8,
  false: 9,
  string: 10,
  number: 11,
  lineComment: 12,
  blank: 13,
  unknown: 16,
  end: 17,
};

interface Open {
  readonly kind: "map" | "list";
  readonly start: number;
  readonly keyStart: number;
  readonly keyEnd: number;
  readonly keys: string[];
  readonly seen: Set<string>;
  readonly nodes: JsonTree[];
}

/** The end of a `//` or block comment. An unended one is none. */
export function jsonCommentEnd(text: string, offset: number): number | undefined {
  if (text[offset] !== "/") return undefined;
  if (text[offset + 1] === "/") {
    const end = text.indexOf("\n", offset);
    if (end < 0) return text.length;
    return text[end - 1] === "\r" ? end - 1 : end;
  }
  if (text[offset + 1] !== "*") return undefined;
  const end = text.indexOf("*/", offset + 2);
  return end < 0 ? undefined : end + 2;
}

/** A whole file: one map and nothing behind it. */
export function parseJson(text: string): Result<JsonTree> {
  const first = skipTrivia(text, 0, jsonCommentEnd);
  if (first >= text.length) return fail("bad-input", "The file is empty.");
  const cut = /\r(?!\n)/.test(text) ? commentWithLoneReturn(text) : undefined;
  if (cut !== undefined) return failAt(text, cut, "a carriage return without a line feed ends this comment for some programs only.");
  const value = parseJsonValue(text, 0);
  if (!value.ok) return value;
  const rest = skipTrivia(text, value.value.end, jsonCommentEnd);
  if (rest < text.length) return failAt(text, rest, "there is something behind the end of the value.");
  if (value.value.kind !== "map") return failAt(text, first, "the file does not hold an object.");
  return value;
}

function commentWithLoneReturn(text: string): number | undefined {
  const scanner = createScanner(text, false);
  for (let kind: number = scanner.scan(); kind !== token.end; kind = scanner.scan()) {
    const end = scanner.getTokenOffset() + scanner.getTokenLength();
    if (kind === token.lineComment && text[end] === "\r" && text[end + 1] !== "\n") return scanner.getTokenOffset();
  }
  return undefined;
}

/** The value that begins at an offset (behind white space and comments). `depth`: how many levels are above it. */
export function parseJsonValue(text: string, offset: number, depth = 0): Result<JsonTree> {
  const scanner = createScanner(text, true);
  scanner.setPosition(offset);
  const stack: Open[] = [];
  let keyStart = -1;
  let keyEnd = -1;
  let kind: number = scanner.scan();
  for (;;) {
    const start = scanner.getTokenOffset();
    const trouble: number = scanner.getTokenError();
    if (trouble !== 0) return failAt(text, start, "this is not valid JSON.");
    const top = stack.at(-1);
    let done: JsonTree | undefined;
    if (top?.kind === "map" && keyStart < 0 && kind !== token.closeMap) {
      if (kind !== token.string) return failAt(text, start, "a key in double quotes is expected here.");
      const key = scanner.getTokenValue();
      if (top.seen.has(key)) return failAt(text, start, `the key ${JSON.stringify(key)} is there twice in one object.`);
      top.seen.add(key);
      top.keys.push(key);
      keyStart = start;
      keyEnd = start + scanner.getTokenLength();
      kind = scanner.scan();
      if (kind !== token.colon) return failAt(text, scanner.getTokenOffset(), "a colon is expected here.");
      kind = scanner.scan();
      continue;
    }
    if (kind === token.openMap || kind === token.openList) {
      if (stack.length + depth >= maxDepth) return failAt(text, start, `the file is nested more than ${String(maxDepth)} levels deep.`);
      stack.push({
        kind: kind === token.openMap ? "map" : "list",
        start,
        keyStart: keyStart < 0 ? start : keyStart,
        keyEnd: keyEnd < 0 ? start : keyEnd,
        keys: [],
        seen: new Set(),
        nodes: [],
      });
      keyStart = -1;
      keyEnd = -1;
      kind = scanner.scan();
      continue;
    }
    const end = start + scanner.getTokenLength();
    if (top !== undefined && keyStart < 0 && kind === (top.kind === "map" ? token.closeMap : token.closeList)) {
      stack.pop();
      const notes = { start: top.start, end, keyStart: top.keyStart, keyEnd: top.keyEnd };
      done =
        top.kind === "map" ? { kind: "map", keys: top.keys, values: top.nodes, ...notes } : { kind: "list", items: top.nodes, ...notes };
    } else {
      const scalar = readScalar(kind, scanner.getTokenValue());
      if (scalar === undefined) return failAt(text, start, kind === token.end ? "the file ends too early." : "a value is expected here.");
      done = {
        kind: "scalar",
        value: scalar.value,
        exact: scalar.exact,
        start,
        end,
        keyStart: keyStart < 0 ? start : keyStart,
        keyEnd: keyEnd < 0 ? start : keyEnd,
      };
      keyStart = -1;
      keyEnd = -1;
    }
    const parent = stack.at(-1);
    if (parent === undefined) return ok(done);
    parent.nodes.push(done);
    kind = scanner.scan();
    if (kind === token.comma) kind = scanner.scan();
    else if (kind !== token.closeMap && kind !== token.closeList) {
      return failAt(text, scanner.getTokenOffset(), kind === token.end ? "the file ends too early." : "a comma is expected here.");
    }
  }
}

function readScalar(
  kind: number,
  source: string,
): { readonly value: string | number | boolean | null; readonly exact: string } | undefined {
  if (kind === token.string) return { value: source, exact: "" };
  if (kind === token.number) return { value: Number(source), exact: source };
  if (kind === token.true) return { value: true, exact: source };
  if (kind === token.false) return { value: false, exact: source };
  if (kind === token.null) return { value: null, exact: source };
  return undefined;
}

/** The same tree in a text that grew by `by` before it. */
export function moved(tree: JsonTree, by: number): JsonTree {
  if (by === 0) return tree;
  const notes = { start: tree.start + by, end: tree.end + by, keyStart: tree.keyStart + by, keyEnd: tree.keyEnd + by };
  if (tree.kind === "map") return { ...notes, kind: "map", keys: tree.keys, values: tree.values.map((value) => moved(value, by)) };
  if (tree.kind === "list") return { ...notes, kind: "list", items: tree.items.map((item) => moved(item, by)) };
  return { ...notes, kind: "scalar", value: tree.value, exact: tree.exact };
}
