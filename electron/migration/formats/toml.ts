import { fail, ok } from "../../../shared/errors.ts";
import type { Result } from "../../../shared/errors.ts";
import type { JsonValue } from "../../../shared/model/json.ts";
import type { Delimited } from "./delimited.ts";
import { insertItem, removeItem } from "./delimited.ts";
import type { DocumentPath } from "./document.ts";
import type { Splice } from "./source-text.ts";
import { applySplices, blankLinesBack, indentOf, lineBreakAt, lineEnd, lineStart, spliceBetween, wholeLines } from "./source-text.ts";
import { nameOf, splices, steps } from "./syntax.ts";
import type { Change, NewValue, Syntax, TextEdit } from "./syntax.ts";
import { tomlCanHold, tomlKey, tomlPath, tomlValue } from "./toml-text.ts";
import { parseToml, sectionsOf } from "./toml-tree.ts";
import type { TomlLine, TomlNotes, TomlSection, TomlTree } from "./toml-tree.ts";
import { at, child, isList, isMap, itemAt, says } from "./tree.ts";

// Edits of TOML. One table may be headers, dotted keys and inline tables; each edit is made in the form that is there. A removed key takes
// its line; comments above it stay. A removed section takes the blank lines before it and the comment that stands right above its header:
// left behind, that one would speak of the next section.

export const tomlSyntax: Syntax<TomlNotes> = { parse: parseToml, change, raw };

type Put = Extract<TextEdit, { kind: "put" }>;

function tomlCommentEnd(text: string, offset: number): number | undefined {
  return text[offset] === "#" ? lineEnd(text, offset) : undefined;
}

function isUnder(path: DocumentPath, above: DocumentPath): boolean {
  return path.length >= above.length && above.every((key, index) => path[index] === key);
}

function raw(text: string, root: TomlTree, path: DocumentPath): { readonly start: number; readonly end: number } | undefined {
  const tree = at(root, path);
  if (tree === undefined || tree.range !== undefined) return tree?.range;
  const sections = sectionsOf(text);
  const own = sections.flatMap((section, index) => (section.header && isUnder(section.path, path) ? [index] : []));
  const first = sections[own[0] ?? -1];
  const last = sections[own.at(-1) ?? -1];
  if (first === undefined || last === undefined || last !== sections[itemAt(own, 0) + own.length - 1]) return undefined;
  const dotted = sections.some((section) => !isUnder(section.path, path) && section.lines.some((line) => isUnder(line.path, path)));
  if (dotted) return undefined;
  const next = sections[sections.indexOf(last) + 1];
  const limit = next === undefined ? text.length : attachedStart(text, next.start);
  return { start: attachedStart(text, first.start), end: Math.max(lineEnd(text, last.end), text.slice(0, limit).trimEnd().length) };
}

/** Where the comment lines right above a header begin; the header itself where there are none. */
function attachedStart(text: string, header: number): number {
  let start = header;
  let line = lineStart(text, header);
  while (line > 0) {
    const above = lineStart(text, line - 1);
    if (!/^[ \t]*#/.test(text.slice(above, line))) break;
    start = above;
    line = above;
  }
  return start;
}

function change(text: string, root: TomlTree, edit: TextEdit): Result<Change> {
  if (edit.kind === "remove") return remove(text, root, edit.path);
  if (edit.value.kind === "source") return restore(text, root, edit, edit.value.source);
  const value = edit.value.value;
  const fits = tomlCanHold(value);
  if (!fits.ok) return fits;
  const existing = at(root, edit.path);
  if (existing === undefined) return insert(text, root, edit);
  if (existing.range !== undefined) return splices([{ ...existing.range, text: tomlValue(text, value, existing) }]);
  if (existing.kind === "map" && isMap(value)) {
    const gone = existing.keys
      .filter((key) => !Object.hasOwn(value, key))
      .map((key): TextEdit => ({ kind: "remove", path: [...edit.path, key] }));
    return steps([...puts(edit.path, existing, Object.entries(value)), ...gone]);
  }
  if (existing.kind === "list" && isList(value) && value.every(isMap) && value.length > 0) {
    const extra = existing.items.map((_item, index) => index).filter((index) => index >= value.length);
    const gone = extra.toReversed().map((index): TextEdit => ({ kind: "remove", path: [...edit.path, index] }));
    return steps([...puts(edit.path, existing, [...value.entries()]), ...gone]);
  }
  return steps([{ kind: "remove", path: edit.path }, edit]);
}

function puts(path: DocumentPath, existing: TomlTree, entries: readonly (readonly [string | number, JsonValue])[]): readonly TextEdit[] {
  return entries
    .filter(([key, value]) => {
      const is = child(existing, key);
      return is === undefined || !says(is, value);
    })
    .map(([key, value]): TextEdit => ({ kind: "put", path: [...path, key], value: { kind: "value", value } }));
}

/** Source from `raw`: of a value, or of the sections of a table. */
function restore(text: string, root: TomlTree, edit: Put, source: string): Result<Change> {
  const existing = at(root, edit.path);
  const sectional = holdsSections(source, edit.path);
  const range = raw(text, root, edit.path);
  if (existing !== undefined && range !== undefined && sectional === (existing.range === undefined))
    return splices([{ ...range, text: source }]);
  if (existing !== undefined) return steps([{ kind: "remove", path: edit.path }, edit]);
  return sectional ? insertSections(text, sectionsOf(text), edit.path.slice(0, -1), source) : insert(text, root, edit);
}

function holdsSections(source: string, path: DocumentPath): boolean {
  if (!/^[ \t]*[[#]/.test(source) || !parseToml(source).ok) return false;
  const named = (keys: DocumentPath): DocumentPath => keys.filter((key) => typeof key === "string");
  const sections = sectionsOf(source);
  return sections.length > 1 && sections.every((section) => !section.header || isUnder(named(section.path), named(path)));
}

function insert(text: string, root: TomlTree, edit: Put): Result<Change> {
  const parentPath = edit.path.slice(0, -1);
  const parent = at(root, parentPath);
  const key = edit.path.at(-1);
  if (parent === undefined || parent.kind === "scalar" || key === undefined)
    return fail("not-found", `${nameOf(parentPath)} is not there.`);
  const value = edit.value.kind === "source" ? edit.value.source : tomlValue(text, edit.value.value, undefined);
  const list = delimitedOf(parent);
  if (list !== undefined) {
    const item = parent.kind === "list" ? value : `${tomlKey(String(key))} = ${value}`;
    return splices(
      insertItem(text, list, item, { indent: null, outer: "", padding: parent.kind === "map" ? " " : "", gap: " " }, tomlCommentEnd),
    );
  }
  const sections = sectionsOf(text);
  if (edit.value.kind === "value" && isMap(edit.value.value)) {
    const asSection = parent.kind === "list" || wantsSection(root, sections, edit.path);
    if (asSection) {
      const lines = sectionLines(text, root, sections, edit.path, edit.value.value);
      return insertSections(text, sections, parentPath, lines.join(lineBreakAt(text, 0)));
    }
  }
  if (parent.kind === "list") return fail("bad-input", `Only tables can be added to ${nameOf(parentPath)}.`);
  return insertLine(text, sections, edit.path, value);
}

/** The brackets of an array or inline table; undefined for tables of lines. */
function delimitedOf(tree: TomlTree): Delimited | undefined {
  const items = tree.kind === "list" ? tree.spots : tree.members;
  return tree.range === undefined || items === undefined ? undefined : { open: tree.range.start + 1, close: tree.range.end - 1, items };
}

function insertLine(text: string, sections: readonly TomlSection[], path: DocumentPath, value: string): Result<Change> {
  const parentPath = path.slice(0, -1);
  const own = sections.find((section) => section.path.length === parentPath.length && isUnder(section.path, parentPath));
  const dotted = own === undefined ? lastDotted(sections, parentPath) : undefined;
  const section = own ?? dotted?.section;
  const line = dotted?.line ?? own?.lines.at(-1);
  if (section === undefined) {
    // Only headers below it: its own goes before them.
    const first = sections.find((each) => each.header && isUnder(each.path, parentPath));
    const place = first === undefined ? text.length : attachedStart(text, first.start);
    const eol = lineBreakAt(text, place);
    const gap = hasBlankLines(text, sections) ? eol + eol : eol;
    return splices([{ start: place, end: place, text: `[${tomlPath(parentPath)}]${eol}${tomlPath(path.slice(-1))} = ${value}${gap}` }]);
  }
  const written = `${tomlPath(path.slice(section.path.length))}${line === undefined ? " = " : equalsOf(text, line)}${value}`;
  if (line !== undefined || section.header) {
    const place = lineEnd(text, line?.end ?? section.end);
    const indent = indentOf(text, line?.start ?? section.start);
    return splices([{ start: place, end: place, text: `${lineBreakAt(text, place)}${indent}${written}` }]);
  }
  // A first key of the file's top goes behind the comment the file begins with, before any section.
  const place = /^(?:[ \t]*#[^\n]*\n)+(?=[ \t]*\r?\n)/.exec(text)?.[0].length ?? 0;
  const eol = lineBreakAt(text, 0);
  const before = place > 0 ? eol : "";
  const after = place === 0 && text.trim() !== "" ? eol + eol : text === "" ? "" : eol;
  return splices([{ start: place, end: place, text: `${before}${written}${after}` }]);
}

function equalsOf(text: string, line: TomlLine): string {
  const between = text.slice(line.keyEnd, line.valueStart);
  return /^ ?= ?$/.test(between) ? between : " = ";
}

/** The last `above.key = …` of a table that is made of such lines. */
function lastDotted(
  sections: readonly TomlSection[],
  path: DocumentPath,
): { readonly section: TomlSection; readonly line: TomlLine } | undefined {
  const all = sections.flatMap((section) =>
    section.path.length < path.length ? section.lines.filter((line) => isUnder(line.path, path)).map((line) => ({ section, line })) : [],
  );
  return all.at(-1);
}

/** Whether a new table is written as `[header]` or inline: as its siblings are, else as the same key of its cousins, else by what holds it. */
function wantsSection(root: TomlTree, sections: readonly TomlSection[], path: DocumentPath): boolean {
  const parentPath = path.slice(0, -1);
  const parent = at(root, parentPath);
  const own = sections.find((section) => section.path.length === parentPath.length && isUnder(section.path, parentPath));
  if (parentPath.length === 0) return true;
  if (own === undefined && lastDotted(sections, parentPath) !== undefined) return false;
  const sibling = parent?.kind === "map" ? parent.values.findLast((value) => value.kind === "map") : undefined;
  const like = sibling ?? cousinOf(root, path);
  if (like !== undefined) return like.range === undefined;
  return own === undefined || own.lines.length === 0;
}

function cousinOf(root: TomlTree, path: DocumentPath): TomlTree | undefined {
  const above = at(root, path.slice(0, -2));
  const key = path.at(-1);
  if (above === undefined || above.kind === "scalar" || key === undefined) return undefined;
  const parents = above.kind === "map" ? above.values : above.items;
  return parents.map((parent) => child(parent, key)).findLast((value) => value?.kind === "map");
}

function sectionLines(
  text: string,
  root: TomlTree,
  sections: readonly TomlSection[],
  path: DocumentPath,
  table: { readonly [key: string]: JsonValue },
): readonly string[] {
  const header = typeof path.at(-1) === "number" ? `[[${tomlPath(path)}]]` : `[${tomlPath(path)}]`;
  const lines: string[] = [];
  const below: string[][] = [];
  for (const [key, value] of Object.entries(table)) {
    const inline = cousinOf(root, [...path, key])?.range !== undefined;
    if (!isMap(value) || inline) lines.push(`${tomlKey(key)} = ${tomlValue(text, value, undefined)}`);
    else below.push([...sectionLines(text, root, sections, [...path, key], value)]);
  }
  // A header only above other headers says nothing.
  const own = lines.length === 0 && below.length > 0 && typeof path.at(-1) === "string" ? [] : [[header, ...lines]];
  const blank = hasBlankLines(text, sections) ? [""] : [];
  return [...own, ...below].flatMap((part, index) => (index === 0 ? part : [...blank, ...part]));
}

/** Whether blank lines stand between the sections of this file; yes where there are none yet. */
function hasBlankLines(text: string, sections: readonly TomlSection[]): boolean {
  const headers = sections.slice(1);
  return (
    headers.length < 2 ||
    headers.some((section) => blankLinesBack(text, attachedStart(text, section.start)) < attachedStart(text, section.start))
  );
}

/** New sections come behind all those of the table they belong to; at the top, at the end of the file. */
function insertSections(text: string, sections: readonly TomlSection[], parentPath: DocumentPath, source: string): Result<Change> {
  const before = sections.findLast((section) => parentPath.length > 0 && section.header && isUnder(section.path, parentPath));
  const dotted = lastDotted(sections, parentPath);
  const behind = before ?? (parentPath.length > 0 && dotted !== undefined ? dotted.section : undefined);
  const place = behind === undefined ? text.trimEnd().length : lineEnd(text, behind.end);
  const eol = lineBreakAt(text, Math.max(0, place - 1));
  const gap = text.slice(0, place).trim() === "" ? "" : hasBlankLines(text, sections) ? eol + eol : eol;
  const indent = before === undefined ? "" : indentOf(text, before.start);
  const after = text.slice(place).trim() === "" && place === 0 && text !== "" ? "" : place === 0 ? eol : "";
  return splices([{ start: place, end: place, text: `${gap}${indent}${source}${after}` }]);
}

function remove(text: string, root: TomlTree, path: DocumentPath): Result<Change> {
  const parentPath = path.slice(0, -1);
  const parent = at(root, parentPath);
  const list = parent === undefined ? undefined : delimitedOf(parent);
  if (parent !== undefined && list !== undefined) {
    const key = path.at(-1);
    const index =
      parent.kind === "list" ? Number(key) : (parent.members ?? []).findIndex((member) => member.parts === 1 && member.path[0] === key);
    if (list.items[index] === undefined) return fail("bad-input", `${nameOf(path)} is made of dotted keys inside braces.`);
    return splices(removeItem(text, list, index, tomlCommentEnd));
  }
  if (parent !== undefined && parent.range !== undefined) return fail("bad-input", `${nameOf(path)} cannot be taken out by itself.`);
  const without = applySplices(text, removals(text, sectionsOf(text), path));
  const range = parent?.kind === "map" && parentPath.length > 0 ? raw(text, root, path) : undefined;
  if (range !== undefined && at(root, path)?.range === undefined) {
    const header = parseToml(without);
    if (header.ok && at(header.value, parentPath) === undefined) {
      return splices([{ start: range.start, end: lastLineOf(text, path), text: `[${tomlPath(parentPath)}]` }]);
    }
  }
  return keepParent(text, without, parentPath, parent?.kind === "list");
}

function lastLineOf(text: string, path: DocumentPath): number {
  const last = sectionsOf(text).findLast((section) => section.header && isUnder(section.path, path));
  return lineEnd(text, last?.end ?? text.length);
}

interface Piece {
  readonly start: number;
  readonly end: number;
  readonly section: boolean;
}

function removals(text: string, sections: readonly TomlSection[], path: DocumentPath): readonly Splice[] {
  const pieces: Piece[] = [];
  for (const section of sections) {
    if (section.header && isUnder(section.path, path)) {
      pieces.push({ start: attachedStart(text, section.start), end: section.end, section: true });
    } else {
      const lines = section.lines.filter((line) => isUnder(line.path, path));
      pieces.push(...lines.map((line) => ({ start: line.start, end: line.end, section: false })));
    }
  }
  return joined(text, sections, pieces).map((piece) => withAround(text, sections, path, piece));
}

/** The lines of a piece with the blank lines and comments around it that must not be left. */
function withAround(text: string, sections: readonly TomlSection[], path: DocumentPath, piece: Piece): Splice {
  const lines = wholeLines(text, piece.start, piece.end);
  const start = lineStart(text, piece.start);
  const below = sections.find((section) => section.header && section.start >= lines.end);
  // With the next header (or its comment) right below, a comment above would end up there and speak of that.
  const exposed = below !== undefined && attachedStart(text, below.start) === lines.end;
  if (!piece.section) {
    const limit = below?.start ?? text.length;
    const isLast = !sections.some((section) => section.lines.some((line) => line.start > piece.end && line.start < limit));
    if (!isLast || blankLinesBack(text, start) === 0) return lines;
    return wholeLines(text, piece.start, piece.end, exposed ? looseBack(text, start) : blankLinesBack(text, start));
  }
  // Of the blank lines around it go those on the side of its nearer relation, so that the outside of that one's sections is as it was.
  const previous = sections.findLast((section) => section.start < piece.start);
  const blanks = /^(?:[ \t]*\r?\n)+/.exec(text.slice(lines.end))?.[0].length ?? 0;
  if (below !== undefined && shared(below.path, path) > shared(previous?.path ?? [], path)) return { ...lines, end: lines.end + blanks };
  const before = blankLinesBack(text, start);
  if (text.slice(0, before).trim() === "") return { ...lines, end: lines.end + blanks };
  const ownComment = exposed && attachedStart(text, before) < before;
  if (!ownComment) return wholeLines(text, piece.start, piece.end, before);
  const isInside = isUnder(previous?.path ?? [], path.slice(0, -1)) && path.length > 1;
  return wholeLines(text, piece.start, piece.end, isInside ? looseBack(text, before) : start);
}

/** Up over blank lines and comments, to what is there before them. */
function looseBack(text: string, line: number): number {
  let start = line;
  for (;;) {
    const above = attachedStart(text, blankLinesBack(text, start));
    if (above === start) return start;
    start = above;
  }
}

function shared(one: DocumentPath, other: DocumentPath): number {
  const different = one.findIndex((key, index) => other[index] !== key);
  return different < 0 ? one.length : different;
}

/** Pieces with nothing of others between them as one: comments inside what is removed go with it. */
function joined(text: string, sections: readonly TomlSection[], pieces: readonly Piece[]): readonly Piece[] {
  const result: Piece[] = [];
  for (const piece of pieces) {
    const last = result.at(-1);
    const between = last === undefined ? "-" : text.slice(last.end, piece.start);
    const consecutive =
      last?.section === true && piece.section && !sections.some((s) => s.start > last.start && s.start < piece.start && s.end > last.end);
    if (last !== undefined && (consecutive || /^\s*$/.test(between))) result[result.length - 1] = { ...last, end: piece.end };
    else result.push(piece);
  }
  return result;
}

/** A table or array that only this made up stays, empty. */
function keepParent(text: string, without: string, path: DocumentPath, isListed: boolean): Result<Change> {
  const root = parseToml(without);
  if (!root.ok) return fail("bad-input", `${nameOf(path)} cannot be changed by itself.`);
  if (at(root.value, path) !== undefined) return splices([spliceBetween(text, without)]);
  let value: JsonValue = isListed ? [] : {};
  let missing = path;
  while (missing.length > 0 && at(root.value, missing.slice(0, -1)) === undefined) {
    value = Object.fromEntries([[String(missing.at(-1)), value]]);
    missing = missing.slice(0, -1);
  }
  const empty: NewValue = { kind: "value", value };
  const made = insert(without, root.value, { kind: "put", path: missing, value: empty });
  if (!made.ok || made.value.kind !== "splices") return made;
  const result = applySplices(without, made.value.splices);
  const end = text.endsWith("\n") && !result.endsWith("\n") ? lineBreakAt(text, text.length) : "";
  return ok({ kind: "splices", splices: [spliceBetween(text, result + end)] });
}
