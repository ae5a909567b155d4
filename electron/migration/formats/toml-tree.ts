import { ParseError, parseTOML } from "toml-eslint-parser";
import type { AST } from "toml-eslint-parser";
import { fail, ok } from "../../../shared/errors.ts";
import type { Result } from "../../../shared/errors.ts";
import type { DocumentPath } from "./document.ts";
import { maxDepth } from "./json-tree.ts";
import { failAt, lineEnd } from "./source-text.ts";
import type { Tree } from "./tree.ts";

// TOML in two views: what the file says (the tree) and where it says it (sections and lines), since one table may be spread over headers,
// dotted keys and inline tables.

export interface TomlNotes {
  /** Of a value that is written in one place behind a `=` or in an array; absent for tables made by headers and dotted keys. */
  readonly range?: { readonly start: number; readonly end: number } | undefined;
  /** Of an array: where its items are. */
  readonly spots?: readonly { readonly start: number; readonly end: number }[] | undefined;
  /** Of an inline table: its members, with paths from there. */
  readonly members?: readonly TomlLine[] | undefined;
}

export type TomlTree = Tree<TomlNotes>;

/** `key = value` on its line. */
export interface TomlLine {
  readonly path: DocumentPath;
  readonly start: number;
  readonly end: number;
  readonly keyEnd: number;
  readonly valueStart: number;
  /** How many parts its key has: more than one is a dotted key. */
  readonly parts: number;
}

/** `[header]` with its lines. The first one is the file's top, with no header. */
export interface TomlSection {
  readonly path: DocumentPath;
  readonly header: boolean;
  readonly start: number;
  /** Behind the last line's value, or the header. */
  readonly end: number;
  readonly lines: readonly TomlLine[];
}

interface Building {
  readonly kind: "building";
  readonly list: boolean;
  readonly entries: Map<string | number, Building | TomlTree>;
}

function building(list: boolean): Building {
  return { kind: "building", list, entries: new Map() };
}

/** A whole file. */
export function parseToml(text: string): Result<TomlTree> {
  const program = parseProgram(text);
  if (!program.ok) return program;
  const root = building(false);
  for (const item of program.value.body[0].body) {
    if (item.type === "TOMLKeyValue") addLine(root, [], item);
    else {
      if (item.resolvedKey.length > maxDepth) return tooDeep(text, item.range[0]);
      enter(root, item.resolvedKey);
      for (const line of item.body) addLine(root, item.resolvedKey, line);
    }
  }
  return ok(finish(root));
}

/** Where things stand in a text that `parseToml` has read. */
export function sectionsOf(text: string): readonly TomlSection[] {
  const program = parseProgram(text);
  if (!program.ok) throw new Error("the text does not parse");
  const top: TomlLine[] = [];
  const sections: TomlSection[] = [];
  for (const item of program.value.body[0].body) {
    if (item.type === "TOMLKeyValue") top.push(lineOf([], item));
    else {
      const lines = item.body.map((line) => lineOf(item.resolvedKey, line));
      sections.push({ path: item.resolvedKey, header: true, start: item.range[0], end: lines.at(-1)?.end ?? headerEnd(text, item), lines });
    }
  }
  return [{ path: [], header: false, start: 0, end: top.at(-1)?.end ?? 0, lines: top }, ...sections];
}

function headerEnd(text: string, table: AST.TOMLTable): number {
  return text.indexOf("]", table.key.range[1]) + (table.kind === "array" ? 2 : 1);
}

function parseProgram(text: string): Result<AST.TOMLProgram> {
  const lone = text.search(/\r(?!\n)/);
  if (lone >= 0) return failAt(text, lone, "there is a carriage return without a line feed.");
  const deep = firstTooDeep(text);
  if (deep !== undefined) return tooDeep(text, deep);
  try {
    // A line break at the end, since the parser loses a 0 that is the file's last character (1.0.3). No offset changes.
    const program = parseTOML(text.endsWith("\n") ? text : `${text}\n`, { tomlVersion: "1.1" });
    const nested = deepestValue(program);
    return nested === undefined ? ok(program) : tooDeep(text, nested);
  } catch (error) {
    if (error instanceof ParseError) return failAt(text, error.index, `${error.message.replace(/\.$/, "")}.`);
    if (error instanceof RangeError) return fail("bad-input", "A text in the file is too long.");
    throw error;
  }
}

function tooDeep(text: string, offset: number): ReturnType<typeof fail> {
  return failAt(text, offset, `the file is nested more than ${String(maxDepth)} levels deep.`);
}

/** A look before parsing, in one pass: the parser's time grows with the square of the depth. */
function firstTooDeep(text: string): number | undefined {
  let depth = 0;
  let dots = 0;
  for (let position = 0; position < text.length; position += 1) {
    const character = text[position];
    if (character === "#") position = lineEnd(text, position) - 1;
    else if (character === '"' || character === "'") position = stringEnd(text, position, character) - 1;
    else if (character === ".") dots += 1;
    else if (character === "[" || character === "{") depth += 1;
    else if (character === "]" || character === "}") depth -= 1;
    else if (character === "\n" || character === "=" || character === ",") dots = 0;
    if (depth > maxDepth || dots > maxDepth) return position;
  }
  return undefined;
}

/** Behind a string, or a line's end where it is not ended. */
function stringEnd(text: string, start: number, quote: string): number {
  const triple = text.startsWith(quote.repeat(3), start);
  let position = start + (triple ? 3 : 1);
  for (; position < text.length; position += 1) {
    if (quote === '"' && text[position] === "\\") position += 1;
    else if (triple ? text.startsWith(quote.repeat(3), position) : text[position] === quote) return position + (triple ? 3 : 1);
    else if (!triple && text[position] === "\n") return position;
  }
  return text.length;
}

function deepestValue(program: AST.TOMLProgram): number | undefined {
  const queue: { readonly node: AST.TOMLContentNode; readonly depth: number }[] = [];
  const push = (line: AST.TOMLKeyValue, depth: number): void => {
    queue.push({ node: line.value, depth: depth + line.key.keys.length });
  };
  for (const item of program.body[0].body) {
    if (item.type === "TOMLKeyValue") push(item, 0);
    else for (const line of item.body) push(line, item.resolvedKey.length);
  }
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    const { node, depth } = next;
    if (depth > maxDepth) return node.range[0];
    if (node.type === "TOMLArray") for (const element of node.elements) queue.push({ node: element, depth: depth + 1 });
    else if (node.type === "TOMLInlineTable") for (const line of node.body) push(line, depth);
  }
  return undefined;
}

function keyOf(part: AST.TOMLBare | AST.TOMLQuoted): string {
  return part.type === "TOMLBare" ? part.name : part.value;
}

function lineOf(above: DocumentPath, line: AST.TOMLKeyValue): TomlLine {
  return {
    path: [...above, ...line.key.keys.map(keyOf)],
    start: line.range[0],
    end: line.range[1],
    keyEnd: line.key.range[1],
    valueStart: line.value.range[0],
    parts: line.key.keys.length,
  };
}

/** The table at a path, made where it is missing. */
function enter(root: Building, path: DocumentPath): Building {
  let table = root;
  path.forEach((key, index) => {
    const next = table.entries.get(key);
    if (next !== undefined && next.kind === "building") {
      table = next;
      return;
    }
    const made = building(typeof path[index + 1] === "number");
    table.entries.set(key, made);
    table = made;
  });
  return table;
}

function addLine(root: Building, above: DocumentPath, line: AST.TOMLKeyValue): void {
  const path = [...above, ...line.key.keys.map(keyOf)];
  const key = path.pop();
  if (key === undefined) throw new Error("a line without a key");
  enter(root, path).entries.set(key, valueOf(line.value));
}

function finish(entry: Building | TomlTree): TomlTree {
  if (entry.kind !== "building") return entry;
  if (entry.list) return { kind: "list", items: [...entry.entries.values()].map(finish) };
  return { kind: "map", keys: [...entry.entries.keys()].map(String), values: [...entry.entries.values()].map(finish) };
}

function valueOf(node: AST.TOMLContentNode): TomlTree {
  const range = { start: node.range[0], end: node.range[1] };
  if (node.type === "TOMLArray") {
    const spots = node.elements.map((element) => ({ start: element.range[0], end: element.range[1] }));
    return { kind: "list", items: node.elements.map(valueOf), range, spots };
  }
  if (node.type === "TOMLInlineTable") {
    const root = building(false);
    for (const line of node.body) addLine(root, [], line);
    return { ...finish(root), range, members: node.body.map((line) => lineOf([], line)) };
  }
  switch (node.kind) {
    case "string":
      return { kind: "scalar", value: node.value, exact: "", range };
    case "boolean":
      return { kind: "scalar", value: node.value, exact: String(node.value), range };
    case "integer":
    case "float":
      return { kind: "scalar", value: node.value, exact: node.number, range };
    default:
      return { kind: "scalar", value: node.datetime, exact: node.datetime, range };
  }
}
