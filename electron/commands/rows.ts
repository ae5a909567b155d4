import { revealLine } from "../../shared/text/reveal.ts";
import { showPadding } from "./print.ts";

/** Behind this stands what goes on from the row above, and what is not ours. */
export const margin = "  | ";

/** A terminal that does not say how wide it is. */
export const usualColumns = 80;
const fewestColumns = 20;

/**
 * One line as rows that a terminal of this width does not break itself: a break of its own would begin the next row without a margin,
 * where text from elsewhere could pass for ours (threat 15). `first` begins the first row, the margin every other. A long run of blanks is
 * written as its number; behind a margin an indentation is none.
 */
export function rows(line: string, columns: number, first: "" | typeof margin = ""): string[] {
  const indentation = first === "" ? "" : (/^ {0,32}/.exec(line)?.[0] ?? "");
  const most = Math.max(columns, fewestColumns);
  const shown: string[] = [];
  let row = first;
  let width = first.length;
  for (const character of indentation + showPadding(revealLine(line.slice(indentation.length)))) {
    const wide = columnsOf(character);
    if (width + wide > most) {
      shown.push(row);
      row = margin;
      width = margin.length;
    }
    row += character;
    width += wide;
  }
  return [...shown, row];
}

/** Never too few: how wide a character beyond ASCII is, terminals do not agree on. */
function columnsOf(character: string): number {
  return character <= "~" ? 1 : 2;
}
