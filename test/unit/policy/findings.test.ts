import { describe, expect, it } from "vitest";
import type { JsonObject } from "../../../shared/model/json.ts";
import { inspectArguments, subjectOf } from "../../../shared/policy/findings.ts";

const kinds = (args: JsonObject) => inspectArguments(args).findings.map((finding) => finding.kind);

describe("inspectArguments (threats 13 and 15)", () => {
  it("has nothing to say about ordinary arguments", () => {
    expect(inspectArguments({ path: "/home/ann/site/index.html", lines: [1, 2], deep: { a: "two\nlines\tand a tab" } })).toEqual({
      findings: [],
      mustExpand: false,
    });
  });

  it("finds every class of what cannot be seen", () => {
    for (const hidden of ["\u200b", "\u202e", "\u2066", "\u{e0041}", "\ufeff", "\u00ad", "\u3164"])
      expect(kinds({ a: `x${hidden}y` })).toEqual(["invisible"]);
    for (const control of ["\u001b", "\r", "\u0000", "\u0085", "\u007f"]) expect(kinds({ a: `x${control}y` })).toEqual(["control"]);
    expect(kinds({ ["ke\u200by"]: 1 })).toEqual(["invisible"]);
  });

  it("counts, points, and says it in words", () => {
    const { findings } = inspectArguments({ list: [{ "a/b~c": "\u200b\u200b" }] });
    expect(findings).toEqual([
      { kind: "invisible", pointer: "/list/0/a~1b~0c", text: "2 invisible or look-alike blank characters in this text" },
    ]);
  });

  it("locks Allow for padding and walls of text", () => {
    for (const padding of [" ".repeat(10_000), "\n".repeat(10_000), "\n \n".repeat(50), "\t".repeat(60), "\u00a0".repeat(60)]) {
      const inspection = inspectArguments({ cmd: `ls${padding};rm -rf ~` });
      expect(inspection.mustExpand).toBe(true);
      expect(inspection.findings.map((finding) => finding.kind)).toContain("padding");
    }
    expect(inspectArguments({ a: "x".repeat(1_000_000) }).mustExpand).toBe(true);
    expect(inspectArguments(Object.fromEntries(Array.from({ length: 5_000 }, (_, i) => [`k${i}`, i]))).mustExpand).toBe(true);
    expect(inspectArguments({ list: Array.from({ length: 5_000 }, () => 1) }).mustExpand).toBe(true);
  });

  it("names markup and numbers that do not fit", () => {
    expect(kinds({ a: "<button>Allow</button>" })).toEqual(["markup"]);
    expect(kinds({ a: "[Allow](https://x.example)" })).toEqual(["markup"]);
    expect(kinds({ a: "1 < 2 and 3 > 2" })).toEqual([]);
    expect(kinds({ a: 1e20 })).toEqual(["number"]);
  });

  it("is bounded and linear", () => {
    const many = inspectArguments({ list: Array.from({ length: 3_000 }, () => "\u200b") });
    expect(many.findings).toHaveLength(50);
    expect(many.mustExpand).toBe(true);
    const start = performance.now();
    for (const text of ["<a".repeat(500_000), "<".repeat(1_000_000), " x".repeat(500_000), "\u200b".repeat(1_000_000)])
      inspectArguments({ text });
    expect(performance.now() - start).toBeLessThan(3_000);
  });
});

describe("subjectOf", () => {
  it("picks the telling argument", () => {
    expect(subjectOf({ content: "x", path: "/a" })).toEqual({ key: "path", value: "/a" });
    expect(subjectOf({ count: 1, whatever: "x" })).toEqual({ key: "whatever", value: "x" });
    expect(subjectOf({ count: 1 })).toBeNull();
    expect(subjectOf({ path: `${"a".repeat(199)}😀tail` })?.value).toBe(`${"a".repeat(199)}…`);
  });
});
