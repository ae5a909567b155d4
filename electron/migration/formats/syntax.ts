import { fail, ok } from "../../../shared/errors.ts";
import type { Result } from "../../../shared/errors.ts";
import type { JsonValue } from "../../../shared/model/json.ts";
import type { ConfigDocument, DocumentEdit, DocumentPath } from "./document.ts";
import type { SourceText, Splice } from "./source-text.ts";
import { applySplices, decode, encodeSource } from "./source-text.ts";
import { at, onlyChanged, plain, same, says } from "./tree.ts";
import type { Tree } from "./tree.ts";

// What every format has in common: edits one after the other, each read again and compared before the next.

/** Text to write for a value: a plain value in the format's style, or source put back as it was. */
export type NewValue = { readonly kind: "value"; readonly value: JsonValue } | { readonly kind: "source"; readonly source: string };

/** How an edit is made: these splices, or these smaller edits in its place. */
export type Change =
  { readonly kind: "splices"; readonly splices: readonly Splice[] } | { readonly kind: "steps"; readonly steps: readonly TextEdit[] };

/** A `DocumentEdit` with its source decoded. */
export type TextEdit =
  | { readonly kind: "put"; readonly path: DocumentPath; readonly value: NewValue }
  | { readonly kind: "remove"; readonly path: DocumentPath };

export interface Syntax<S> {
  parse(text: string): Result<Tree<S>>;
  /** The tree after splices made for an edit at `path`; may read only what changed. Absent: `parse`. */
  readonly reparse?: (text: string, before: Tree<S>, splices: readonly Splice[], path: DocumentPath) => Result<Tree<S>>;
  /** Called only where the parent of `path` exists, and for a removal, where the value does. */
  change(text: string, root: Tree<S>, edit: TextEdit): Result<Change>;
  /** Offsets of what `raw` gives. */
  raw(text: string, root: Tree<S>, path: DocumentPath): { readonly start: number; readonly end: number } | undefined;
}

export function splices(list: readonly Splice[]): Result<Change> {
  return ok({ kind: "splices", splices: list });
}

export function steps(list: readonly TextEdit[]): Result<Change> {
  return ok({ kind: "steps", steps: list });
}

interface State<S> {
  readonly text: string;
  readonly root: Tree<S>;
}

/** A document of any format over its parsed text. */
export function createDocument<S>(syntax: Syntax<S>, source: SourceText, root: Tree<S>): ConfigDocument {
  return {
    get(path) {
      const tree = at(root, path);
      return tree === undefined ? undefined : plain(tree);
    },
    keys(path) {
      const tree = at(root, path);
      return tree?.kind === "map" ? tree.keys : [];
    },
    raw(path) {
      const range = path.length === 0 ? undefined : syntax.raw(source.text, root, path);
      return range === undefined ? undefined : new TextEncoder().encode(source.text.slice(range.start, range.end));
    },
    edit(edits) {
      let state: State<S> = { text: source.text, root };
      for (const edit of edits) {
        const wanted = readEdit(edit);
        if (!wanted.ok) return wanted;
        const next = applyEdit(syntax, state, wanted.value, 0);
        if (!next.ok) return next;
        state = next.value;
      }
      if (syntax.reparse !== undefined && state.text !== source.text) {
        const whole = syntax.parse(state.text);
        if (!whole.ok || !same(whole.value, state.root)) return failedCheck(edits.at(-1)?.path ?? []);
      }
      // Half a surrogate pair has no UTF-8: it would be written as another character.
      if (/[\ud800-\udfff]/u.test(state.text)) return failedCheck(edits.at(-1)?.path ?? []);
      return ok(encodeSource({ text: state.text, bom: source.bom }));
    },
  };
}

function readEdit(edit: DocumentEdit): Result<TextEdit> {
  if (edit.path.length === 0) return fail("bad-input", "The file as a whole cannot be edited as one value.");
  if (edit.kind === "remove") return ok(edit);
  if (edit.kind === "set") return ok({ kind: "put", path: edit.path, value: { kind: "value", value: edit.value } });
  const source = decode(edit.source, false);
  if (source === undefined) return fail("bad-input", `The source to put back at ${nameOf(edit.path)} is not valid UTF-8.`);
  return ok({ kind: "put", path: edit.path, value: { kind: "source", source } });
}

const maxSteps = 64;

function applyEdit<S>(syntax: Syntax<S>, state: State<S>, wanted: TextEdit, depth: number): Result<State<S>> {
  if (depth > maxSteps) return failedCheck(wanted.path);
  const before = at(state.root, wanted.path);
  if (wanted.kind === "remove" && before === undefined) return ok(state);
  const edit = wanted.kind === "put" && before === undefined ? fromNearestMap(state.root, wanted) : ok(wanted);
  if (!edit.ok) return edit;
  if (isDone(syntax, state, edit.value)) return ok(state);

  const change = syntax.change(state.text, state.root, edit.value);
  if (!change.ok) return change;
  let next = state;
  if (change.value.kind === "splices") {
    const text = applySplices(state.text, change.value.splices);
    const read =
      syntax.reparse === undefined ? syntax.parse(text) : syntax.reparse(text, state.root, change.value.splices, edit.value.path);
    if (!read.ok) return failedCheck(wanted.path);
    next = { text, root: read.value };
  } else {
    for (const step of change.value.steps) {
      const stepped = applyEdit(syntax, next, step, depth + 1);
      if (!stepped.ok) return stepped;
      next = stepped.value;
    }
  }
  return isAsWanted(syntax, state, next, edit.value) ? ok(next) : failedCheck(wanted.path);
}

/** A key under maps that are not there (or null) becomes a map with that key under the nearest one that is. */
function fromNearestMap<S>(root: Tree<S>, edit: Extract<TextEdit, { kind: "put" }>): Result<TextEdit> {
  let length = edit.path.length - 1;
  let parent = at(root, edit.path.slice(0, length));
  while (length > 0 && (parent === undefined || (parent.kind === "scalar" && parent.value === null))) {
    length -= 1;
    parent = at(root, edit.path.slice(0, length));
  }
  const key = edit.path[length];
  if (parent?.kind === "map" && typeof key === "string") {
    if (length === edit.path.length - 1) return ok(edit);
    return wrap(edit, length + 1);
  }
  const appends = parent?.kind === "list" && key === parent.items.length && length === edit.path.length - 1;
  return appends ? ok(edit) : fail("bad-input", `Nothing can be put at ${nameOf(edit.path)}: what is above it has another shape.`);
}

function wrap(edit: Extract<TextEdit, { kind: "put" }>, length: number): Result<TextEdit> {
  if (edit.value.kind === "source") return fail("not-found", `The place of ${nameOf(edit.path)} is not there any more.`);
  let value = edit.value.value;
  for (const key of edit.path.slice(length).toReversed()) {
    if (typeof key !== "string") return fail("bad-input", `There is no list for ${nameOf(edit.path)}.`);
    value = Object.fromEntries([[key, value]]);
  }
  return ok({ kind: "put", path: edit.path.slice(0, length), value: { kind: "value", value } });
}

function isDone<S>(syntax: Syntax<S>, state: State<S>, edit: TextEdit): boolean {
  const tree = at(state.root, edit.path);
  if (edit.kind === "remove" || tree === undefined) return false;
  if (edit.value.kind === "value") return says(tree, edit.value.value);
  const range = syntax.raw(state.text, state.root, edit.path);
  return range !== undefined && state.text.slice(range.start, range.end) === edit.value.source;
}

function isAsWanted<S>(syntax: Syntax<S>, before: State<S>, after: State<S>, edit: TextEdit): boolean {
  return onlyChanged(before.root, after.root, edit.path, (tree) => {
    if (edit.kind === "remove") return tree === undefined;
    return tree !== undefined && isDone(syntax, after, edit);
  });
}

/** `mcpServers.x`: where an edit stands, for a person. Keys only, never values. */
export function nameOf(path: DocumentPath): string {
  return path.map((key) => JSON.stringify(key)).join(" → ");
}

function failedCheck(path: DocumentPath): ReturnType<typeof fail> {
  return fail(
    "bad-input",
    `${nameOf(path)} cannot be changed in this file without changing something else.`,
    "The file was left alone. Change this entry by hand.",
  );
}
