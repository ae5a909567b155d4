import { revealLine } from "../../shared/text/reveal.ts";

/** Rows under headings, columns as wide as they need. Every cell on one line, hidden characters revealed. */
export function table(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const shown = rows.map((row) => row.map((cell) => revealLine(cell)));
  const widths = headings.map((heading, column) => Math.max(heading.length, ...shown.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd();
  return [line(headings.map((heading) => heading.toUpperCase())), ...shown.map((row) => line(row))].join("\n");
}

/** `2026-11-20 19:35:02`, in local time. */
export function timeText(at: number): string {
  const date = new Date(at);
  const two = (value: number): string => String(value).padStart(2, "0");
  const day = [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join("-");
  return `${day} ${[date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(":")}`;
}

const units = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const;

/** `90s`, `30m`, `12h`, `7d`, `2w` in milliseconds; null for anything else. */
export function durationMs(text: string): number | null {
  const match = /^([1-9][0-9]{0,5})([smhdw])$/.exec(text);
  if (match === null) return null;
  return Number(match[1]) * units[match[2] as keyof typeof units];
}

/** A command line as one would type it: quoted where a shell would need it, on one line, nothing left out and nothing pushed out of sight. */
export function commandText(command: string, args: readonly string[]): string {
  return [command, ...args]
    .map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${showPadding(revealLine(word)).replaceAll("'", "'\\''")}'`))
    .join(" ");
}

/** A long run of blanks would push what follows off the screen (threat 15). */
export function showPadding(text: string): string {
  return text.replace(/ {9,}/g, (blanks) => `⟨${String(blanks.length)} spaces⟩`);
}
