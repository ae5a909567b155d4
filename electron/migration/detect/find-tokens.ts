import { isPlaceholder } from "./placeholders.ts";
import { tokenFormat } from "./token-formats.ts";

export interface FoundToken {
  readonly start: number;
  readonly end: number;
  /** Whose token it looks like: "a GitHub token". */
  readonly label: string;
}

/**
 * Tokens of known form anywhere in a text, comments too: what stands in no entry of a config has no name that would tell a secret, so only
 * those are found. In order; linear in the text.
 */
export function findTokens(text: string): readonly FoundToken[] {
  const found: FoundToken[] = [];
  for (const word of text.matchAll(/[\w.~%+/:-]{20,2048}/gu)) {
    const whole = labelOf(word[0]);
    if (whole !== null) {
      found.push({ start: word.index, end: word.index + word[0].length, label: whole });
      continue;
    }
    // `name:token`, `https://name:token@host`, a comment's slashes or dashes right before it.
    for (const part of word[0].matchAll(/[^:/]{20,}/gu)) {
      const from = part[0].search(/[^.~%+-]/u);
      const body = from < 0 ? "" : part[0].slice(from).replace(/[.~%+-]+$/u, "");
      const label = labelOf(body);
      const start = word.index + part.index + from;
      if (label !== null) found.push({ start, end: start + body.length, label });
    }
  }
  return found;
}

function labelOf(word: string): string | null {
  const label = tokenFormat(word);
  return label === null || isPlaceholder(word, "", []) ? null : label;
}
