// Where a text is cut, half of a character on one side would be shown as something hidden that nobody wrote.

/** `at`, or one before it where a character stands across it. */
function between(text: string, at: number): number {
  return /^[\ud800-\udbff][\udc00-\udfff]$/.test(text.slice(at - 1, at + 1)) ? at - 1 : at;
}

/** The first characters of a text, `limit` units at most. */
export function startOf(text: string, limit: number): string {
  return text.slice(0, between(text, limit));
}

/** The last characters of a text, about `limit` units. */
export function endOf(text: string, limit: number): string {
  return text.slice(between(text, Math.max(0, text.length - limit)));
}
