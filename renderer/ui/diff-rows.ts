/** A unified diff cut into rows for the eye. */
export interface DiffRow {
  readonly kind: "hunk" | "same" | "removed" | "added" | "note";
  readonly text: string;
  /** Line numbers in the old and the new file. */
  readonly before: number | null;
  readonly after: number | null;
}

export interface DiffRows {
  readonly rows: readonly DiffRow[];
  readonly removed: number;
  readonly added: number;
  /** Every line ends in CRLF: said once, and left out of the rows. A mixture stays in them. */
  readonly crlf: boolean;
}

/** Hunks as shared/text/diff.ts writes them. What is no such line is a note. */
export function diffRows(diff: string): DiffRows {
  const lines = diff === "" ? [] : diff.split("\n");
  const content = lines.filter((line) => /^[ +-]/.test(line));
  const crlf = content.length > 0 && content.every((line) => line.endsWith("\r"));
  let before = 0;
  let after = 0;
  const rows = lines.map((line): DiffRow => {
    const hunk = /^@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@/.exec(line);
    if (hunk !== null) {
      before = Number(hunk[1]);
      after = Number(hunk[2]);
      return { kind: "hunk", text: line, before: null, after: null };
    }
    const text = crlf ? line.slice(1).replace(/\r$/, "") : line.slice(1);
    if (line.startsWith("-")) return { kind: "removed", text, before: before++, after: null };
    if (line.startsWith("+")) return { kind: "added", text, before: null, after: after++ };
    if (line.startsWith(" ")) return { kind: "same", text, before: before++, after: after++ };
    return { kind: "note", text: line.replace(/^\\ /, ""), before: null, after: null };
  });
  return {
    rows,
    removed: rows.filter(({ kind }) => kind === "removed").length,
    added: rows.filter(({ kind }) => kind === "added").length,
    crlf,
  };
}
