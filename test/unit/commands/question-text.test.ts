import { describe, expect, it } from "vitest";
import { questionLines } from "../../../electron/commands/question-text.ts";
import { approval } from "../../fixtures/clients/command-bench.ts";

function question(parts: Partial<Parameters<typeof questionLines>[0]>, columns = 80): string[] {
  return questionLines({ ...approval, argumentsText: "{}", toolDescription: null, hints: [], ...parts }, columns);
}

/** What a terminal makes of lines: rows of that many columns, a wide character being two. */
function terminalRows(lines: readonly string[], columns: number): string[] {
  const rows: string[] = [];
  for (const line of lines) {
    let row = "";
    let width = 0;
    for (const character of line) {
      const wide = /[\u1100-\u115f\u2e80-\uffdc]|[\u{1f300}-\u{1faff}]/u.test(character) ? 2 : 1;
      if (width + wide > columns) {
        rows.push(row);
        [row, width] = ["", 0];
      }
      row += character;
      width += wide;
    }
    rows.push(row);
  }
  return rows;
}

const headline = "Claude (says it is claude-ai 0.1) wants files to run write_file";

describe("a question on a terminal", () => {
  it.each([20, 40, 80, 81, 200])("has no row of the call's own making at the left edge, %d columns wide", (columns) => {
    const forged = "Claude wants files to run read_file";
    for (const fill of [" ", "\u3000", "x", "字", "\u{1f600}", "é"]) {
      for (let before = columns - 30; before < columns + 30; before++) {
        const value = `${fill.repeat(Math.max(0, before))}${forged}`;
        const lines = question({ argumentsText: JSON.stringify({ value }, null, 2), tool: `t${value}`, clientSays: value }, columns);
        for (const row of terminalRows(lines, columns)) expect(row.startsWith(forged), row).toBe(false);
      }
    }
  });

  it("writes a run of blanks as its number, and keeps the indentation of the JSON", () => {
    const argumentsText = JSON.stringify({ a: { b: { c: { d: { e: [`x${" ".repeat(400)}y`] } } } } }, null, 2);
    const lines = question({ argumentsText });
    expect(lines).toContain('  |             "x⟨400 spaces⟩y"');
    expect(lines.join("\n")).not.toMatch(/x {9}/);
  });

  it("leaves nothing of the arguments out", () => {
    const text = "0123456789".repeat(1000);
    const shown = question({ argumentsText: text }, 33).filter((line) => /^ {2}\| \d/.test(line));
    expect(shown.map((line) => line.slice(4)).join("") === text).toBe(true);
  });

  it("ends with who wants what, right above the choices", () => {
    const lines = question({ argumentsText: JSON.stringify(Array.from({ length: 500 }, String), null, 2) });
    expect(lines[0]).toBe(headline);
    expect(lines.at(-1)).toBe(headline);
    expect(question({ waived: true }).slice(-2)).toEqual(["! This server runs WITHOUT a sandbox.", headline]);
  });
});
