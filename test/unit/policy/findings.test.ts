import { describe, expect, it } from "vitest";
import type { JsonObject } from "../../../shared/model/json.ts";
import { inspectArguments, subjectOf } from "../../../shared/policy/findings.ts";
import { processorTime } from "../../fixtures/processor-time.ts";

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

  it("locks Allow for the same in a key, and for every character that ends a line", () => {
    expect(inspectArguments({ [`ls${" ".repeat(60)};rm`]: 1 }).mustExpand).toBe(true);
    expect(inspectArguments({ ["k".repeat(10_000)]: 1 }).mustExpand).toBe(true);
    for (const end of ["\r", "\u2028", "\u2029", "\r\n"]) expect(kinds({ cmd: `ls${end.repeat(30)};rm -rf ~` })).toContain("padding");
  });

  it("takes for padding what fills a line or a dozen of them, and nothing less", () => {
    expect(kinds({ a: `x${" ".repeat(48)}y`, b: `x${"\n".repeat(12)}y` })).toEqual(["padding", "padding"]);
    expect(kinds({ a: `x${" ".repeat(47)}y`, b: `x${"\n".repeat(11)}y` })).toEqual([]);
    // A line end as Windows writes it is one.
    expect(kinds({ a: `x${"\r\n".repeat(11)}y` })).toEqual(["control"]);
    expect(inspectArguments({ a: `x${"\r\n".repeat(12)}y` }).findings.at(-1)?.text).toContain("12 empty lines");
    // A program of many lines is not padding.
    expect(kinds({ code: "  if (a) {\n    b();\n  }\n".repeat(40) })).toEqual([]);
  });

  it("says that a path goes up again, wherever that is in it", () => {
    for (const path of ["../x", "/a/../b", "a/..", "..", "C:\\a\\..\\b", `/home/ann/My files/${"./".repeat(3000)}../../.ssh/id`]) {
      expect(inspectArguments({ path }).findings.map(({ kind }) => kind)).toContain("climbs");
    }
    // Whatever its argument is called, unless it is of several lines: then only if it is called a path.
    expect(kinds({ x: "a/../b" })).toEqual(["climbs"]);
    expect(kinds({ path: "/a\n/../b" })).toEqual(["climbs"]);
    for (const other of ["a..b", "HEAD..main", "/a/...", "/a/..b/c", "wait.. what", 'import x from "../x";\nimport y from "../y";']) {
      expect(kinds({ text: other })).toEqual([]);
    }
  });

  it("names markup and numbers that do not fit", () => {
    for (const markup of ["<button>Allow</button>", "Allow</b>", "<!-- -->"]) expect(kinds({ a: markup })).toEqual(["markup"]);
    expect(kinds({ a: "[Allow](https://x.example)" })).toEqual(["markup"]);
    expect(kinds({ a: "1 < 2 and 3 > 2" })).toEqual([]);
    expect(kinds({ a: 1e20, b: -1e20, c: Number.MAX_SAFE_INTEGER, d: Number.MIN_SAFE_INTEGER })).toEqual(["number", "number"]);
  });

  it("is bounded and linear", () => {
    const many = inspectArguments({ list: Array.from({ length: 3_000 }, () => "\u200b") });
    expect(many.findings).toHaveLength(50);
    expect(many.mustExpand).toBe(true);
    const start = processorTime();
    for (const text of ["<a".repeat(500_000), "<".repeat(1_000_000), " x".repeat(500_000), "\u200b".repeat(1_000_000)])
      inspectArguments({ text });
    expect(processorTime() - start).toBeLessThan(3_000);
  });
});

describe("subjectOf", () => {
  it("picks the telling argument", () => {
    expect(subjectOf({ content: "x", path: "/a" })).toEqual({ key: "path", value: "/a" });
    expect(subjectOf({ count: 1, whatever: "x" })).toEqual({ key: "whatever", value: "x" });
    expect(subjectOf({ count: 1 })).toBeNull();
    expect(subjectOf({ id: "7", name: "x" })).toEqual({ key: "name", value: "x" });
    // Where it ends says more than where it comes from.
    expect(subjectOf({ source: "/a", destination: "/b" })).toEqual({ key: "destination", value: "/b" });
  });

  it("cuts a long one in its middle, so that where a path leads is in sight", () => {
    const path = `/home/ann/projects/site/${"./".repeat(80)}x/../../../../.ssh/authorized_keys`;
    const { value } = subjectOf({ path }) ?? { value: "" };
    expect(value.length).toBeLessThanOrEqual(203);
    expect(value.startsWith("/home/ann/projects/site/")).toBe(true);
    expect(value.endsWith("x/../../../../.ssh/authorized_keys")).toBe(true);
    expect(value).toContain(" … ");
    // Not through the middle of a pair, on either side.
    for (const odd of ["", "a"]) {
      const pairs = subjectOf({ path: `${odd}${"😀".repeat(300)}${odd}` })?.value;
      expect(pairs).toContain("…");
      expect(pairs).not.toMatch(/[\ud800-\udfff]/u);
    }
  });
});
