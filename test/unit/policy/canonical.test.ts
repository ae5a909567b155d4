import { describe, expect, test } from "vitest";
import { canonical, canonicalJson, canonicalPlain, quoted, quotedAnswer } from "../../../shared/policy/canonical.ts";
import type { JsonValue } from "../../../shared/model/json.ts";
import { createRandom } from "../../fixtures/journal/parts.ts";

type Value = string | number | boolean | null | readonly Value[] | { readonly [key: string]: Value };

const letters = ["a", "B", "é", "\u0000", '"', "\\", "\n", "\u2028", "\ud83d\ude00", "\ud800", "\uffff", "{", ":", ",", "0"];

function randomValue(random: () => number, depth = 0): Value {
  const pick = Math.floor(random() * (depth > 3 ? 5 : 7));
  const text = (): string =>
    Array.from({ length: Math.floor(random() * 6) }, () => letters[Math.floor(random() * letters.length)]).join("");
  switch (pick) {
    case 0:
      return null;
    case 1:
      return random() < 0.5;
    case 2:
      return Math.floor((random() - 0.5) * 2 ** 53);
    case 3:
      return (random() - 0.5) * 10 ** Math.floor(random() * 40 - 20);
    case 4:
      return text();
    case 5:
      return Array.from({ length: Math.floor(random() * 5) }, () => randomValue(random, depth + 1));
    default:
      return Object.fromEntries(Array.from({ length: Math.floor(random() * 6) }, () => [text(), randomValue(random, depth + 1)]));
  }
}

function shuffled(value: Value, random: () => number): Value {
  if (Array.isArray(value)) return value.map((item: Value) => shuffled(item, random));
  if (typeof value !== "object" || value === null) return value;
  const members = Object.entries(value).map(([key, member]) => [random(), key, shuffled(member, random)] as const);
  return Object.fromEntries(members.sort((a, b) => a[0] - b[0]).map(([, key, member]) => [key, member]));
}

describe("canonical", () => {
  test.each([
    [null, "null"],
    [-0, "0"],
    [1e21, "1e+21"],
    [0.1, "0.1"],
    ["\u0000\ud800é", '"\\u0000\\ud800é"'],
    [[], "[]"],
    [{}, "{}"],
    [{ b: 1, a: [{ d: null, c: false }] }, '{"a":[{"c":false,"d":null}],"b":1}'],
    [{ 10: 1, 9: 2, a: 3 }, '{"10":1,"9":2,"a":3}'],
    [{ here: undefined, there: 1 }, '{"there":1}'],
    [JSON.parse('{"__proto__":1,"a":2}'), '{"__proto__":1,"a":2}'],
    [{ toJSON: "is a name like any other" }, '{"toJSON":"is a name like any other"}'],
  ])("%j is %s", (value, text) => {
    expect(canonical(value)).toBe(text);
  });

  test("keys are ordered by UTF-16 code unit, as RFC 8785 says, not by code point", () => {
    // The example of RFC 8785, section 3.2.3.
    const keys = ["\u20ac", "\r", "\ufb33", "1", "\ud83d\ude00", "\u0080", "\u00f6"];
    const text = canonical(Object.fromEntries(keys.map((key) => [key, 0])));
    expect(Object.keys(JSON.parse(text) as object)).toEqual(["1", "\r", "\u0080", "\u00f6", "\u20ac", "\ud83d\ude00", "\ufb33"]);
    expect(text.indexOf("\ud83d\ude00")).toBeLessThan(text.indexOf("\ufb33"));
  });

  test("any order of the members gives the same text, and the text is the value", () => {
    const random = createRandom(20261120);
    for (let round = 0; round < 2000; round += 1) {
      const value = randomValue(random);
      const text = canonical(value);
      expect(canonical(shuffled(value, random))).toBe(text);
      expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
      expect(canonical(JSON.parse(text))).toBe(text);
      expect(text).not.toMatch(/\n/);
    }
  });

  test("different values have different texts", () => {
    const random = createRandom(7);
    const seen = new Map<string, string>();
    for (let round = 0; round < 2000; round += 1) {
      const value = randomValue(random);
      const identity = JSON.stringify(shuffled(value, () => 0));
      const text = canonical(value);
      expect(JSON.parse(seen.get(text) ?? identity)).toEqual(JSON.parse(identity));
      seen.set(text, identity);
    }
    expect(canonical({ a: 1 })).not.toBe(canonical({ a: "1" }));
    expect(canonical([1, [2]])).not.toBe(canonical([[1], 2]));
    expect(canonical({ 'a":1,"b': 2 })).not.toBe(canonical({ a: 1, b: 2 }));
  });

  test.each([
    ["NaN", Number.NaN],
    ["Infinity", { a: [Number.POSITIVE_INFINITY] }],
    ["a function", { a: () => 1 }],
    ["a bigint", 1n],
    ["a symbol", Symbol("s")],
    ["undefined", undefined],
    ["undefined in an array", [undefined]],
    ["a hole in an array", Array.from({ length: 2 }).fill(1, 1)],
  ])("refuses %s", (_name, value) => {
    expect(() => canonical(value)).toThrow(TypeError);
  });

  test("refuses a cycle and what is nested too deeply, instead of overflowing the stack", () => {
    const cycle: { self?: unknown } = {};
    cycle.self = cycle;
    expect(() => canonical(cycle)).toThrow(/too deeply/);
    expect(() => canonical(JSON.parse(`${"[".repeat(5000)}${"]".repeat(5000)}`))).toThrow(/too deeply/);
    expect(canonical(JSON.parse(`${"[".repeat(500)}${"]".repeat(500)}`))).toHaveLength(1000);
  });
});

describe("the quick ways to the same text", () => {
  const random = createRandom(11);
  const values = Array.from({ length: 3_000 }, () => JSON.parse(JSON.stringify(randomValue(random))) as JsonValue);

  test("canonicalJson, of anything out of JSON, its keys in order or not", () => {
    for (const value of values) {
      expect(canonicalJson(value)).toBe(canonical(value));
      const other = shuffled(value, random);
      expect(canonicalJson(other)).toBe(canonical(value));
    }
    const sorted = '{"a":[{"b":1,"c":"x"}],"z":-0.5}';
    expect(canonicalJson(JSON.parse(sorted) as JsonValue)).toBe(sorted);
  });

  test("canonicalPlain, of anything out of JSON without a backslash", () => {
    let plain = 0;
    for (const value of values) {
      if (JSON.stringify(value).includes("\\")) continue;
      plain += 1;
      expect(canonicalPlain(shuffled(value, random))).toBe(canonical(value));
    }
    expect(plain).toBeGreaterThan(1_000);
    expect(canonicalPlain({ b: [], a: {}, c: -0, d: 1e300, e: "é\u2028😀" })).toBe(
      canonical({ b: [], a: {}, c: 0, d: 1e300, e: "é\u2028😀" }),
    );
    const deep = (depth: number): JsonValue => (depth === 0 ? 1 : [deep(depth - 1)]);
    expect(() => canonicalPlain(deep(600))).toThrow(TypeError);
  });

  test("quoted and quotedAnswer", () => {
    const texts = [
      "",
      "plain",
      'say "hi"',
      "back\\slash",
      "line\nbreak",
      "\u0000",
      "\u001f",
      " ",
      "~",
      "\u007f",
      "é",
      "\u2028",
      "😀",
      "[]^_`{}",
      "x".repeat(255),
      "x".repeat(256),
    ];
    for (const text of texts) {
      expect(quoted(text)).toBe(JSON.stringify(text));
      expect(quotedAnswer(text)).toBe(JSON.stringify(text));
      expect(quotedAnswer(`{"a":"${text}"}`)).toBe(JSON.stringify(`{"a":"${text}"}`));
    }
    for (let code = 0; code < 0x100; code += 1) expect(quoted(String.fromCharCode(code))).toBe(JSON.stringify(String.fromCharCode(code)));
    expect(quoted("half \ud800")).toBe(JSON.stringify("half \ud800"));
  });

  test("quotedAnswer of a long text, whatever in it must be escaped", () => {
    const long = `{"a":"${"x".repeat(2_000)}`;
    expect(quotedAnswer(long)).toBe(JSON.stringify(long));
    for (let code = 0; code < 0x100; code += 1) {
      const text = `${long}${String.fromCharCode(code)}y"}`;
      expect(quotedAnswer(text)).toBe(JSON.stringify(text));
    }
  });

  test("what is nested too deeply has no text of any kind", () => {
    const deep = (depth: number): JsonValue => (depth === 0 ? 1 : { a: deep(depth - 1) });
    for (const write of [canonical, canonicalJson, canonicalPlain]) {
      expect(write(deep(512))).toBe(JSON.stringify(deep(512)));
      expect(() => write(deep(600))).toThrow(TypeError);
    }
  });
});
