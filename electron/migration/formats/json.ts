import { fail, ok } from "../../../shared/errors.ts";
import type { Result } from "../../../shared/errors.ts";
import type { JsonValue } from "../../../shared/model/json.ts";
import type { Delimited, EmptyStyle } from "./delimited.ts";
import { insertItem, removeItem } from "./delimited.ts";
import type { DocumentPath } from "./document.ts";
import { jsonCommentEnd, moved, parseJson, parseJsonValue } from "./json-tree.ts";
import type { JsonNotes, JsonTree } from "./json-tree.ts";
import type { Splice } from "./source-text.ts";
import { indentOf, isFirstOnLine, lineBreakAt } from "./source-text.ts";
import { nameOf, splices } from "./syntax.ts";
import type { Change, NewValue, Syntax, TextEdit } from "./syntax.ts";
import { at, isList, isMap, itemAt } from "./tree.ts";

// Edits of JSON and JSON with comments as splices of the text. (jsonc-parser's own `modify` formats the neighbours, too.)

/** JSON, with comments and trailing commas or without. */
export const jsonSyntax: Syntax<JsonNotes> = { parse: parseJson, reparse, change, raw: (_text, root, path) => at(root, path) };

function change(text: string, root: JsonTree, edit: TextEdit): Result<Change> {
  const parentPath = edit.path.slice(0, -1);
  const parent = at(root, parentPath);
  const key = edit.path.at(-1);
  if (parent === undefined || parent.kind === "scalar" || key === undefined)
    return fail("not-found", `${nameOf(parentPath)} is not there.`);
  const nodes = childrenOf(parent);
  const list: Delimited = {
    open: parent.start + 1,
    close: parent.end - 1,
    items: nodes.map((node) => ({ start: node.keyStart, end: node.end })),
  };
  const index = parent.kind === "map" ? parent.keys.indexOf(String(key)) : Number(key);
  const existing = nodes[index];
  if (edit.kind === "remove") return splices(removeItem(text, list, index, jsonCommentEnd));

  const style = styleOf(text, root);
  const inline = isInline(text, parent, style);
  if (existing !== undefined) {
    const value = write(text, edit.value, style, { indent: indentOf(text, existing.keyStart), inline, like: existing, near: parent });
    return splices([{ start: existing.start, end: existing.end, text: value }]);
  }
  const last = nodes.at(-1);
  const outer = indentOf(text, parent.keyStart);
  const indent = last !== undefined && isFirstOnLine(text, last.keyStart) ? indentOf(text, last.keyStart) : outer + style.unit;
  const value = write(text, edit.value, style, {
    indent: inline ? outer : indent,
    inline,
    like: undefined,
    near: at(root, parentPath.slice(0, -1)) ?? parent,
  });
  const member = parent.kind === "map" ? `${JSON.stringify(String(key))}${colonOf(text, nodes, style)}${value}` : value;
  const empty: EmptyStyle = { indent: inline ? null : indent, outer, padding: parent.kind === "map" ? style.padding : "", gap: style.gap };
  return splices(insertItem(text, list, member, empty, jsonCommentEnd));
}

function childrenOf(tree: JsonTree): readonly JsonTree[] {
  if (tree.kind === "map") return tree.values;
  return tree.kind === "list" ? tree.items : [];
}

interface JsonStyle {
  /** One level of indentation. */
  readonly unit: string;
  /** The whole file on one line. */
  readonly flat: boolean;
  /** Between key and value, with the colon. */
  readonly colon: string;
  /** Behind a comma on one line. */
  readonly gap: string;
  /** Inside the braces of a map on one line. */
  readonly padding: string;
  readonly eol: string;
}

function styleOf(text: string, root: JsonTree): JsonStyle {
  const flat = childrenOf(root).length > 0 && !text.slice(root.start, root.end).includes("\n");
  const first = childrenOf(root)[0];
  const colon = first === undefined ? (flat && root.end - root.start > 2 ? ":" : ": ") : separator(text, first);
  const tight = flat && colon === ":";
  const padded = first !== undefined && flat && /[ \t]/.test(text.charAt(root.start + 1));
  return {
    unit: unitOf(text, root),
    flat,
    colon,
    gap: tight ? "" : " ",
    padding: padded || (!flat && colon !== ":") ? " " : "",
    eol: lineBreakAt(text, root.start),
  };
}

/** From a key to its value, if that is a plain colon with blanks. */
function separator(text: string, member: JsonTree): string {
  const between = text.slice(member.keyEnd, member.start);
  return /^[ \t]*:[ \t]*$/.test(between) ? between : ": ";
}

function colonOf(text: string, siblings: readonly JsonTree[], style: JsonStyle): string {
  const last = siblings.at(-1);
  return last === undefined || last.keyEnd === last.start ? style.colon : separator(text, last);
}

/** What the first nested value in a line of its own is indented by, beyond what holds it. */
function unitOf(text: string, root: JsonTree): string {
  const queue: JsonTree[] = [root];
  for (let index = 0; index < queue.length && index < 200; index += 1) {
    const tree = itemAt(queue, index);
    const children = childrenOf(tree);
    const first = children[0];
    if (first !== undefined && isFirstOnLine(text, first.keyStart)) {
      const outer = indentOf(text, tree.keyStart);
      const inner = indentOf(text, first.keyStart);
      if (inner.startsWith(outer) && inner.length > outer.length) return inner.slice(outer.length);
    }
    queue.push(...children.slice(0, 50));
  }
  return "  ";
}

/** Whether new members of this map or list go on the line it is on. */
function isInline(text: string, tree: JsonTree, style: JsonStyle): boolean {
  const last = childrenOf(tree).at(-1);
  if (last !== undefined) return !isFirstOnLine(text, last.keyStart);
  if (text.slice(tree.start, tree.end).includes("\n")) return false;
  return style.flat || tree.kind === "list";
}

interface Around {
  readonly indent: string;
  readonly inline: boolean;
  /** What is replaced. */
  readonly like: JsonTree | undefined;
  /** Where to look how lists are written. */
  readonly near: JsonTree;
}

function write(text: string, value: NewValue, style: JsonStyle, around: Around): string {
  if (value.kind === "source") return value.source;
  const listsInline = around.inline || areListsInline(text, around.like, around.near);
  const like = around.like;
  const flatMap = like?.kind === "map" && like.keys.length > 0 && !text.slice(like.start, like.end).includes("\n");
  return render(value.value, style, around.indent, around.inline || (flatMap && isMap(value.value)), listsInline);
}

/** Lists go on one line where the one replaced did, or the first one with items around it does. */
function areListsInline(text: string, like: JsonTree | undefined, near: JsonTree): boolean {
  const queue: JsonTree[] = like === undefined ? [near] : [like, near];
  for (let index = 0; index < queue.length && index < 500; index += 1) {
    const tree = itemAt(queue, index);
    if (tree.kind === "list" && tree.items.length > 0) return !text.slice(tree.start, tree.end).includes("\n");
    queue.push(...childrenOf(tree).slice(0, 50));
  }
  return false;
}

function render(value: JsonValue, style: JsonStyle, indent: string, inline: boolean, listsInline: boolean): string {
  if (!isList(value) && !isMap(value)) return JSON.stringify(value);
  const oneLine = inline || (isList(value) && listsInline);
  const inner = oneLine ? indent : indent + style.unit;
  const parts = isList(value)
    ? value.map((item) => render(item, style, inner, oneLine, listsInline))
    : Object.entries(value).map(([key, item]) => `${JSON.stringify(key)}${style.colon}${render(item, style, inner, oneLine, listsInline)}`);
  const [open, close] = isList(value) ? ["[", "]"] : ["{", "}"];
  if (parts.length === 0) return open + close;
  if (!oneLine) return `${open}${style.eol}${inner}${parts.join(`,${style.eol}${inner}`)}${style.eol}${indent}${close}`;
  const padding = isList(value) ? "" : style.padding;
  return `${open}${padding}${parts.join(`,${style.gap}`)}${padding}${close}`;
}

/** Reads again only the map or list in which something changed: a big file with many edits stays fast. The rest moves along. */
function reparse(text: string, before: JsonTree, made: readonly Splice[], path: DocumentPath): Result<JsonTree> {
  const grown = made.reduce((sum, splice) => sum + splice.text.length - (splice.end - splice.start), 0);
  const holder = path.slice(0, -1);
  if (holder.length === 0) return parseJson(text);
  return replaceAt(text, before, holder, 0, grown, made);
}

function replaceAt(
  text: string,
  tree: JsonTree,
  holder: DocumentPath,
  depth: number,
  grown: number,
  made: readonly Splice[],
): Result<JsonTree> {
  const key = holder[depth];
  if (key === undefined) {
    if (made.some((splice) => splice.start < tree.start || splice.end > tree.end)) throw new Error("an edit left its map or list");
    const read = parseJsonValue(text, tree.start, depth);
    if (!read.ok) return read;
    if (read.value.end !== tree.end + grown) return fail("bad-input", "The edit does not fit.");
    return ok({ ...read.value, keyStart: tree.keyStart, keyEnd: tree.keyEnd });
  }
  const children = childrenOf(tree);
  const index = tree.kind === "map" ? tree.keys.indexOf(String(key)) : Number(key);
  const inner = replaceAt(text, itemAt(children, index), holder, depth + 1, grown, made);
  if (!inner.ok) return inner;
  const nodes = children.map((node, position) => (position < index ? node : position === index ? inner.value : moved(node, grown)));
  const notes = { start: tree.start, end: tree.end + grown, keyStart: tree.keyStart, keyEnd: tree.keyEnd };
  return ok(tree.kind === "map" ? { ...notes, kind: "map", keys: tree.keys, values: nodes } : { ...notes, kind: "list", items: nodes });
}
