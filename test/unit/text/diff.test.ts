import { describe, expect, it } from "vitest";
import { unifiedDiff } from "../../../shared/text/diff.ts";

/** Applies a diff of ours, strictly. */
function patch(before: string, diff: string): string {
  const old = before === "" ? [] : (before.match(/[^\n]*\n|[^\n]+$/g) ?? []);
  const out: string[] = [];
  let at = 0;
  const lines = diff === "" ? [] : diff.split("\n");
  for (const [index, line] of lines.entries()) {
    const head = /^@@ -(\d+)(?:,(\d+))? /.exec(line);
    if (head !== null) {
      const start = Number(head[1]) - (head[2] === "0" ? 0 : 1);
      while (at < start) out.push(old[at++] ?? "");
      continue;
    }
    if (line.startsWith("\\")) continue;
    const text = line.slice(1) + (lines[index + 1]?.startsWith("\\") === true ? "" : "\n");
    if (line[0] !== "+" && old[at++] !== text) throw new Error(`line ${String(at)} is not what the diff says`);
    if (line[0] !== "-") out.push(text);
  }
  return out.join("") + old.slice(at).join("");
}

describe("unified diff", () => {
  it("is empty for the same text", () => {
    expect(unifiedDiff("a\nb\n", "a\nb\n")).toBe("");
  });

  it("shows the change with its surroundings", () => {
    expect(unifiedDiff("a\nb\nc\nd\ne\nf\ng\nh\n", "a\nb\nc\nd\nE\nf\ng\nh\n")).toBe("@@ -2,7 +2,7 @@\n b\n c\n d\n-e\n+E\n f\n g\n h");
  });

  it("shows line ends and a missing last line feed as changes", () => {
    expect(unifiedDiff("a\r\nb", "a\nb\n")).toBe("@@ -1,2 +1,2 @@\n-a\r\n-b\n\\ No newline at end of file\n+a\n+b");
  });

  it("counts from the line before where there is none on a side", () => {
    expect(unifiedDiff("", "a\nb\n")).toBe("@@ -0,0 +1,2 @@\n+a\n+b");
    expect(unifiedDiff("a\n", "")).toBe("@@ -1 +0,0 @@\n-a");
  });

  it("has a line that was doubled, and one hunk for two changes whose surroundings overlap", () => {
    expect(unifiedDiff("a\n", "a\na\n")).toBe("@@ -1 +1,2 @@\n a\n+a");
    const between = (lines: number): string => unifiedDiff(`a\n${"x\n".repeat(lines)}b\n`, `A\n${"x\n".repeat(lines)}B\n`);
    expect(between(5).match(/^@@/gm)).toHaveLength(1);
    expect(between(6).match(/^@@/gm)).toHaveLength(2);
  });

  it("shortens only lines that stay", () => {
    const long = "x".repeat(5000);
    const diff = unifiedDiff(`${long}\n${long}1\n`, `${long}\n${long}2\n`);
    expect(diff).toContain("4600 more characters, unchanged");
    expect(diff).toContain(`+${long}2`);
  });

  it("gives the new text back when it is applied to the old one", () => {
    let seed = 7;
    const random = (below: number): number => {
      seed = (seed * 1103515245 + 12345) % 2147483648;
      return seed % below;
    };
    const text = (): string[] => Array.from({ length: random(40) }, () => `line ${random(6)}`);
    for (let round = 0; round < 500; round += 1) {
      const old = text();
      const next = random(3) === 0 ? text() : old.flatMap((line) => (random(8) === 0 ? [] : random(8) === 0 ? [line, "new"] : [line]));
      const before = old.join("\n") + (old.length > 0 && random(2) === 0 ? "\n" : "");
      const after = next.join("\n") + (next.length > 0 && random(2) === 0 ? "\n" : "");
      expect(patch(before, unifiedDiff(before, after))).toBe(after);
    }
  });

  it("copes with two texts that have nothing in common", () => {
    const lines = (of: string): string => Array.from({ length: 4000 }, (_, at) => `${of} ${at}\n`).join("");
    const diff = unifiedDiff(lines("a"), lines("b"));
    expect(diff.split("\n")).toHaveLength(8001);
  });
});
