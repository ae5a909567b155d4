import { fail, ok } from "../../../shared/errors.ts";
import type { Result } from "../../../shared/errors.ts";
import type { JsonValue } from "../../../shared/model/json.ts";
import type { DocumentPath } from "./document.ts";
import { indentOf, isFirstOnLine, lineBreakAt } from "./source-text.ts";
import type { TomlTree } from "./toml-tree.ts";
import { isList, isMap, itemAt } from "./tree.ts";

// Values as TOML text.

/** A key, quoted only where it must be. */
export function tomlKey(key: string): string {
  return /^[A-Za-z0-9_-]+$/.test(key) ? key : basicString(key);
}

/** A header or dotted key. Indexes have no text: a header means the last item of its array. */
export function tomlPath(path: DocumentPath): string {
  return path
    .filter((key) => typeof key === "string")
    .map(tomlKey)
    .join(".");
}

function basicString(value: string): string {
  const escaped = value.replaceAll(/[\\"\u0000-\u001f\u007f-\u009f\u2028\u2029\ufeff]/g, (character) => {
    const short = ({ "\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t" } as Readonly<Record<string, string>>)[character];
    return short ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
  return `"${escaped}"`;
}

/** TOML has no null, anywhere. */
export function tomlCanHold(value: JsonValue): Result<undefined> {
  const queue: JsonValue[] = [value];
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    if (next === null) return fail("bad-input", "TOML cannot hold a null.");
    if (isList(next)) queue.push(...next);
    else if (isMap(next)) queue.push(...Object.values(next));
  }
  return ok(undefined);
}

/** A value behind a `=` or in an array, in the style of the one it replaces. */
export function tomlValue(text: string, value: JsonValue, like: TomlTree | undefined): string {
  const old = like?.range === undefined ? "" : text.slice(like.range.start, like.range.end);
  if (typeof value === "string") {
    return old.startsWith("'") && /^[^'\u0000-\u001f\u007f]*$/.test(value) ? `'${value}'` : basicString(value);
  }
  if (isList(value)) {
    const first = like?.spots?.[0];
    const quotes = like?.kind === "list" ? like.items[0] : undefined;
    const items = value.map((item) => tomlValue(text, item, quotes));
    if (items.length === 0) return "[]";
    if (first !== undefined && like?.range !== undefined && isFirstOnLine(text, first.start)) {
      const eol = lineBreakAt(text, first.start);
      const indent = indentOf(text, first.start);
      const last = itemAt(like.spots ?? [], (like.spots ?? []).length - 1);
      const comma = /^\s*,/.test(text.slice(last.end, like.range.end)) ? "," : "";
      return `[${eol}${indent}${items.join(`,${eol}${indent}`)}${comma}${eol}${indentOf(text, like.range.end)}]`;
    }
    const padding = old.startsWith("[ ") ? " " : "";
    return `[${padding}${items.join(", ")}${padding}]`;
  }
  if (isMap(value)) {
    const members = Object.entries(value).map(([key, item]) => `${tomlKey(key)} = ${tomlValue(text, item, undefined)}`);
    if (members.length === 0) return "{}";
    const padding = old.startsWith("{") && old.length > 2 && !/^\{\s/.test(old) ? "" : " ";
    return `{${padding}${members.join(", ")}${padding}}`;
  }
  return String(value);
}
