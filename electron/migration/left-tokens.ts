import { findTokens } from "./detect/find-tokens.ts";
import type { SourceFile } from "./sources.ts";

/** So many places are named; of more, their number. */
const named = 5;

/**
 * What to tell of tokens that stand in a file but in none of its servers (a commented-out one, say): a migration neither moves nor removes
 * them. Null: there are none.
 */
export function leftTokens(file: SourceFile, after: Uint8Array): string | null {
  const text = new TextDecoder().decode(after);
  const values = file.lists.flatMap(({ entries }) =>
    entries.flatMap(({ secrets, hidden }) => [...secrets.map(({ detected }) => detected.value), ...hidden.map(({ value }) => value)]),
  );
  const places: string[] = [];
  let line = 1;
  let counted = 0;
  for (const { start, end, label } of findTokens(text)) {
    const token = text.slice(start, end);
    if (values.some((value) => value.includes(token) || token.includes(value))) continue;
    line += text.slice(counted, start).split("\n").length - 1;
    counted = start;
    places.push(`${label} in line ${line}`);
  }
  if (places.length === 0) return null;
  const more = places.length > named ? ` and ${places.length - named} more` : "";
  return (
    `${file.path} also holds what looks like ${places.slice(0, named).join(", ")}${more}, in none of its servers (in a comment, perhaps). ` +
    "That is left in the file: take it out yourself."
  );
}
