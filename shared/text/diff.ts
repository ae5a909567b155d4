/**
 * Unified diffs for people: what a file would look like. A changed line is never shortened; a line that stays, shown only for
 * orientation, may be.
 */
const longestContextLine = 400;
const mostDifferences = 1500;
const noNewline = "\\ No newline at end of file";

type Line = { readonly kind: " " | "-" | "+"; readonly text: string };

/** Hunks (`@@ -1,3 +1,4 @@` and lines) without file names; "" when there is no difference. Carriage returns stay part of their lines. */
export function unifiedDiff(before: string, after: string, context = 3): string {
  if (before === after) return "";
  const old = splitLines(before);
  const next = splitLines(after);
  const lines = compare(old, next);
  const out: string[] = [];
  let oldAt = 1;
  let newAt = 1;
  let at = 0;
  while (at < lines.length) {
    const change = lines.findIndex((line, index) => index >= at && line.kind !== " ");
    if (change === -1) break;
    const start = Math.max(at, change - context);
    oldAt += start - at;
    newAt += start - at;
    const end = hunkEnd(lines, change, context);
    const hunk = lines.slice(start, end);
    const removed = hunk.filter((line) => line.kind !== "+").length;
    const added = hunk.filter((line) => line.kind !== "-").length;
    out.push(`@@ -${range(oldAt, removed)} +${range(newAt, added)} @@`);
    for (const line of hunk) out.push(...printed(line));
    oldAt += removed;
    newAt += added;
    at = end;
  }
  return out.join("\n");
}

/** Lines with what ends them: the last one without a line feed is another line than the same one with it. */
function splitLines(text: string): readonly string[] {
  return text === "" ? [] : (text.match(/[^\n]*\n|[^\n]+$/g) ?? []);
}

function range(start: number, count: number): string {
  return count === 1 ? String(start) : `${count === 0 ? start - 1 : start},${count}`;
}

function printed({ kind, text }: Line): readonly string[] {
  const ended = text.endsWith("\n");
  const bare = ended ? text.slice(0, -1) : text;
  const shown =
    kind === " " && bare.length > longestContextLine
      ? `${bare.slice(0, longestContextLine)}… (${bare.length - longestContextLine} more characters, unchanged)`
      : bare;
  return ended ? [kind + shown] : [kind + shown, noNewline];
}

/** Where the hunk that begins with this change ends: two changes with little between them share one. */
function hunkEnd(lines: readonly Line[], change: number, context: number): number {
  let last = change;
  for (let at = change; at < lines.length && at - last <= context * 2; at += 1) if (lines[at]?.kind !== " ") last = at;
  return Math.min(lines.length, last + context + 1);
}

function compare(old: readonly string[], next: readonly string[]): readonly Line[] {
  let head = 0;
  while (head < old.length && head < next.length && old[head] === next[head]) head += 1;
  let tail = 0;
  while (tail < old.length - head && tail < next.length - head && old[old.length - 1 - tail] === next[next.length - 1 - tail]) tail += 1;
  const same = (text: string): Line => ({ kind: " ", text });
  return [
    ...old.slice(0, head).map(same),
    ...myers(old.slice(head, old.length - tail), next.slice(head, next.length - tail)),
    ...old.slice(old.length - tail).map(same),
  ];
}

/** Myers' greedy algorithm; where two texts have nearly nothing in common, the old one as a whole and then the new one. */
function myers(old: readonly string[], next: readonly string[]): readonly Line[] {
  const all = (): readonly Line[] => [
    ...old.map((text): Line => ({ kind: "-", text })),
    ...next.map((text): Line => ({ kind: "+", text })),
  ];
  if (old.length === 0 || next.length === 0) return all();
  const trace: Map<number, number>[] = [];
  let reach = new Map<number, number>([[1, 0]]);
  for (let d = 0; d <= Math.min(old.length + next.length, mostDifferences); d += 1) {
    const now = new Map<number, number>();
    for (let k = -d; k <= d; k += 2) {
      const down = k === -d || (k !== d && (reach.get(k - 1) ?? -1) < (reach.get(k + 1) ?? -1));
      let x = down ? (reach.get(k + 1) ?? 0) : (reach.get(k - 1) ?? 0) + 1;
      while (x < old.length && x - k < next.length && old[x] === next[x - k]) x += 1;
      now.set(k, x);
      if (x >= old.length && x - k >= next.length) return walkBack([...trace, reach], old, next);
    }
    trace.push(reach);
    reach = now;
  }
  return all();
}

function walkBack(trace: readonly ReadonlyMap<number, number>[], old: readonly string[], next: readonly string[]): readonly Line[] {
  const lines: Line[] = [];
  let x = old.length;
  let y = next.length;
  for (let d = trace.length - 1; d >= 0; d -= 1) {
    const reach = trace[d] ?? new Map<number, number>();
    const k = x - y;
    const down = k === -d || (k !== d && (reach.get(k - 1) ?? -1) < (reach.get(k + 1) ?? -1));
    const from = down ? k + 1 : k - 1;
    const fromX = d === 0 ? 0 : (reach.get(from) ?? 0);
    const fromY = d === 0 ? 0 : fromX - from;
    const stepX = d === 0 ? 0 : down ? fromX : fromX + 1;
    const stepY = d === 0 ? 0 : down ? fromY + 1 : fromY;
    while (x > stepX && y > stepY) {
      x -= 1;
      y -= 1;
      lines.push({ kind: " ", text: old[x] ?? "" });
    }
    if (d === 0) break;
    if (down) {
      y -= 1;
      lines.push({ kind: "+", text: next[y] ?? "" });
    } else {
      x -= 1;
      lines.push({ kind: "-", text: old[x] ?? "" });
    }
  }
  return lines.toReversed();
}
