import { applyEdits, parse } from "jsonc-parser";
import { describe, expect, it } from "vitest";
import { removeProperty } from "../../../electron/settings/remove-property.ts";

const without = (text: string, ...at: string[]): string => applyEdits(text, removeProperty(text, at));

const commented = `{
  // about a
  "a": { "command": "node" }, // end of a
  // about b
  "b": {
    "command": "node" // inside
  } // end of b
  // the end
}
`;

describe("taking a property out", () => {
  it("leaves the comments of its neighbours", () => {
    expect(without(commented, "b")).toBe(`{
  // about a
  "a": { "command": "node" } // end of a
  // about b
  // the end
}
`);
    expect(without(commented, "a")).toBe(`{
  // about a
  // about b
  "b": {
    "command": "node" // inside
  } // end of b
  // the end
}
`);
  });

  it.each([
    ['{"a":1}', "{}"],
    ['{ "a": 1 }', "{ }"],
    ['{ "a": 1, "b": 2 }', '{ "b": 2 }'],
    ['{ "b": 2, "a": 1 }', '{ "b": 2 }'],
    ['{ "b": 2, "a": 1, }', '{ "b": 2, }'],
    ['{\n\t"b": 2, "a": 1\n}', '{\n\t"b": 2\n}'],
    ['{\r\n  "b": 2,\r\n  "a": 1\r\n}\r\n', '{\r\n  "b": 2\r\n}\r\n'],
    ['{\n  "a": 1,\n}', "{\n}"],
    ['{\n  "a": 1 /* one */,\n  "b": 2\n}', '{\n  "b": 2\n}'],
    ['{\n  "a": 1 // one\n  , "b": 2\n}', '{\n   "b": 2\n}'],
    ['{\n  "a": 1, /* of\n  b */ "b": 2\n}', '{\n  /* of\n  b */ "b": 2\n}'],
    ['{\n  "b": 2 // two\n  ,\n  "a": 1\n}', '{\n  "b": 2 // two\n  \n}'],
    ['\uFEFF{\n  "a": 1\n}\n', "\uFEFF{\n}\n"],
    ['{ "b": 2 }', '{ "b": 2 }'],
  ])("%j becomes %j", (text, wanted) => {
    expect(without(text, "a")).toBe(wanted);
  });

  it("leaves all others, whatever stands between", () => {
    const between = ["", " ", "\n", "\r\n  ", " /* x, */ ", " // y, }\n"];
    for (let n = 0; n < 600; n++) {
      const gap = (k: number): string => between[Math.floor(n / 7 ** k + n * (k + 1)) % between.length] ?? "";
      const text = `{${gap(0)}"a"${gap(1)}:${gap(2)}1${gap(3)},${gap(0)}"b":{${gap(1)}"c":[1,2]}${gap(2)},${gap(3)}"d":"}"${gap(0)}${n % 2 === 0 ? "" : ","}${gap(1)}}`;
      const all = parse(text, [], { allowTrailingComma: true }) as Record<string, unknown>;
      for (const key of Object.keys(all)) {
        const errors: Parameters<typeof parse>[1] = [];
        const left = parse(without(text, key), errors, { allowTrailingComma: true }) as unknown;
        const { [key]: _gone, ...rest } = all;
        expect([left, errors], JSON.stringify([text, key])).toEqual([rest, []]);
      }
    }
  });
});
