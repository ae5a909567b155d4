import { describe, expect, it } from "vitest";
import { commandText, durationMs, table } from "../../../electron/commands/print.ts";
import { printableJson } from "../../../electron/commands/terminal.ts";

describe("durationMs", () => {
  it.each([
    ["90s", 90_000],
    ["30m", 1_800_000],
    ["12h", 43_200_000],
    ["7d", 604_800_000],
    ["2w", 1_209_600_000],
  ] as const)("%s", (text, ms) => {
    expect(durationMs(text)).toBe(ms);
  });
  it.each(["", "7", "d", "0d", "-1d", "1.5h", "7 d", "7y", "9999999d", "1e3s"])("%j is none", (text) => {
    expect(durationMs(text)).toBeNull();
  });
});

it("commandText quotes what a shell would cut, and leaves nothing out", () => {
  expect(commandText("npx", ["-y", "a b", "it's", "", "$HOME", "--x=/y"])).toBe("npx -y 'a b' 'it'\\''s' '' '$HOME' --x=/y");
  expect(commandText("x", [`${"y".repeat(7000)}\n`])).toBe(`x '${"y".repeat(7000)}⟨U+000A⟩'`);
});

it("table keeps a cell on its line and in its column", () => {
  expect(
    table(
      ["a", "b"],
      [
        ["one\ntwo", "x"],
        ["3", ""],
      ],
    ),
  ).toBe("A               B\none⟨U+000A⟩two  x\n3");
});

it("printableJson escapes what a terminal would act on and reads back the same", () => {
  const value = { "\u001b": "\u0085\u202e\u{e0041}é\u{1f600}\n\t", list: [undefined, 1], none: null };
  const text = printableJson(value);
  expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]|\u{e0041}/u);
  expect(text).toContain("é\u{1f600}");
  expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
});
