import { Composer, isAlias, isMap, isScalar, isSeq, Parser } from "yaml";
import type { CST, Node, Pair, ParsedNode, YAMLMap, YAMLSeq } from "yaml";
import { fail, ok } from "../../../shared/errors.ts";
import type { Result } from "../../../shared/errors.ts";
import { maxDepth } from "./json-tree.ts";
import { failAt, lineEnd } from "./source-text.ts";
import type { Tree } from "./tree.ts";

// YAML 1.2, one document, no directives. Tags build nothing. Aliases are followed for reading, within a bound on what they grow to
// (alias bombs); whatever has to do with one cannot be edited, since what an edit would mean is not for us to guess.

export interface YamlNotes {
  /** Behind the key's colon or the item's dash; in a flow list, where the item starts. */
  readonly before: number;
  /** The value's own text; both are `before` where there is none (a null that is not written). */
  readonly start: number;
  /** Without line breaks behind it. */
  readonly end: number;
  /** Of the key, or of the dash of an item in a block list. */
  readonly keyStart: number;
  /** In brackets, or a scalar; false for maps and lists in lines. */
  readonly flow: boolean;
  readonly quote: "plain" | "single" | "double" | "block" | "none";
  /** Why neither this nor anything in it can be edited. */
  readonly frozen: string | null;
}

export type YamlTree = Tree<YamlNotes>;

const maxExpanded = 100_000;

/** A whole file; one without any value is an empty map. */
export function parseYaml(text: string): Result<YamlTree> {
  const lone = text.search(/\r(?!\n)/);
  if (lone >= 0) return failAt(text, lone, "there is a carriage return without a line feed.");
  const tokens = [...new Parser().parse(text)];
  const deep = firstTooDeep(tokens);
  if (deep !== undefined) return failAt(text, deep, `the file is nested more than ${String(maxDepth)} levels deep.`);
  const directive = tokens.find((token) => token.type === "directive");
  if (directive !== undefined) return failAt(text, directive.offset, "YAML directives are not understood.");
  // Duplicate keys are found below: the composer's own search takes quadratic time.
  const composer = new Composer({
    version: "1.2",
    schema: "core",
    merge: false,
    uniqueKeys: false,
    keepSourceTokens: true,
    logLevel: "silent",
  });
  const documents = [...composer.compose(tokens, true, text.length)];
  const [document, second] = documents;
  if (document === undefined) return fail("bad-input", "The file is empty.");
  const error = documents.flatMap((each) => each.errors)[0];
  if (error !== undefined) return failAt(text, error.pos[0], `${error.message.replace(/\.$/, "")}.`);
  if (second !== undefined) return failAt(text, second.range[0], "there is a second document.");
  const build = createBuilder(text);
  const root = document.contents;
  if (root === null || (isScalar(root) && root.value === null && !isWritten(root))) return ok(emptyRoot(text));
  const tree = build(root, { before: root.range?.[0] ?? 0, keyStart: root.range?.[0] ?? 0 });
  if (!tree.ok) return tree;
  if (tree.value.kind !== "map") return failAt(text, tree.value.start, "the file does not hold a map.");
  return tree;
}

function isWritten(node: Node): boolean {
  return node.range !== undefined && node.range !== null && node.range[1] > node.range[0];
}

function emptyRoot(text: string): YamlTree {
  const end = text.trimEnd().length;
  return { kind: "map", keys: [], values: [], before: end, start: end, end, keyStart: end, flow: false, quote: "none", frozen: null };
}

function firstTooDeep(tokens: readonly CST.Token[]): number | undefined {
  const queue = tokens.map((token) => ({ token, depth: 0 }));
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    const { token, depth } = next;
    if (depth > maxDepth) return token.offset;
    if (token.type === "document" && token.value !== undefined) queue.push({ token: token.value, depth });
    if (!("items" in token)) continue;
    for (const item of token.items) {
      if (item.key !== undefined && item.key !== null) queue.push({ token: item.key, depth: depth + 1 });
      if (item.value !== undefined) queue.push({ token: item.value, depth: depth + 1 });
    }
  }
  return undefined;
}

interface Spot {
  readonly before: number;
  readonly keyStart: number;
}

type Build = (node: ParsedNode | Node | null, spot: Spot, frozen?: string | null) => Result<YamlTree>;

function createBuilder(text: string): Build {
  const anchors = new Map<string, YamlTree>();
  const sizes = new Map<YamlTree, { readonly size: number; readonly depth: number }>();

  const measure = (tree: YamlTree): { readonly size: number; readonly depth: number } => {
    const known = sizes.get(tree);
    if (known !== undefined) return known;
    const children = tree.kind === "map" ? tree.values : tree.kind === "list" ? tree.items : [];
    const all = children.map(measure);
    const size = all.reduce((sum, each) => sum + each.size, 1);
    const depth = all.reduce((most, each) => Math.max(most, each.depth), 0) + 1;
    sizes.set(tree, { size, depth });
    return { size, depth };
  };

  const build: Build = (node, spot, frozen = null) => {
    const range = node?.range ?? [spot.before, spot.before, spot.before];
    if (node === null || (isScalar(node) && !isWritten(node) && node.tag === undefined && node.anchor === undefined)) {
      return ok({
        kind: "scalar",
        value: null,
        exact: "null",
        ...spot,
        start: spot.before,
        end: spot.before,
        flow: true,
        quote: "none",
        frozen,
      });
    }
    if (isAlias(node)) {
      const target = anchors.get(node.source);
      if (target === undefined) return failAt(text, range[0], "this alias stands for nothing before it.");
      const copy: YamlTree = { ...target, ...spot, start: range[0], end: range[1], flow: true, frozen: "it is a YAML alias" };
      const { size, depth } = measure(copy);
      if (size > maxExpanded || depth > maxDepth) return failAt(text, range[0], "the aliases of this file stand for too much.");
      return ok(copy);
    }
    const own = node.anchor !== undefined ? "it has a YAML anchor" : isTagged(node) ? "it has a YAML tag" : frozen;
    const tree = isMap(node) || isSeq(node) ? buildCollection(node, spot, own) : buildScalar(text, node, spot, own);
    if (!tree.ok) return tree;
    if (measure(tree.value).size > maxExpanded) return failAt(text, range[0], "the file holds too many values.");
    if (node.anchor !== undefined) anchors.set(node.anchor, tree.value);
    return tree;
  };

  const buildCollection = (node: YAMLMap | YAMLSeq, spot: Spot, frozen: string | null): Result<YamlTree> => {
    const source = node.srcToken;
    if (source === undefined || !("items" in source)) return fail("bad-input", "The file has a shape that is not understood.");
    const flow = source.type === "flow-collection";
    const children: YamlTree[] = [];
    const keys: string[] = [];
    const seen = new Set<string>();
    for (const [index, item] of node.items.entries()) {
      const token = collectionItem(source, index);
      if (isMap(node)) {
        const pair = item as Pair<ParsedNode, ParsedNode | null>;
        const key =
          isScalar(pair.key) && typeof pair.key.value === "string" && isWritten(pair.key) ? pair.key.value : sourceOf(text, pair.key);
        const keyStart = pair.key?.range?.[0] ?? node.range?.[0] ?? 0;
        if (seen.has(key)) return failAt(text, keyStart, `the key ${JSON.stringify(key)} is there twice in one map.`);
        seen.add(key);
        keys.push(key);
        const colon = token?.sep?.find((each) => each.type === "map-value-ind");
        const odd = colon === undefined || token?.start.some((each) => each.type === "explicit-key-ind") === true;
        const before = colon === undefined ? (pair.key?.range?.[1] ?? keyStart) : colon.offset + 1;
        const value = build(pair.value, { before, keyStart }, odd ? "its key is written in a way that is not understood" : frozen);
        if (!value.ok) return value;
        children.push(value.value);
      } else {
        const dash = token?.start.find((each) => each.type === "seq-item-ind");
        const child = item as ParsedNode | null;
        const place = child?.range?.[0] ?? dash?.offset ?? node.range?.[0] ?? 0;
        const spot = dash === undefined ? { before: place, keyStart: place } : { before: dash.offset + 1, keyStart: dash.offset };
        const value = build(child, spot, frozen);
        if (!value.ok) return value;
        children.push(value.value);
      }
    }
    const start = flow ? source.start.offset : (children[0]?.keyStart ?? source.offset);
    const end = flow ? (node.range?.[1] ?? start) : (children.at(-1)?.end ?? start);
    const merged = keys.includes("<<") ? "it has a YAML merge key" : frozen;
    const notes = { ...spot, start, end, flow, quote: "none" as const, frozen: merged };
    return ok(isMap(node) ? { ...notes, kind: "map", keys, values: children } : { ...notes, kind: "list", items: children });
  };

  return build;
}

interface ItemToken {
  readonly start: readonly CST.SourceToken[];
  readonly sep?: readonly CST.SourceToken[] | undefined;
}

/** The token of the nth item; a flow collection may end with one that holds only what is behind the last comma. */
function collectionItem(source: { readonly items: readonly ItemToken[] }, index: number): ItemToken | undefined {
  return source.items[index];
}

function isTagged(node: Node): boolean {
  const tag = "tag" in node ? node.tag : undefined;
  return typeof tag === "string" && !tag.startsWith("tag:yaml.org,2002:");
}

function sourceOf(text: string, node: Node | null): string {
  const range = node?.range;
  return range === undefined || range === null ? "" : text.slice(range[0], range[1]).trim();
}

function buildScalar(text: string, node: ParsedNode | Node, spot: Spot, frozen: string | null): Result<YamlTree> {
  if (!isScalar(node)) return fail("bad-input", "The file has a shape that is not understood.");
  const [from, to] = node.range ?? [spot.before, spot.before];
  const quote =
    node.type === "QUOTE_DOUBLE" ? "double" : node.type === "QUOTE_SINGLE" ? "single" : node.type === "PLAIN" ? "plain" : "block";
  const value: unknown = node.value;
  const notes = { ...spot, start: from, end: quote === "block" ? blockEnd(text, from, to) : to, flow: true, quote, frozen } as const;
  const tag = isTagged(node) ? `${String(node.tag)} ` : "";
  if (typeof value === "string") return ok({ kind: "scalar", value, exact: tag, ...notes });
  if (value === null) return ok({ kind: "scalar", value, exact: "null", ...notes });
  if (typeof value === "number" || typeof value === "boolean") return ok({ kind: "scalar", value, exact: text.slice(from, to), ...notes });
  return failAt(text, from, "this value is not understood.");
}

/** A block scalar's last line with text. */
function blockEnd(text: string, from: number, to: number): number {
  return Math.max(lineEnd(text, from), from + text.slice(from, to).trimEnd().length);
}
