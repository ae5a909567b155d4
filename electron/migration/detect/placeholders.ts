import { wordsOf } from "./names.ts";
import { randomness } from "./values.ts";

/**
 * What stands where a secret would and is none: a reference that the client, a shell or another secret manager resolves, and the text
 * that documentation puts there. References must keep working, so they are never offered for moving.
 */

/** Longer texts are no placeholders; it also bounds the patterns that clients bring. */
const longest = 4096;
/** And nobody writes more references into one text. */
const mostReferences = 200;

/** References of secret managers and shells that cover a whole value. None can backtrack: each has one unbounded, exclusive class. */
const references: readonly RegExp[] = [
  /^\$[A-Za-z_]\w*$/,
  /^\$env:\w+$/i,
  /^%[A-Za-z_]\w*%$/,
  /^\$\([^]*\)$/,
  /^`[^`]*`$/,
  /^\{\{[^{}]*\}\}$/,
  /^\{[A-Za-z]+:[^{}]*\}$/,
  /^\{[A-Za-z_.]+\}$/,
  /^(?:op|keychain|vault|bws|doppler|infisical|secret|secretref|ssm|awssm|aws-sm|aws-ssm|gcpsm|gcp-sm|azkv|azure-kv|pass|keyring|env|file|1password|bitwarden|lpass):\S+$/i,
  /^ref\+[a-z]+:\S+$/i,
  /^arn:aws[a-z-]*:(?:secretsmanager|ssm):\S+$/,
  /^!(?:secret|env|ref|include)\s\S+$/i,
];

/** Whole texts of documentation: all of `<…>`, `[…]`, dots, stars, x's. */
const blanks: readonly RegExp[] = [/^<[^<>]*>$/, /^\[[^[\]{}"]*\]$/, /^«[^«»]*»$/, /^[*•.…_x-]{2,}$/i, /^[x*•0-]{8,}$/i];

/** One of these says that something else belongs there. */
const fillWords = new Set("your yours votre dein ihr tu tuo replace replaceme changeme todo fixme tbd placeholder redacted".split(" "));
/** So does one of these at the beginning. */
const fillVerbs = new Set("insert enter paste put fill add type".split(" "));
/** And one of these in a text without digits: a real password may well be `c0rrect-fake-9`. */
const sampleWords = new Set("example examples sample dummy fake here hidden masked".split(" "));
/** A text of nothing but these says what belongs there. */
const nameWords = new Set(
  (
    "a an the my me of for from to in with and or new some this that valid actual real personal user username admin client app application " +
    "api key keys token tokens secret secrets access auth authentication authorization basic bearer oauth private public password passwd pass pwd " +
    "credential credentials id value string refresh service role account bot base64 url host server optional required set goes test long lived " +
    "value1 value2 key1 key2 key3 key123 mykey mytoken none null undefined nil empty name hex byte bytes format header encryption encoded cookie session jwt seed phrase connection sign hash"
  ).split(" "),
);

/** Where in a text references of the form `${…}` stand, outermost ones, in order; unclosed ones are none. Linear. */
export function bracedReferences(text: string): readonly { readonly start: number; readonly end: number }[] {
  const found: { start: number; end: number }[] = [];
  for (let at = text.indexOf("${"); at >= 0; at = text.indexOf("${", at)) {
    if (found.length >= mostReferences) break;
    let depth = 1;
    let end = at + 2;
    for (; end < text.length && depth > 0; end++) {
      if (text[end] === "}") depth--;
      else if (text[end] === "{" && text[end - 1] === "$") depth++;
    }
    if (depth > 0) break;
    found.push({ start: at, end });
    at = end;
  }
  return found;
}

/** The default in `${NAME:-default}`, which is plain text and may be a secret itself; null where there is none. */
export function defaultOf(reference: string): { readonly start: number; readonly end: number; readonly name: string } | null {
  const match = /^\$\{(?:env:)?([A-Za-z_]\w*)(:?[-=])/.exec(reference.slice(0, 300));
  if (match === null) return null;
  const start = match[0].length;
  return start < reference.length - 1 ? { start, end: reference.length - 1, name: match[1] ?? "" } : null;
}

/**
 * Whether the client fills in this text by patterns of its own: all of it, or, in braces, so much that little else is left. A bare `$NAME`
 * inside a text does not count: passwords have dollars.
 */
function clientFills(text: string, patterns: readonly RegExp[]): boolean {
  return patterns.some((pattern) => {
    const match = new RegExp(pattern.source, pattern.flags.replaceAll(/[gy]/g, "")).exec(text);
    if (match === null || match[0] === "") return false;
    return match[0].length === text.length || (match[0].includes("{") && text.length - match[0].length < 16);
  });
}

/**
 * Whether a whole value is a reference, or blank. A value with `${…}` in it is composed, and a reference unless long text is left around it.
 */
export function isReference(value: string, patterns: readonly RegExp[]): boolean {
  const text = value.trim();
  if (text === "") return true;
  if (text.length > longest) return false;
  if (references.some((pattern) => pattern.test(text)) || blanks.some((pattern) => pattern.test(text))) return true;
  const braced = bracedReferences(text);
  if (braced.length > 0) return text.length - braced.reduce((sum, part) => sum + part.end - part.start, 0) < 16;
  return clientFills(text, patterns);
}

/**
 * Whether a whole value is a reference or a text of documentation. `name` is what it is assigned to: a value that says its own name is
 * none either. For single values only: a url or a list may well speak of an example.
 */
export function isPlaceholder(value: string, name: string, patterns: readonly RegExp[]): boolean {
  return isReference(value, patterns) || readsAsInstruction(value.trim(), name);
}

function readsAsInstruction(text: string, name: string): boolean {
  if (text.length > 120) return false;
  if (/\.{3}|…|\*{3}/.test(text)) return true;
  if (/<[^<>]{1,80}>/.test(text)) return true;
  if (/(?:你的|您的|ваш|あなたの)/u.test(text)) return true;
  if (/x{4,}/i.test(text)) return true;
  // Random text falls into short words wherever its case changes: only what separators part may be short, and in random text all is long.
  const random = randomness(text) !== null;
  const parted = text.toLowerCase().split(/[^\p{L}\d]+/u);
  const words = (random ? parted : [...parted, ...wordsOf(text)]).filter(
    (word) => word !== "" && (word.length >= 4 || (!random && parted.includes(word))),
  );
  if (words.length === 0) return false;
  if (words.some((word) => fillWords.has(word) || /^your(?!k)/.test(word)) || (words.length > 1 && fillVerbs.has(words[0] ?? "")))
    return true;
  if (!/\d/.test(text) && words.some((word) => sampleWords.has(word))) return true;
  if (words.includes("change") && (words.includes("me") || words.includes("this"))) return true;
  if (/^[A-Z][A-Z\d]*(?:[_-][A-Z\d]+)+$/.test(text) && words.some((word) => nameWords.has(word) && word.length > 2)) return true;
  if (text.toLowerCase().replaceAll(/[^a-z\d]/g, "") === name.toLowerCase().replaceAll(/[^a-z\d]/g, "")) return true;
  const glued = wordsOf(text);
  return glued.length > 1 && glued.every((word) => nameWords.has(word) || /^\d{1,3}$/.test(word));
}
