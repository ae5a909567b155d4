import { stringEnd } from "./json-rows.ts";

/**
 * Where in a JSON text a pointer (RFC 6901) points: the offset of that value's first character, or null. Reads only as far as it
 * has to and parses nothing, so that a megabyte stays quick.
 */
export function locatePointer(text: string, pointer: string): number | null {
  if (pointer === "") return skipSpace(text, 0);
  if (!pointer.startsWith("/")) return null;
  let at = skipSpace(text, 0);
  for (const raw of pointer.slice(1).split("/")) {
    const step = raw.replaceAll("~1", "/").replaceAll("~0", "~");
    const next = child(text, at, step);
    if (next === null) return null;
    at = next;
  }
  return at;
}

function child(text: string, from: number, step: string): number | null {
  const open = text[from];
  if (open !== "{" && open !== "[") return null;
  let at = skipSpace(text, from + 1);
  let index = 0;
  while (at < text.length && text[at] !== "}" && text[at] !== "]") {
    let matches = String(index) === step;
    if (open === "{") {
      const end = stringEnd(text, at, text.length);
      matches = decode(text.slice(at, end)) === step;
      at = skipSpace(text, end);
      if (text[at] !== ":") return null;
      at = skipSpace(text, at + 1);
    }
    if (matches) return at;
    at = skipSpace(text, valueEnd(text, at));
    if (text[at] === ",") at = skipSpace(text, at + 1);
    index += 1;
  }
  return null;
}

function valueEnd(text: string, from: number): number {
  let at = from;
  let depth = 0;
  while (at < text.length) {
    const character = text[at];
    if (character === '"') {
      at = stringEnd(text, at, text.length);
    } else {
      if (character === "{" || character === "[") depth += 1;
      else if (character === "}" || character === "]") {
        if (depth === 0) return at;
        depth -= 1;
      } else if (character === "," && depth === 0) return at;
      at += 1;
    }
    if (depth === 0 && (text[at] === "," || text[at] === "}" || text[at] === "]" || text[at] === "\n")) return at;
  }
  return at;
}

function skipSpace(text: string, from: number): number {
  let at = from;
  while (at < text.length && /\s/.test(text.charAt(at))) at += 1;
  return at;
}

function decode(text: string): string | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "string" ? value : null;
  } catch {
    return null;
  }
}
