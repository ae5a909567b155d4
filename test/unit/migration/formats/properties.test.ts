import { describe, expect, test } from "vitest";
import type { ConfigDocument, DocumentEdit, DocumentPath } from "../../../../electron/migration/formats/document.ts";
import { openDocument } from "../../../../electron/migration/formats/open-document.ts";
import type { ConfigFormat } from "../../../../shared/model/migration.ts";
import { randomDocument } from "./random-documents.ts";
import type { RandomDocument } from "./random-documents.ts";
import { createRandom, randomModel, randomScalar } from "./random.ts";
import type { Model, Random } from "./random.ts";

// Random files in random styles, random edits. What must hold is said from how the file was written, not by the code under test.

const formats: readonly ConfigFormat[] = ["json", "jsonc", "toml", "yaml"];
const files = 400;

function opened(format: ConfigFormat, text: string): ConfigDocument {
  const document = openDocument(format, new TextEncoder().encode(text));
  if (!document.ok) throw new Error(`${document.error.message}\n${text}`);
  return document.value;
}

function edited(document: ConfigDocument, edits: readonly DocumentEdit[], text: string): string {
  const result = document.edit(edits);
  if (!result.ok) throw new Error(`${result.error.message}\n${JSON.stringify(edits)}\n${text}`);
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(result.value);
}

function valueAt(model: Model | undefined, path: DocumentPath): Model | undefined {
  let value = model;
  for (const key of path) {
    if (typeof value !== "object") return undefined;
    value = Object.hasOwn(value, key) ? (value as Readonly<Record<string | number, Model>>)[key] : undefined;
  }
  return value;
}

/** The model with one value changed; undefined takes it out. */
function withValue(model: Model, path: DocumentPath, value: Model | undefined): Model {
  const [key, ...rest] = path;
  if (key === undefined || typeof model !== "object") throw new Error("no such place");
  if (Array.isArray(model)) {
    const items = [...(model as readonly Model[])];
    if (rest.length > 0) items[Number(key)] = withValue(items[Number(key)] ?? "", rest, value);
    else if (value === undefined) items.splice(Number(key), 1);
    else items[Number(key)] = value;
    return items;
  }
  const entries = new Map(Object.entries(model as Readonly<Record<string, Model>>));
  if (rest.length > 0) entries.set(String(key), withValue(entries.get(String(key)) ?? "", rest, value));
  else if (value === undefined) entries.delete(String(key));
  else entries.set(String(key), value);
  return Object.fromEntries(entries);
}

/** TOML: comments right above the last key of a section with the next header right below; left behind they would speak of that. */
function commentsAboveLast(file: RandomDocument, start: number, end: number): readonly string[] {
  const below = file.text.slice(end).split("\n")[1] ?? "";
  if (file.format !== "toml" || !/^[[#]/.test(below)) return [];
  const above = file.text.slice(0, start).split("\n").slice(0, -1);
  const first = above.findLastIndex((line) => !line.startsWith("#"));
  return commentsIn(above.slice(first + 1).join("\n"));
}

function commentsIn(text: string): readonly string[] {
  return text.match(/comment-\d+-/g) ?? [];
}

function documents(format: ConfigFormat, base: number): readonly { readonly random: Random; readonly file: RandomDocument }[] {
  return Array.from({ length: files }, (_each, index) => ({
    random: createRandom(base * 1_000_003 + index),
    file: randomDocument(format, base * 7_000_000 + index),
  }));
}

describe.each(formats)("random %s files", (format) => {
  test("read as what was written", () => {
    for (const { file } of documents(format, 1)) expect(opened(format, file.text).get([]), file.text).toEqual(file.model);
  });

  test("no edit and an edit to what is there change nothing", () => {
    for (const { file, random } of documents(format, 2)) {
      const document = opened(format, file.text);
      expect(edited(document, [], file.text)).toBe(file.text);
      const path = random.pick([...file.holders, ["mcpServers"]]);
      const value = document.get(path);
      if (value === undefined) throw new Error("a holder is missing");
      expect(edited(document, [{ kind: "set", path, value }], file.text)).toBe(file.text);
    }
  });

  test("setting a scalar changes the bytes of that scalar and no others", () => {
    for (const { file, random } of documents(format, 3)) {
      const scalars = file.spans.filter((span) => typeof valueAt(file.model, span.path) !== "object");
      if (scalars.length === 0) continue;
      const { path, start, end } = random.pick(scalars);
      const value = randomScalar(random);
      const result = edited(opened(format, file.text), [{ kind: "set", path, value }], file.text);
      expect(result.startsWith(file.text.slice(0, start)), file.text).toBe(true);
      expect(result.endsWith(file.text.slice(end)), file.text).toBe(true);
      expect(opened(format, result).get([])).toEqual(withValue(file.model, path, value));
    }
  });

  test("setting any value keeps every byte outside it, where it is in one piece", () => {
    for (const { file, random } of documents(format, 4)) {
      const spans = file.spans.filter((span) => span.path.length > 0);
      if (spans.length === 0) continue;
      const { path, start, end } = random.pick(spans);
      const value = randomModel(random, 2);
      const result = edited(opened(format, file.text), [{ kind: "set", path, value }], file.text);
      expect(opened(format, result).get([])).toEqual(withValue(file.model, path, value));
      const kept = file.text.slice(0, start).trimEnd();
      expect(result.startsWith(kept), `${file.text}\n=>\n${result}`).toBe(true);
      // A value in lines of its own goes below the comment on its key's line.
      const rest = format === "yaml" && typeof value === "object" ? file.text.slice(end).replace(/^[^\n]*/, "") : file.text.slice(end);
      expect(result.endsWith(rest.trimStart()), `${file.text}\n=>\n${result}`).toBe(true);
    }
  });

  test("a new key comes in and everything that was there stays, in its order", () => {
    for (const { file, random } of documents(format, 5)) {
      const maps = [["mcpServers"], ...file.holders].filter((path) => !Array.isArray(valueAt(file.model, path)));
      const path = [...random.pick(maps), random.pick(["added", "added key", "added.key"])];
      const value = randomModel(random, 2);
      const result = edited(opened(format, file.text), [{ kind: "set", path, value }], file.text);
      expect(opened(format, result).get([])).toEqual(withValue(file.model, path, value));
      expect(commentsIn(result)).toEqual(commentsIn(file.text));
      // The braces of a map that was empty may give way to lines.
      if (Object.keys(valueAt(file.model, path.slice(0, -1)) ?? {}).length === 0) continue;
      expect(isSubsequence(file.text, result), `${file.text}\n=>\n${result}`).toBe(true);
    }
  });

  test("a removed key takes nothing with it but a comment behind it on its line", () => {
    for (const { file, random } of documents(format, 6)) {
      const spans = file.spans.filter((span) => span.path.length > 1 && typeof span.path.at(-1) === "string");
      if (spans.length === 0) continue;
      const { path, start, end } = random.pick(spans);
      const result = edited(opened(format, file.text), [{ kind: "remove", path }], file.text);
      expect(opened(format, result).get([]), `${file.text}\n=>\n${result}`).toEqual(withValue(file.model, path, undefined));
      const line = file.text.slice(end).split("\n", 1)[0] ?? "";
      const gone = new Set([...commentsIn(file.text.slice(start, end)), ...commentsIn(line), ...commentsAboveLast(file, start, end)]);
      const kept = new Set(commentsIn(result));
      const lost = commentsIn(file.text).filter((comment) => !kept.has(comment) && !gone.has(comment));
      // The last key of a map in lines leaves `{}`, which takes the place of the lines.
      const siblings = Object.keys(valueAt(file.model, path.slice(0, -1)) ?? {}).length;
      if (siblings < 2 && (format === "toml" || format === "yaml")) continue;
      expect(lost, `${file.text}\n=>\n${result}`).toEqual([]);
    }
  });

  test("edits of an entry, then its source put back: the file as it was", () => {
    let restored = 0;
    for (const { file, random } of documents(format, 7)) {
      const entry = ["mcpServers", random.pick(Object.keys(valueAt(file.model, ["mcpServers"]) ?? {}))];
      const before = opened(format, file.text);
      const source = before.raw(entry);
      if (source === undefined) continue;
      const keys = before.keys(entry);
      const edits: DocumentEdit[] = [
        { kind: "set", path: [...entry, "command"], value: "/opt/portcullis/bridge" },
        { kind: "set", path: [...entry, "args"], value: ["connect", "x y"] },
        ...keys
          .filter((key) => key !== "command" && key !== "args" && random.chance(0.7))
          .map((key): DocumentEdit => ({ kind: "remove", path: [...entry, key] })),
      ];
      const migrated = edited(before, edits, file.text);
      const back = edited(opened(format, migrated), [{ kind: "restore", path: entry, source }], migrated);
      expect(back, migrated).toBe(file.text);
      restored += 1;
    }
    expect(restored).toBeGreaterThan(files * 0.6);
  });

  test("one value's source put back where it was: the file as it was", () => {
    for (const { file, random } of documents(format, 8)) {
      const spans = file.spans.filter((span) => span.path.length > 0);
      if (spans.length === 0) continue;
      const { path } = random.pick(spans);
      const before = opened(format, file.text);
      const source = before.raw(path);
      if (source === undefined) throw new Error(`no source of ${JSON.stringify(path)}\n${file.text}`);
      const changed = edited(before, [{ kind: "set", path, value: randomScalar(random) }], file.text);
      expect(edited(opened(format, changed), [{ kind: "restore", path, source }], changed), changed).toBe(file.text);
    }
  });

  test("many edits at once are the same as one after the other", () => {
    for (const { file, random } of documents(format, 9).slice(0, 100)) {
      const edits: DocumentEdit[] = Object.keys(valueAt(file.model, ["mcpServers"]) ?? {}).flatMap((name): DocumentEdit[] => [
        { kind: "set", path: ["mcpServers", name, "command"], value: "bridge" },
        { kind: "remove", path: ["mcpServers", name, "env"] },
        { kind: "set", path: ["mcpServers", name, "added"], value: randomModel(random, 2) },
      ]);
      let text = file.text;
      for (const edit of edits) text = edited(opened(format, text), [edit], text);
      expect(edited(opened(format, file.text), edits, file.text)).toBe(text);
    }
  });
});

function isSubsequence(part: string, whole: string): boolean {
  let found = 0;
  for (let index = 0; index < whole.length && found < part.length; index += 1) if (whole[index] === part[found]) found += 1;
  return found === part.length;
}
