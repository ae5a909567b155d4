/**
 * JSON inside a value: where its strings stand. A parser of its own because `JSON.parse` forgets positions, and the exact characters are
 * what a plan replaces. Also reads the doubly quoted form that installers write (`"{\"apiKey\":\"…\"}"`). Nothing is built from the keys,
 * so `__proto__` is a key like any other.
 */

export interface JsonLeaf {
  /** JSON pointer from the top. */
  readonly pointer: string;
  /** The nearest key above it; empty in a list at the top. */
  readonly key: string;
  /** The characters between the quotes, as written (escapes stay), in the whole text. */
  readonly start: number;
  readonly end: number;
}

const deepest = 32;
const mostLeaves = 5000;

/** The strings of a JSON text in order; null if the text is not JSON (or deeper than 32, or holds more than 5000 strings). Linear. */
export function jsonLeaves(text: string): readonly JsonLeaf[] | null {
  const from = skipSpace(text, 0);
  const first = text[from];
  if (first === "{" || first === "[") return readJson(text, from, text.length, '"');
  if (first === '"' && /^"\s*[[{]\s*\\"/.test(text.slice(from, from + 64))) {
    const close = text.lastIndexOf('"');
    return close > from ? readJson(text, skipSpace(text, from + 1), close, '\\"') : null;
  }
  return null;
}

function skipSpace(text: string, from: number): number {
  let at = from;
  while (at < text.length && (text[at] === " " || text[at] === "\n" || text[at] === "\t" || text[at] === "\r")) at++;
  return at;
}

interface Level {
  readonly list: boolean;
  /** The pointer of this level, and the nearest key. */
  readonly pointer: string;
  readonly key: string;
  index: number;
  /** In a map: the key whose value comes next; null where a key is expected. */
  pending: string | null;
}

function readJson(text: string, from: number, to: number, quote: string): readonly JsonLeaf[] | null {
  const leaves: JsonLeaf[] = [];
  const levels: Level[] = [];
  let at = from;
  const place = (level: Level): { pointer: string; key: string } => {
    const step = level.list ? String(level.index) : (level.pending ?? "");
    return { pointer: `${level.pointer}/${step.replaceAll("~", "~0").replaceAll("/", "~1")}`, key: level.list ? level.key : step };
  };
  while ((at = skipSpace(text, at)) < to) {
    const letter = text[at] ?? "";
    const level = levels.at(-1);
    if (letter === "{" || letter === "[") {
      if (levels.length >= deepest || (level !== undefined && !level.list && level.pending === null)) return null;
      const { pointer, key } = level === undefined ? { pointer: "", key: "" } : place(level);
      levels.push({ list: letter === "[", pointer, key, index: 0, pending: null });
      at++;
    } else if (letter === "}" || letter === "]") {
      if (level === undefined || level.list !== (letter === "]") || level.pending !== null) return null;
      levels.pop();
      at++;
      const parent = levels.at(-1);
      if (parent === undefined) return skipSpace(text, at) >= to ? leaves : null;
      if (!parent.list) parent.pending = null;
    } else if (level === undefined) {
      return null;
    } else if (letter === ",") {
      if (level.list) level.index++;
      at++;
    } else if (text.startsWith(quote, at)) {
      const start = at + quote.length;
      const end = endOfString(text, start, to, quote);
      if (end < 0) return null;
      at = end + quote.length;
      if (!level.list && level.pending === null) {
        level.pending = text.slice(start, end);
        at = skipSpace(text, at);
        if (text[at] !== ":") return null;
        at++;
      } else {
        if (leaves.push({ ...place(level), start, end }) > mostLeaves) return null;
        if (!level.list) level.pending = null;
      }
    } else {
      const literal = /^(?:true|false|null|-?[\d.eE+-]{1,40})/.exec(text.slice(at, at + 48));
      if (literal === null || (!level.list && level.pending === null)) return null;
      at += literal[0].length;
      if (!level.list) level.pending = null;
    }
  }
  return null;
}

function endOfString(text: string, start: number, to: number, quote: string): number {
  if (quote === '\\"') {
    // In the doubly quoted form an escaped quote of the inner string is `\\\"`.
    for (let at = text.indexOf(quote, start); at >= 0 && at < to; at = text.indexOf(quote, at + 2)) {
      if (text[at - 1] !== "\\") return at;
    }
    return -1;
  }
  for (let at = start; at < to; at++) {
    if (text[at] === "\\") at++;
    else if (text[at] === '"') return at;
  }
  return -1;
}
