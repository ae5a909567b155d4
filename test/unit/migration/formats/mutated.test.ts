import { describe, expect, test } from "vitest";
import { openDocument } from "../../../../electron/migration/formats/open-document.ts";
import type { DocumentPath } from "../../../../electron/migration/formats/document.ts";
import type { ConfigFormat } from "../../../../shared/model/migration.ts";
import { randomDocument } from "./random-documents.ts";
import { createRandom, randomModel } from "./random.ts";
import type { Random } from "./random.ts";
import { processorTime } from "../../../fixtures/processor-time.ts";

// Broken and hostile files: each is refused with a reason or read, in bounded time; nothing throws.

const formats: readonly ConfigFormat[] = ["json", "jsonc", "toml", "yaml"];
const perFormat = 2_600;
const slowestMs = 3_000;

const chunks = [
  "\0",
  "\r",
  "\ufeff",
  "{",
  "}",
  "[",
  "]",
  '"',
  "'",
  '"""',
  "'''",
  ":",
  ": ",
  "- ",
  "? ",
  "#",
  "//",
  "/*",
  "*/",
  ",",
  ",,",
  "\\",
  "\\u",
  "\\ud800",
  "&a ",
  "*a",
  "<<: *a",
  "!!js/function ",
  "!<tag:x> ",
  "|\n",
  ">-\n",
  "---\n",
  "...\n",
  "%YAML 1.1\n",
  "[[",
  "]]",
  "a.b.c",
  "=",
  "__proto__",
  "1e999",
  "0x",
  "\t",
  "\n",
  "\r\n",
  "\u2028",
  "🦊",
];

function mutated(random: Random, original: Uint8Array): Uint8Array {
  let bytes = Array.from(original);
  for (let count = random.below(4) + 1; count > 0; count -= 1) {
    const place = random.below(bytes.length + 1);
    const size = random.below(40);
    switch (random.below(6)) {
      case 0:
        bytes.splice(place, size);
        break;
      case 1:
        bytes.splice(place, 0, ...new TextEncoder().encode(random.pick(chunks)));
        break;
      case 2:
        bytes.splice(place, 0, ...bytes.slice(random.below(bytes.length + 1), random.below(bytes.length + 1)).slice(0, 400));
        break;
      case 3:
        if (place < bytes.length) bytes[place] = random.below(256);
        break;
      case 4:
        bytes = bytes.slice(0, place);
        break;
      default:
        bytes.splice(place, 0, ...new TextEncoder().encode(random.pick(chunks).repeat(random.below(300))));
    }
  }
  return Uint8Array.from(bytes);
}

function placesOf(document: { keys(path: DocumentPath): readonly string[] }): readonly DocumentPath[] {
  const found: DocumentPath[] = [];
  const queue: DocumentPath[] = [[]];
  for (let path = queue.pop(); path !== undefined && found.length < 200; path = queue.pop()) {
    for (const key of document.keys(path)) {
      found.push([...path, key]);
      queue.push([...path, key]);
    }
  }
  return found;
}

describe.each(formats)("%s", (format) => {
  test(`${String(perFormat)} mutated files crash nothing`, { timeout: 120_000 }, () => {
    let read = 0;
    let slowest = 0;
    const changed: number[] = [];
    for (let index = 0; index < perFormat; index += 1) {
      const random = createRandom(index * 31 + 5);
      const bytes = mutated(random, new TextEncoder().encode(randomDocument(format, index).text));
      const from = processorTime();
      const document = openDocument(format, bytes);
      if (document.ok) {
        read += 1;
        const { value } = document;
        value.get([]);
        const places = placesOf(value);
        const path = places.length === 0 ? ["mcpServers", "x"] : random.pick(places);
        value.raw(path);
        const untouched = value.edit([]);
        if (!untouched.ok || !Buffer.from(untouched.value).equals(bytes)) changed.push(index);
        value.edit([{ kind: "set", path, value: randomModel(random, 2) }]);
        value.edit([{ kind: "remove", path }]);
        value.edit([{ kind: "set", path: [...path, "added"], value: { command: "x", args: ["y"], env: { A: "b" } } }]);
        value.edit([{ kind: "restore", path, source: new TextEncoder().encode(random.pick(chunks)) }]);
      }
      slowest = Math.max(slowest, processorTime() - from);
    }
    console.log(`${format}: ${String(read)} of ${String(perFormat)} could be read, the slowest took ${slowest.toFixed(0)} ms`);
    expect(changed, "seeds of files that no edit changed").toEqual([]);
    expect(read).toBeGreaterThan(perFormat / 50);
    expect(slowest).toBeLessThan(slowestMs);
  });
});

const wide = 30_000;
const bombs: readonly (readonly [ConfigFormat, string, string])[] = [
  ["json", "open brackets", `{"a":${"[".repeat(4_000_000)}`],
  ["json", "closed brackets", `{"a":${"[".repeat(100_000)}${"]".repeat(100_000)}}`],
  ["json", "many keys", `{${Array.from({ length: wide * 5 }, (_each, index) => `"k${String(index)}":{}`).join(",")}}`],
  ["json", "block comments", `{${"/* x */".repeat(1_000_000)}}`],
  ["json", "an unended comment", `{}${"/*".repeat(2_000_000)}`],
  ["json", "a long string", `{"a":"${"\\u0041".repeat(1_000_000)}"}`],
  ["toml", "open brackets", `a = ${"[".repeat(450_000)}`],
  ["toml", "open braces", `a = ${"{a=".repeat(150_000)}`],
  ["toml", "dotted keys", `${"a.".repeat(200_000)}a = 1`],
  ["toml", "spaced brackets", `a = ${"[ \n".repeat(150_000)}`],
  ["toml", "dots and blanks", `a${" .a".repeat(150_000)} = 1`],
  ["toml", "many tables", Array.from({ length: wide }, (_each, index) => `[t${String(index)}]\n`).join("")],
  ["toml", "many keys", Array.from({ length: wide }, (_each, index) => `k${String(index)}=1\n`).join("")],
  ["toml", "array tables", "[[a]]\n".repeat(wide)],
  ["toml", "blank lines", `[a]\n${"\n".repeat(400_000)}[b]\nx = 1\n`],
  ["toml", "a long string", `a = "${"a".repeat(450_000)}"`],
  ["toml", "a long key", `${"a".repeat(450_000)} = 1`],
  ["toml", "quotes", `a = ${'"'.repeat(450_000)}`],
  ["yaml", "open brackets", `a: ${"[".repeat(450_000)}`],
  ["yaml", "nested dashes", "- ".repeat(200_000)],
  ["yaml", "nested maps", Array.from({ length: 1000 }, (_each, index) => `${" ".repeat(index)}a:\n`).join("")],
  ["yaml", "many keys", Array.from({ length: wide }, (_each, index) => `k${String(index)}: 1\n`).join("")],
  ["yaml", "question marks", "? ".repeat(200_000)],
  [
    "yaml",
    "alias bomb",
    `a0: &a0 [x,x]\n${Array.from({ length: 60 }, (_each, i) => `a${String(i + 1)}: &a${String(i + 1)} [*a${String(i)},*a${String(i)}]\n`).join("")}`,
  ],
  ["yaml", "many anchors", Array.from({ length: wide }, (_each, index) => `k${String(index)}: &a${String(index)} 1\n`).join("")],
  ["yaml", "alias of itself", "a: &a [*a]\n"],
  ["yaml", "tags", `a: ${"!x ".repeat(100_000)}1`],
  ["yaml", "long plain scalar", `a: ${"b c ".repeat(100_000)}`],
  ["yaml", "comments", `a: 1\n${"# x\n".repeat(100_000)}`],
  ["yaml", "quotes", `a: ${'"'.repeat(450_000)}`],
];

test.each(bombs)("%s: %s is read or refused in bounded time", { timeout: 60_000 }, (format, _name, text) => {
  const from = processorTime();
  const document = openDocument(format, new TextEncoder().encode(text));
  const took = processorTime() - from;
  if (document.ok) document.value.edit([{ kind: "set", path: ["added"], value: 1 }]);
  const message = document.ok ? "" : document.error.message;
  expect(message.length).toBeLessThan(500);
  expect(took).toBeLessThan(10_000);
});
