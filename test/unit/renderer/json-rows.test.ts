import { describe, expect, it } from "vitest";
import { locatePointer } from "../../../renderer/ui/json-pointer.ts";
import { layoutRows, tokenizeRow, type Row } from "../../../renderer/ui/json-rows.ts";
import { findMatches, firstAtLeast } from "../../../renderer/ui/json-search.ts";
import { processorTime } from "../../fixtures/processor-time.ts";

const columns = 60;
const pretty = (value: unknown): string => JSON.stringify(value, null, 2);

/** What the rows show, without the printer's own indentation and line ends. */
function shown(text: string, rows: readonly Row[]): string {
  return rows.map((row) => text.slice(row.start, row.end)).join("");
}
const stripped = (text: string): string => text.replace(/\n */g, "");

const samples: Record<string, unknown> = {
  empty: {},
  nested: { a: [1, -2.5e10, true, null, { b: "c" }], 'key with "quotes"': "\\ \\n" },
  lines: { content: "one\ntwo\n\nthree" },
  long: { command: `ls${" ".repeat(10_000)};rm -rf ~` },
  wide: { text: "漢字".repeat(400), emoji: "👩‍💻".repeat(60), bidi: "\u202e".repeat(50) },
  longKey: { ["k".repeat(3000)]: 1 },
  controls: { text: "\u0000\u001b[31m\u007f\ud800" },
  keys: Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`key${String(index)}`, index])),
};

describe("rows of a JSON text (threat 15)", () => {
  it.each(Object.entries(samples))("show all of %s when unfolded, and no row is wider than the view", (_name, sample) => {
    const text = pretty(sample);
    const rows = layoutRows(text, columns, "all");
    expect(shown(text, rows)).toBe(stripped(text));
    for (const row of rows) expect(row.end - row.start).toBeLessThanOrEqual(columns);
    const joined = (row: Row): string =>
      row.kind === "fold"
        ? ""
        : tokenizeRow(text, row)
            .map(({ start, end }) => text.slice(start, end))
            .join("");
    expect(rows.map(joined)).toEqual(rows.map((row) => text.slice(row.start, row.end)));
  });

  it("folds a long string to head and tail, and the fold names exactly what it hides", () => {
    const text = pretty(samples["long"]);
    const rows = layoutRows(text, columns, new Set());
    const folds = rows.filter(({ kind }) => kind === "fold");
    expect(folds).toHaveLength(1);
    expect(shown(text, rows)).toBe(stripped(text));
    expect(rows.length).toBeLessThan(30);
    const tail = rows.at(-2);
    expect(tail === undefined ? "" : text.slice(tail.start, tail.end)).toContain(";rm -rf ~");
    const [fold] = folds;
    if (fold?.kind !== "fold") throw new Error("no fold");
    const open = layoutRows(text, columns, new Set([fold.string]));
    expect(open.some(({ kind }) => kind === "fold")).toBe(false);
  });

  it("starts a row after each line break that a string holds", () => {
    const text = pretty(samples["lines"]);
    expect(layoutRows(text, columns, "all").map((row) => text.slice(row.start, row.end))).toEqual([
      "{",
      '"content": "one\\n',
      "two\\n",
      "\\n",
      'three"',
      "}",
    ]);
  });

  it("colours keys, values and escapes apart, and long runs of spaces too", () => {
    const text = pretty({ key: `v\n${" ".repeat(12)}x` });
    const kinds = layoutRows(text, columns, "all").flatMap((row) =>
      row.kind === "text" ? tokenizeRow(text, row).map(({ kind }) => kind) : [],
    );
    expect(kinds).toEqual(["mark", "key", "mark", "string", "escape", "run", "string", "mark"]);
  });

  it("lays out a megabyte and five thousand keys within a frame or two", () => {
    const big = pretty({
      content: "line of text\n".repeat(80_000),
      keys: Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [`k${String(i)}`, i])),
    });
    const started = processorTime();
    const rows = layoutRows(big, columns, "all");
    expect(processorTime() - started).toBeLessThan(1000);
    expect(rows.length).toBeGreaterThan(85_000);
  });
});

describe("a pointer into a JSON text", () => {
  const value = { a: { "b/c": [1, { "~": "here" }] }, 'q"': "x,}]", last: [[], {}, "end"] };
  const text = pretty(value);
  it.each([
    ["", "{"],
    ["/a/b~1c/1/~0", '"here"'],
    ['/q"', '"x,}]"'],
    ["/last/2", '"end"'],
    ["/last/0", "[]"],
  ])("%s", (pointer, start) => {
    const at = locatePointer(text, pointer);
    expect(at === null ? null : text.slice(at, at + start.length)).toBe(start);
  });
  it.each(["/b", "/a/b", "/last/3", "a", "/last/2/x"])("%s is not there", (pointer) => {
    expect(locatePointer(text, pointer)).toBeNull();
  });
});

describe("search", () => {
  it("finds every hit without regard to case", () => {
    expect(findMatches("aXbxC", "x")).toEqual([1, 3]);
    expect(findMatches("aaaa", "aa")).toEqual([0, 2]);
    expect(findMatches("abc", "")).toEqual([]);
  });
  it("keeps offsets right where lower case is longer", () => {
    expect(findMatches("İİx", "x")).toEqual([2]);
  });
  it("finds the place of an offset", () => {
    expect([0, 5, 6, 99].map((offset) => firstAtLeast([0, 5, 9], offset))).toEqual([0, 1, 2, 3]);
  });
});
