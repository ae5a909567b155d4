import { describe, expect, it } from "vitest";
import { createCursor, deepest, itemsOf, memberOf, skipValue } from "../../../shared/mcp/json-bytes.ts";
import { isDeeper } from "../../../shared/mcp/nesting.ts";

const bytes = (text: string): Uint8Array => Buffer.from(text);
const end = (text: string): number => skipValue(bytes(text), 0, createCursor());
const nested = (levels: number, open: string, close: string): string => open.repeat(levels) + close.repeat(levels);

describe("skipValue", () => {
  it.each([1, 30, 31, 32, 61, 62, 63, 93, 94, deepest])("matches brackets by kind at %i levels", (levels) => {
    const mixed = Array.from({ length: levels }, (_, level) => (level % 3 === 0 ? '{"a":' : "["));
    const text = `${mixed.join("")}1${mixed
      .map((open) => (open === "[" ? "]" : "}"))
      .toReversed()
      .join("")}`;
    expect(end(text)).toBe(text.length);
    for (let level = 0; level < levels; level++) {
      // One closing bracket of the wrong kind, wherever it is.
      const at = text.length - 1 - level;
      const wrong = text.slice(0, at) + (text[at] === "]" ? "}" : "]") + text.slice(at + 1);
      expect(end(wrong)).toBe(-1);
    }
  });

  it("gives up where it is deeper, and says why", () => {
    const cursor = createCursor();
    expect(skipValue(bytes(nested(deepest + 1, "[", "]")), 0, cursor)).toBe(-1);
    expect(cursor.deep).toBe(true);
  });
});

describe("memberOf", () => {
  const value = (text: string, name: string): string | null => {
    const place = memberOf(bytes(text), 0, name);
    return place === null ? null : text.slice(place.start, place.end);
  };

  it("finds a member whatever stands around it", () => {
    expect(value('{"a":{"id":1},"id" : "q" ,"b":[1,2]}', "id")).toBe('"q"');
    expect(value('{"id":{"x":"}"}}', "id")).toBe('{"x":"}"}');
  });

  it.each([
    '{"id":1,"id":2}',
    '{"i\\u0064":1,"id":2}',
    '{"a":1}',
    '{"a" 1,"id":2}',
    '{"id":2',
    "[1]",
    "",
    `{"a":${nested(200, "[", "]")},"id":1}`,
  ])("finds none in %j", (text) => {
    expect(value(text, "id")).toBeNull();
  });
});

describe("itemsOf", () => {
  it("cuts an array of objects, however deep they are", () => {
    const items = ['{"a":"]},{"}', `{"b":${nested(5_000, "[", "]")}}`, "{}"];
    const text = ` [${items.join(" , ")}] `;
    expect(itemsOf(bytes(text)).map(({ start, end: to }) => text.slice(start, to))).toEqual(items);
  });
});

describe("isDeeper", () => {
  it("counts levels, and does not recurse", () => {
    expect(isDeeper(1, 0)).toBe(false);
    expect(isDeeper({}, 0)).toBe(true);
    expect(isDeeper({ a: [1] }, 2)).toBe(false);
    expect(isDeeper({ a: [1, {}] }, 2)).toBe(true);
    expect(isDeeper(JSON.parse(nested(100_000, "[", "]")), 64)).toBe(true);
  });
});
