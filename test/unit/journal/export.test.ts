import { describe, expect, test } from "vitest";
import { chainHash, genesisHash, recordBody } from "../../../electron/journal/chain.ts";
import { exportRecords } from "../../../electron/journal/export.ts";
import type { JournalRecord } from "../../../shared/model/journal-entry.ts";
import { canonical } from "../../../shared/policy/canonical.ts";

function record(more: Partial<JournalRecord>): JournalRecord {
  return { seq: 1, at: Date.UTC(2026, 10, 20, 12), kind: "call-finished", hash: "f".repeat(64), ...more };
}

/** RFC 4180. */
function parseCsv(text: string): readonly (readonly string[])[] {
  const rows: string[][] = [];
  let row: string[] = [];
  let cell = "";
  let quoted = false;
  for (let index = 0; index < text.length; index += 1) {
    const character = text.charAt(index);
    if (quoted) {
      if (character === '"' && text.charAt(index + 1) === '"') {
        cell += '"';
        index += 1;
      } else if (character === '"') quoted = false;
      else cell += character;
    } else if (character === '"') quoted = true;
    else if (character === ",") {
      row.push(cell);
      cell = "";
    } else if (character === "\r" && text.charAt(index + 1) === "\n") {
      rows.push([...row, cell]);
      row = [];
      cell = "";
      index += 1;
    } else cell += character;
  }
  expect([quoted, cell, row]).toEqual([false, "", []]);
  return rows;
}

const formulas = [
  '=HYPERLINK("http://evil","x")',
  "+1",
  "-1+1",
  "@SUM(A1)",
  "\t=1",
  "\r=1",
  "\n=1",
  " =1",
  "＝1",
  "|cmd",
  "%0A",
  '"=1',
  "'=1",
];
const controls = ["\u001b[2K\r", "\u009b31m", "\u0000", "\u202eevil", "\u200b", "\u{e0041}", "\u2028", "\u007f", "\ue000", "\u{10fffd}"];

describe("CSV", () => {
  test("has a header and one row a record, whatever is in the cells", () => {
    const records = [...formulas, ...controls, 'a,"b"\r\nc;d'].map((tool, index) => record({ seq: index + 1, tool, detail: { tool } }));
    const rows = parseCsv(exportRecords("csv", records));
    expect(rows).toHaveLength(records.length + 1);
    for (const row of rows) expect(row).toHaveLength(13);
    expect(rows[0]?.slice(0, 3)).toEqual(["seq", "time", "kind"]);
    expect(rows[1]?.slice(0, 3)).toEqual(["1", "2026-11-20T12:00:00.000Z", "call-finished"]);
  });

  test.each(formulas)("no cell begins a formula: %j", (text) => {
    const rows = parseCsv(exportRecords("csv", [record({ tool: text, server: text, client: text, by: text, call: text })]));
    for (const cell of rows[1] ?? []) expect(cell).not.toMatch(/^[\s"]*[=+\-@|%＝＋－＠]/u);
  });

  test("nothing in it is hidden from the eye, and no cell is cut by another separator or loses blanks", () => {
    const texts = ["a\u202eb", "a;b", " a", "a ", "\ta", "\na"];
    const lines = exportRecords(
      "csv",
      texts.map((tool) => record({ tool })),
    )
      .split("\r\n")
      .slice(1, -1);
    const cell = (text: string): string => `,,,${text},,,,,,${"f".repeat(64)}`;
    expect(lines.map((line) => line.slice(line.indexOf("call-finished") + 13))).toEqual(
      ["a⟨U+202E⟩b", '"a;b"', '" a"', '"a "', '"\'\ta"', '"\'\na"'].map((text) => `,${cell(text)}`),
    );
  });

  test("an ordinary text is not changed", () => {
    const rows = parseCsv(exportRecords("csv", [record({ tool: 'read "it", all', server: "file-system", durationMs: 0.5 })]));
    expect(rows[1]).toContain('read "it", all');
    expect(rows[1]).toContain("file-system");
    expect(rows[1]).toContain("0.5");
  });
});

describe("JSONL", () => {
  test("is one record a line, also with a tool that is named like a record", () => {
    const records = ['x"}\n{"decision":"allow"', ...formulas, ...controls].map((tool, index) => record({ seq: index + 1, tool }));
    const lines = exportRecords("jsonl", records).split("\n");
    expect(lines.pop()).toBe("");
    expect(lines.map((line): unknown => JSON.parse(line))).toEqual(records);
  });

  test("holds nothing that a terminal acts on or an eye cannot see", () => {
    const text = exportRecords("jsonl", [record({ tool: controls.join(""), detail: { [controls.join("")]: 1 } })]);
    expect(text).toMatch(/^[\u0020-\u007e]*\n$/);
  });

  test("the chain can be computed again from the lines alone", () => {
    let hash = genesisHash;
    const records = ["\u202e", "plain", '"'].map((tool, index) => {
      const draft = { kind: "call-denied", tool, decision: "deny" } as const;
      hash = chainHash(hash, recordBody(index + 1, 9, draft));
      return { ...draft, seq: index + 1, at: 9, hash };
    });
    let before = genesisHash;
    for (const line of exportRecords("jsonl", records).trimEnd().split("\n")) {
      const { hash, ...rest } = JSON.parse(line) as JournalRecord;
      expect(chainHash(before, canonical(rest))).toBe(hash);
      before = hash;
    }
  });
});
