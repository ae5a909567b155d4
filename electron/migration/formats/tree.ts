import type { JsonValue } from "../../../shared/model/json.ts";
import type { DocumentPath } from "./document.ts";

type Scalar = string | number | boolean | null;

/**
 * What a file says, whatever its format, with the format's own notes (`S`: offsets, syntax nodes) on every value. `exact` tells apart
 * scalars that a plain value cannot: 1 and 1.0, a date and a string that looks like one. It is empty for strings.
 */
export type MapTree<S> = S & { readonly kind: "map"; readonly keys: readonly string[]; readonly values: readonly Tree<S>[] };
export type ListTree<S> = S & { readonly kind: "list"; readonly items: readonly Tree<S>[] };
export type ScalarTree<S> = S & { readonly kind: "scalar"; readonly value: Scalar; readonly exact: string };
export type Tree<S> = MapTree<S> | ListTree<S> | ScalarTree<S>;

/** The value under one key or index, own properties only. */
export function child<S>(tree: Tree<S>, key: string | number): Tree<S> | undefined {
  if (tree.kind === "map") return typeof key === "string" ? tree.values[tree.keys.indexOf(key)] : undefined;
  if (tree.kind === "list") return typeof key === "number" ? tree.items[key] : undefined;
  return undefined;
}

/** The value at a path, or undefined. */
export function at<S>(root: Tree<S>, path: DocumentPath): Tree<S> | undefined {
  let tree: Tree<S> | undefined = root;
  for (const key of path) {
    if (tree === undefined) return undefined;
    tree = child(tree, key);
  }
  return tree;
}

/** The plain value; a key `__proto__` is a key like any other. */
export function plain<S>(tree: Tree<S>): JsonValue {
  if (tree.kind === "scalar") return tree.value;
  if (tree.kind === "list") return tree.items.map(plain);
  return Object.fromEntries(tree.keys.map((key, index) => [key, plain(itemAt(tree.values, index))]));
}

/** Whether two trees say the same. The order of keys does not count: no client reads meaning from it. */
export function same<S>(one: Tree<S>, other: Tree<S>): boolean {
  if (one === other) return true;
  if (one.kind === "scalar") return other.kind === "scalar" && Object.is(one.value, other.value) && one.exact === other.exact;
  if (one.kind === "list") {
    return (
      other.kind === "list" && one.items.length === other.items.length && one.items.every((item, i) => same(item, itemAt(other.items, i)))
    );
  }
  if (other.kind !== "map" || one.keys.length !== other.keys.length) return false;
  const find = finder(other);
  return one.keys.every((key, index) => {
    const match = other.keys[index] === key ? other.values[index] : find(key);
    return match !== undefined && same(itemAt(one.values, index), match);
  });
}

/** Whether a tree says exactly this value. */
export function says<S>(tree: Tree<S>, value: JsonValue): boolean {
  if (isList(value)) {
    return tree.kind === "list" && tree.items.length === value.length && tree.items.every((item, i) => says(item, itemAt(value, i)));
  }
  if (isMap(value)) {
    if (tree.kind !== "map" || tree.keys.length !== Object.keys(value).length) return false;
    return tree.keys.every((key, index) => {
      const wanted = Object.hasOwn(value, key) ? value[key] : undefined;
      return wanted !== undefined && says(itemAt(tree.values, index), wanted);
    });
  }
  return tree.kind === "scalar" && tree.value === value && (typeof value !== "string" || tree.exact === "");
}

/**
 * Whether `after` is `before` with nothing different but the value at `path`, for which `wanted` answers (undefined: it is gone). A list
 * that lost an item has its later ones moved up.
 */
export function onlyChanged<S>(
  before: Tree<S>,
  after: Tree<S>,
  path: DocumentPath,
  wanted: (value: Tree<S> | undefined) => boolean,
): boolean {
  const [key, ...rest] = path;
  if (key === undefined) return wanted(after);
  if (before.kind === "map" && after.kind === "map" && typeof key === "string") {
    const was = child(before, key);
    const find = finder(after);
    const is = find(key);
    const others = before.keys.length - (was === undefined ? 0 : 1);
    if (after.keys.length !== others + (is === undefined ? 0 : 1)) return false;
    const kept = before.keys.every((name, index) => {
      if (name === key) return true;
      const other = find(name);
      return other !== undefined && same(itemAt(before.values, index), other);
    });
    return kept && lastStep(was, is, rest, wanted);
  }
  if (before.kind === "list" && after.kind === "list" && typeof key === "number") {
    const removed = after.items.length === before.items.length - 1;
    if (removed && rest.length > 0) return false;
    if (!removed && after.items.length !== Math.max(before.items.length, key + 1)) return false;
    const kept = before.items.every((item, index) => {
      const other = after.items[removed && index > key ? index - 1 : index];
      return index === key || (other !== undefined && same(item, other));
    });
    return kept && lastStep(before.items[key], removed ? undefined : after.items[key], rest, wanted);
  }
  return false;
}

function lastStep<S>(
  was: Tree<S> | undefined,
  is: Tree<S> | undefined,
  rest: DocumentPath,
  wanted: (value: Tree<S> | undefined) => boolean,
): boolean {
  if (rest.length === 0) return wanted(is);
  return was !== undefined && is !== undefined && onlyChanged(was, is, rest, wanted);
}

/** Looks keys up; made once for a map in which many are. */
function finder<S>(map: MapTree<S>): (key: string) => Tree<S> | undefined {
  let index: Map<string, Tree<S>> | undefined;
  return (key) => {
    index ??= new Map(map.keys.map((name, position) => [name, itemAt(map.values, position)]));
    return index.get(key);
  };
}

/** An item that is known to be there. */
export function itemAt<T>(items: readonly T[], index: number): T {
  if (index < 0 || index >= items.length) throw new Error("no item at this index");
  return items[index] as T;
}

export function isList(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}

export function isMap(value: JsonValue): value is { readonly [key: string]: JsonValue } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
