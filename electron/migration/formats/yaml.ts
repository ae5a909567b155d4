import { fail } from "../../../shared/errors.ts";
import type { Result } from "../../../shared/errors.ts";
import type { JsonValue } from "../../../shared/model/json.ts";
import { insertItem, removeItem } from "./delimited.ts";
import type { Delimited } from "./delimited.ts";
import type { DocumentPath } from "./document.ts";
import {
  blankLinesBack,
  isFirstOnLine,
  lineBreakAt,
  lineEnd,
  lineStart,
  nextLine,
  skipBlanks,
  skipBlanksBack,
  wholeLines,
} from "./source-text.ts";
import { nameOf, splices, steps } from "./syntax.ts";
import type { Change, NewValue, Syntax, TextEdit } from "./syntax.ts";
import { at, itemAt } from "./tree.ts";
import { indented, isBlock, yamlFlow, yamlLines, yamlString } from "./yaml-text.ts";
import type { YamlStyle } from "./yaml-text.ts";
import { parseYaml } from "./yaml-tree.ts";
import type { YamlNotes, YamlTree } from "./yaml-tree.ts";

// Edits of YAML in lines (block) and in brackets (flow). Comments above a key that is taken out stay; the one on its line goes.

export const yamlSyntax: Syntax<YamlNotes> = { parse: parseYaml, change, raw: (text, root, path) => rawOf(text, root, path) };

type Put = Extract<TextEdit, { kind: "put" }>;

function yamlCommentEnd(text: string, offset: number): number | undefined {
  return text[offset] === "#" ? lineEnd(text, offset) : undefined;
}

/**
 * From behind the colon or dash, so that a value in lines brings its line break. Outside of brackets with the comment behind it and the
 * comment lines below it that are indented as its own would be: one above a last key that is taken out ends up there.
 */
function rawOf(text: string, root: YamlTree, path: DocumentPath): { readonly start: number; readonly end: number } | undefined {
  const tree = at(root, path);
  const parent = at(root, path.slice(0, -1));
  return tree === undefined || parent === undefined ? undefined : { start: tree.before, end: rawEnd(text, parent, tree) };
}

function rawEnd(text: string, parent: YamlTree, tree: YamlTree): number {
  if (parent.flow) return tree.end;
  const column = columnOf(text, parent.start);
  let end = lineEnd(text, tree.end);
  for (let line = nextLine(text, end); line < text.length; line = nextLine(text, line)) {
    const first = skipBlanks(text, line);
    if (text[first] === "#" && first - line > column) end = lineEnd(text, first);
    else if (first < lineEnd(text, line)) break;
  }
  return end;
}

function wholeEnd(text: string, tree: YamlTree): number {
  return tree.flow ? tree.end : lineEnd(text, tree.end);
}

function childrenOf(tree: YamlTree | undefined): readonly YamlTree[] {
  if (tree?.kind === "map") return tree.values;
  return tree?.kind === "list" ? tree.items : [];
}

function change(text: string, root: YamlTree, edit: TextEdit): Result<Change> {
  const frozen = frozenOn(root, edit.path);
  if (frozen !== undefined) return fail("bad-input", `${nameOf(edit.path)} cannot be changed: ${frozen}.`, "Change this entry by hand.");
  const parentPath = edit.path.slice(0, -1);
  const parent = at(root, parentPath);
  const key = edit.path.at(-1);
  if (parent === undefined || parent.kind === "scalar" || key === undefined)
    return fail("not-found", `${nameOf(parentPath)} is not there.`);
  const children = childrenOf(parent);
  const existing = at(root, edit.path);
  const index = existing === undefined ? -1 : children.indexOf(existing);
  if (edit.kind === "remove") return remove(text, parent, parentPath, index);
  const style = styleOf(text, root, parent, at(root, parentPath.slice(0, -1)), existing);
  if (existing !== undefined) return replace(text, parent, existing, edit.value, style);
  if (parent.flow && (children.length > 0 || isInFlow(root, parentPath))) return insertFlow(text, parent, key, edit, style);
  return insertBlock(text, root, parent, parentPath, key, edit.value, style);
}

/** What forbids an edit at this path: on the way to it, or in what it replaces. */
function frozenOn(root: YamlTree, path: DocumentPath): string | undefined {
  for (let length = 0; length <= path.length; length += 1) {
    const tree = at(root, path.slice(0, length));
    if (tree !== undefined && tree.frozen !== null)
      return length === path.length || length === 0 ? tree.frozen : `what is above it is not plain: ${tree.frozen}`;
  }
  const existing = at(root, path);
  const queue = existing === undefined ? [] : [existing];
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    if (next.frozen !== null) return next.frozen;
    queue.push(...childrenOf(next));
  }
  return undefined;
}

function isInFlow(root: YamlTree, path: DocumentPath): boolean {
  return path.some((_key, index) => {
    const above = at(root, path.slice(0, index));
    return above?.flow === true;
  });
}

function columnOf(text: string, offset: number): number {
  return offset - lineStart(text, offset);
}

function styleOf(text: string, root: YamlTree, parent: YamlTree, around: YamlTree | undefined, existing: YamlTree | undefined): YamlStyle {
  const units = unitsOf(text, root);
  const lists = [existing, parent, around].flatMap((tree) => (tree === undefined ? [] : listsIn(tree)));
  const strings = existing?.kind === "list" ? existing.items : childrenOf(parent);
  const own = existing?.kind === "scalar" && existing.quote !== "none" && existing.quote !== "block" ? existing.quote : undefined;
  const near = strings.findLast((tree) => tree.kind === "scalar" && tree.exact === "" && tree.quote !== "block");
  const spaced = existing?.kind === "map" && existing.flow ? existing : parent;
  return {
    ...units,
    listsFlow: lists[0]?.flow === true,
    quote: own ?? near?.quote ?? "plain",
    padding: spaced.kind === "map" && spaced.flow && text[spaced.start + 1] === " " ? " " : "",
  };
}

/** Lists with items in a value, nearest first. */
function listsIn(tree: YamlTree): readonly YamlTree[] {
  const queue = [tree];
  for (let index = 0; index < queue.length && index < 500; index += 1) queue.push(...childrenOf(itemAt(queue, index)));
  return queue.filter((each) => each.kind === "list" && each.items.length > 0 && each.frozen === null);
}

/** How deep the file indents its maps, and lists below their keys. */
function unitsOf(text: string, root: YamlTree): { readonly unit: number; readonly listUnit: number } {
  let unit: number | undefined;
  let listUnit: number | undefined;
  const queue: YamlTree[] = [root];
  for (let index = 0; index < queue.length && index < 2000; index += 1) {
    const tree = itemAt(queue, index);
    for (const value of childrenOf(tree)) {
      queue.push(value);
      if (tree.kind !== "map" || tree.flow || value.flow || value.kind === "scalar") continue;
      const deeper = columnOf(text, value.start) - columnOf(text, tree.start);
      if (value.kind === "map") unit ??= deeper > 0 ? deeper : undefined;
      else listUnit ??= deeper;
    }
  }
  return { unit: unit ?? 2, listUnit: listUnit ?? unit ?? 2 };
}

function replace(text: string, parent: YamlTree, existing: YamlTree, value: NewValue, style: YamlStyle): Result<Change> {
  if (value.kind === "source") {
    return splices([{ start: existing.before, end: rawEnd(text, parent, existing), text: value.source }]);
  }
  const wanted = value.value;
  const sameKind = existing.kind === "map" ? existing.keys.length > 0 : existing.kind === "list" && existing.items.length > 0;
  const keepsFlow = existing.flow && sameKind && existing.kind === (Array.isArray(wanted) ? "list" : "map");
  if (parent.flow || keepsFlow || !isBlock(wanted, style)) {
    const written = yamlFlow(wanted, style);
    if (existing.quote === "none" && existing.kind === "scalar")
      return splices([{ start: existing.before, end: existing.before, text: ` ${written}` }]);
    if (!text.slice(existing.before, existing.start).includes("\n"))
      return splices([{ start: existing.start, end: existing.end, text: written }]);
    // The value was on lines of its own; comments between it and its key stay.
    const line = blankLinesBack(text, lineStart(text, existing.start));
    const breakBefore = text[line - 2] === "\r" ? line - 2 : line - 1;
    return splices([
      { start: existing.before, end: existing.before, text: ` ${written}` },
      { start: breakBefore, end: wholeEnd(text, existing), text: "" },
    ]);
  }
  const eol = lineBreakAt(text, existing.before);
  const lines = yamlLines(wanted, style);
  const below = columnOf(text, parent.start) + (Array.isArray(wanted) ? style.listUnit : style.unit);
  if (parent.kind === "list") {
    const column = existing.flow ? columnOf(text, existing.keyStart) + 2 : columnOf(text, existing.start);
    const written = indented(lines, column).join(eol).trimStart();
    const start = existing.quote === "none" && existing.kind === "scalar" ? existing.before : existing.start;
    return splices([{ start, end: wholeEnd(text, existing), text: start === existing.before ? ` ${written}` : written }]);
  }
  if (existing.flow) {
    const tail = lineEnd(text, existing.end);
    return splices([
      { start: existing.before, end: existing.end, text: "" },
      { start: tail, end: tail, text: eol + indented(lines, below).join(eol) },
    ]);
  }
  const column = existing.kind === (Array.isArray(wanted) ? "list" : "map") ? columnOf(text, existing.start) : below;
  return splices([{ start: lineStart(text, existing.start), end: wholeEnd(text, existing), text: indented(lines, column).join(eol) }]);
}

function delimitedOf(tree: YamlTree): Delimited {
  const items = childrenOf(tree).map((child) => ({ start: child.keyStart, end: child.end }));
  return { open: tree.start + 1, close: tree.end - 1, items };
}

function insertFlow(text: string, parent: YamlTree, key: string | number, edit: Put, style: YamlStyle): Result<Change> {
  const value = edit.value.kind === "source" ? edit.value.source : yamlFlow(edit.value.value, style);
  const colon = edit.value.kind === "source" ? ":" : ": ";
  const item = parent.kind === "map" ? `${yamlString(String(key), "plain")}${colon}${value}` : value;
  const empty = { indent: null, outer: "", padding: parent.kind === "map" ? style.padding : "", gap: " " };
  return splices(insertItem(text, delimitedOf(parent), item, empty, yamlCommentEnd));
}

/** The lines of a new member or item, indented among themselves only. */
function newLines(parent: YamlTree, key: string | number, value: NewValue, style: YamlStyle): readonly string[] {
  if (value.kind === "source") return [parent.kind === "map" ? `${yamlString(String(key), "plain")}:${value.source}` : `-${value.source}`];
  const wrapped: JsonValue = parent.kind === "map" ? Object.fromEntries([[String(key), value.value]]) : [value.value];
  return yamlLines(wrapped, style);
}

function insertBlock(
  text: string,
  root: YamlTree,
  parent: YamlTree,
  parentPath: DocumentPath,
  key: string | number,
  value: NewValue,
  style: YamlStyle,
): Result<Change> {
  const lines = newLines(parent, key, value, style);
  const last = childrenOf(parent).at(-1);
  if (last !== undefined) {
    const place = lineEnd(text, last.end);
    const eol = lineBreakAt(text, last.keyStart);
    return splices([{ start: place, end: place, text: eol + indented(lines, columnOf(text, parent.start)).join(eol) }]);
  }
  const eol = lineBreakAt(text, parent.before);
  if (parentPath.length === 0) {
    const body = lines.join(eol);
    if (parent.flow) return splices([{ start: parent.start, end: parent.end, text: body }]);
    const gap = parent.start > 0 ? eol : "";
    return splices([
      { start: parent.start, end: parent.start, text: `${gap}${body}${gap === "" && parent.start === text.length ? eol : ""}` },
    ]);
  }
  const holder = at(root, parentPath.slice(0, -1));
  if (holder === undefined) return fail("not-found", `${nameOf(parentPath)} is not there.`);
  if (holder.kind === "list") {
    const column = columnOf(text, parent.keyStart) + 2;
    return splices([{ start: parent.start, end: parent.end, text: indented(lines, column).join(eol).trimStart() }]);
  }
  const column = columnOf(text, holder.start) + (parent.kind === "list" ? style.listUnit : style.unit);
  const tail = lineEnd(text, parent.end);
  return splices([
    { start: parent.before, end: parent.end, text: "" },
    { start: tail, end: tail, text: eol + indented(lines, column).join(eol) },
  ]);
}

function remove(text: string, parent: YamlTree, parentPath: DocumentPath, index: number): Result<Change> {
  const children = childrenOf(parent);
  const child = itemAt(children, index);
  if (parent.flow) return splices(removeItem(text, delimitedOf(parent), index, yamlCommentEnd));
  if (children.length === 1 && parentPath.length > 0) {
    return steps([{ kind: "put", path: parentPath, value: { kind: "value", value: parent.kind === "map" ? {} : [] } }]);
  }
  if (isFirstOnLine(text, child.keyStart)) {
    // Blank lines before a last key would end up behind the map.
    const start = lineStart(text, child.keyStart);
    return splices([wholeLines(text, child.keyStart, child.end, index === children.length - 1 ? blankLinesBack(text, start) : start)]);
  }
  // The first key on the line of a dash: the next one takes its place.
  const next = children[index + 1];
  if (next === undefined) return fail("bad-input", `A value of ${nameOf(parentPath)} shares its line with something else.`);
  const end = lineEnd(text, child.end);
  if (text.slice(end, next.keyStart).trim() === "") return splices([{ start: child.keyStart, end: next.keyStart, text: "" }]);
  return splices([{ start: skipBlanksBack(text, child.keyStart), end, text: "" }]);
}
