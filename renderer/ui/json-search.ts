/** At most so many hits are counted; beyond that the search says "more than". */
export const maxMatches = 5000;

/** Where a text occurs, without regard to case, each hit by its first character's offset. */
export function findMatches(text: string, query: string): readonly number[] {
  if (query === "") return [];
  // A case change that alters the length would shift every offset after it.
  const lower = text.toLowerCase();
  const [haystack, needle] = lower.length === text.length ? [lower, query.toLowerCase()] : [text, query];
  const matches: number[] = [];
  let at = haystack.indexOf(needle);
  while (at !== -1 && matches.length < maxMatches) {
    matches.push(at);
    at = haystack.indexOf(needle, at + needle.length);
  }
  return matches;
}

/** Index of the first of the ascending offsets that is at least `offset`. */
export function firstAtLeast(offsets: readonly number[], offset: number): number {
  let low = 0;
  let high = offsets.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((offsets[middle] ?? 0) < offset) low = middle + 1;
    else high = middle;
  }
  return low;
}
