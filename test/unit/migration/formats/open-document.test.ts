import { describe, expect, test } from "vitest";
import type { ConfigFormat } from "../../../../shared/model/migration.ts";
import { edited, encode, opened, refusal, set } from "./editing.ts";

describe("what is refused, and with which words", () => {
  test.each<[ConfigFormat, string, string]>([
    ["json", '{"a": 1, "a": 2}', 'line 1, column 10: the key "a" is there twice in one object.'],
    ["json", '{\n  "x": {"a": 1, "\\u0061": 2}\n}', 'line 2, column 17: the key "a" is there twice in one object.'],
    ["json", '{"a": 01}', "line 1, column 8: a comma is expected here."],
    ["json", "{'a': 1}", "line 1, column 2: a key in double quotes is expected here."],
    ["json", '{"a": "x\ty"}', "line 1, column 7: this is not valid JSON."],
    ["json", '{"a": 1', "line 1, column 8: the file ends too early."],
    ["json", "[1]", "line 1, column 1: the file does not hold an object."],
    ["json", " \n", "The file is empty."],
    ["json", '{"a": 1} x', "line 1, column 10: there is something behind the end of the value."],
    ["json", '{"a": 1} /* x', "line 1, column 10: there is something behind the end of the value."],
    ["jsonc", '{ // x\r"a": 1 }', "line 1, column 3: a carriage return without a line feed ends this comment for some programs only."],
    ["json", '{"a": "\0"}', "line 1, column 8: there is a NUL character."],
    ["toml", "a = 1\na = 2\n", "line 2, column 1: Defining a key multiple times is invalid."],
    ["toml", "[a]\nb.c = 1\n[a.b]\nd = 1\n", "line 3, column 4: Defining a key multiple times is invalid."],
    ["toml", "a = 1\rb = 2", "line 1, column 6: there is a carriage return without a line feed."],
    ["yaml", "a: 1\nb:\n  c: 1\n  c: 2\n", 'line 4, column 3: the key "c" is there twice in one map.'],
    ["yaml", "a: 1\n---\nb: 2\n", "line 2, column 1: there is a second document."],
    ["yaml", "%YAML 1.1\n---\na: yes\n", "line 1, column 1: YAML directives are not understood."],
    ["yaml", "- a\n", "line 1, column 1: the file does not hold a map."],
    ["yaml", "a: 1\rb: 2", "line 1, column 5: there is a carriage return without a line feed."],
  ])("%s %j", (format, text, reason) => {
    expect(refusal(format, text)).toBe(reason);
  });

  test("bytes that are not UTF-8", () => {
    expect(refusal("json", Uint8Array.from([0xff, 0xfe, 0x7b, 0, 0x7d, 0]))).toBe("The file is UTF-16, not UTF-8.");
    expect(refusal("json", Uint8Array.from([0x7b, 0, 0x7d, 0]))).toBe(
      "line 1, column 2: there is a NUL character. It looks like UTF-16; save it as UTF-8.",
    );
    expect(refusal("json", Uint8Array.from([...encode('{\n"é": "'), 0xe9, 0x22, 0x7d]))).toBe(
      "line 2, column 7: the file is not valid UTF-8 there.",
    );
  });

  test("files that are too large", () => {
    expect(refusal("json", new Uint8Array(16 * 1024 * 1024 + 1).fill(0x20))).toMatch(/16777217 bytes; at most 16777216/);
    expect(refusal("toml", new Uint8Array(512 * 1024 + 1).fill(0x20))).toMatch(/at most 524288/);
  });
});

describe("reading", () => {
  test("only own properties, also under names of the language", () => {
    for (const [format, text] of [
      ["json", '{"__proto__": {"a": 1}, "constructor": 2}'],
      ["toml", "constructor = 2\n[__proto__]\na = 1\n"],
      ["yaml", "__proto__:\n  a: 1\nconstructor: 2\n"],
    ] as const) {
      const document = opened(format, text);
      expect(document.get(["__proto__", "a"])).toBe(1);
      expect(document.get(["constructor"])).toBe(2);
      expect(document.get(["toString"])).toBeUndefined();
      expect(document.get(["a"])).toBeUndefined();
      expect(Object.getPrototypeOf(document.get([]))).toBe(Object.prototype);
      expect(edited(format, text, set(["__proto__", "a"], 2))).toBe(
        text.replace(/a("?[:=]? ?=? ?)(?:1|: 1)/, (match) => match.replace("1", "2")),
      );
    }
  });

  test("TOML dates are their text, an empty YAML file is an empty map, aliases are followed, tags build nothing", () => {
    expect(opened("toml", "a = 1979-05-27T07:32:00Z\n").get(["a"])).toBe("1979-05-27T07:32:00Z");
    expect(opened("yaml", "# nothing\n").get([])).toEqual({});
    expect(opened("yaml", "a: &x [1]\nb: *x\nc: {<<: {d: 1}}\n").get([])).toEqual({ a: [1], b: [1], c: { "<<": { d: 1 } } });
    expect(opened("yaml", "a: !!js/function 'x'\nb: !ruby/object:Gem x\n").get([])).toEqual({ a: "x", b: "x" });
  });
});

test("a failed edit names the place and never the value", () => {
  const message = edited("yaml", "a: &x {T: hunter2}\nb: *x\n", set(["a", "T"], "hunter3"));
  expect(message).toMatch(/^refused: "a" → "T"/);
  expect(message).not.toMatch(/hunter/);
  expect(refusal("json", '{"T": "hunter2" x}')).not.toMatch(/hunter/);
  expect(refusal("toml", 'T = "hunter2\n')).not.toMatch(/hunter/);
  expect(refusal("yaml", 'T: "hunter2\n')).not.toMatch(/hunter/);
});
