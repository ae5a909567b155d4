/**
 * Invisible and control characters made visible (threats 13 and 14). Text from a client, a server or a file goes through here
 * before it reaches a screen, a terminal or a log; what is forwarded is never changed.
 */
export type RevealedPart =
  { readonly kind: "text"; readonly text: string } | { readonly kind: "hidden"; readonly text: string; readonly code: string };

// C0, DEL, C1, soft hyphen, combining grapheme joiner, Arabic letter mark, Hangul fillers, Khmer vowels, Mongolian selectors,
// zero-width and bidi controls, line and paragraph separators, invisible operators, variation selectors, blanks, BOM,
// interlinear annotation, tags, lone surrogates, and every space but U+0020.
const hiddenPattern =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u00a0\u00ad\u034f\u061c\u115f\u1160\u1680\u17b4\u17b5\u180b-\u180f\u2000-\u200f\u2028-\u202f\u205f-\u206f\u2800\u3000\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\u{1d173}-\u{1d17a}\u{e0000}-\u{e0fff}]|[\ud800-\udfff]/u;
const hiddenAll = new RegExp(hiddenPattern.source, "gu");

/** `U+202E` for one code point. */
export function codePointName(character: string): string {
  return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}`;
}

/** How many hidden characters a text holds. Tab and line feed are not hidden; carriage return is. */
export function countHidden(text: string): number {
  return text.match(hiddenAll)?.length ?? 0;
}

/** The text cut into what can be seen and what cannot; joined again it is the same text. */
export function revealParts(text: string): readonly RevealedPart[] {
  const parts: RevealedPart[] = [];
  let end = 0;
  for (const match of text.matchAll(hiddenAll)) {
    if (match.index > end) parts.push({ kind: "text", text: text.slice(end, match.index) });
    parts.push({ kind: "hidden", text: match[0], code: codePointName(match[0]) });
    end = match.index + match[0].length;
  }
  if (end < text.length) parts.push({ kind: "text", text: text.slice(end) });
  return parts;
}

/** One string with every hidden character written as `⟨U+XXXX⟩`: for logs, terminals and plain text. Tab and line feed stay. */
export function reveal(text: string): string {
  return text.replace(hiddenAll, (character) => `⟨${codePointName(character)}⟩`);
}

/** The same on one line: tab and line feed are written out too. */
export function revealLine(text: string): string {
  return reveal(text).replaceAll("\n", "⟨U+000A⟩").replaceAll("\t", "⟨U+0009⟩");
}
