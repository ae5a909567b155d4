/** What may be shown of a secret: at most its first four characters, never more than a quarter of it. */
export function shownPrefix(value: string): string {
  const length = Math.min(4, Math.floor(value.length / 4));
  const prefix = value.slice(0, length);
  // Half of a surrogate pair is no character.
  return /[\uD800-\uDBFF]$/.test(prefix) ? prefix.slice(0, -1) : prefix;
}

export interface Hidden {
  readonly value: string;
  readonly range: { readonly start: number; readonly end: number };
}

/**
 * A text of an entry with its secrets taken out: the ranges found in it, and every further occurrence of a known value. Never shortened
 * otherwise, so that what would run can be read in full.
 */
export function masked(text: string, own: readonly Hidden[], known: readonly string[]): string {
  let result = text;
  let before = text.length;
  for (const { value, range } of [...own].sort((a, b) => b.range.start - a.range.start)) {
    if (range.start >= range.end || range.end > before) continue;
    before = range.start;
    result = `${result.slice(0, range.start)}${shownPrefix(value)}…${result.slice(range.end)}`;
  }
  for (const value of [...known].sort((a, b) => b.length - a.length)) {
    if (value.length >= 6) result = result.replaceAll(value, () => `${shownPrefix(value)}…`);
  }
  return result;
}
