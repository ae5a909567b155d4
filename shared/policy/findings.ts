import type { Finding } from "../model/approval.ts";
import type { JsonObject, JsonValue } from "../model/json.ts";
import { countHidden } from "../text/reveal.ts";

// What the eye would miss in a call's arguments (threats 13 and 15): text that cannot be seen, a tail pushed out of view, a wall of
// text, something that looks like our own buttons. Linear in the size of the arguments; no pattern here can backtrack.

/** A text longer than this, in UTF-16 units, does not fit on a screen. */
const longText = 4_000;
const manyMembers = 200;
const blankRun = 48;
const lineRun = 12;
const mostFindings = 50;

export interface Inspection {
  readonly findings: readonly Finding[];
  /** Whether Allow stays locked until all of the arguments were seen. */
  readonly mustExpand: boolean;
}

/** Looks through arguments of any size; at most 50 findings, the first ones. */
export function inspectArguments(args: JsonObject): Inspection {
  const findings: Finding[] = [];
  let mustExpand = false;
  const add = (kind: Finding["kind"], pointer: string, text: string): void => {
    if (kind === "padding" || kind === "large") mustExpand = true;
    if (findings.length < mostFindings) findings.push({ kind, pointer, text });
  };
  const visitText = (text: string, pointer: string): void => {
    const control = countControl(text);
    const invisible = countHidden(text) - control;
    if (invisible > 0) add("invisible", pointer, `${count(invisible, "invisible or look-alike blank character")} in this text`);
    if (control > 0) add("control", pointer, `${count(control, "control character")} in this text`);
    const run = longestRun(text);
    if (run.blanks >= blankRun || run.lines >= lineRun) {
      add(
        "padding",
        pointer,
        `A run of ${run.lines >= lineRun ? `${run.lines} empty lines` : `${run.blanks} blanks`} pushes what follows out of view`,
      );
    }
    if (text.length > longText) add("large", pointer, `A text of ${text.length.toLocaleString("en-US")} characters`);
    if (climbs(text, pointer)) add("climbs", pointer, "A path that goes up again (“..”): it ends elsewhere than it begins");
    if (looksLikeMarkup(text)) add("markup", pointer, "Contains markup (HTML or Markdown links); it is shown as plain text");
  };
  const visit = (value: JsonValue, pointer: string): void => {
    if (typeof value === "string") {
      visitText(value, pointer);
    } else if (typeof value === "number") {
      if (Math.abs(value) > Number.MAX_SAFE_INTEGER) add("number", pointer, "A number larger than all programs can hold exactly");
    } else if (Array.isArray(value)) {
      const items = value as readonly JsonValue[];
      if (items.length > manyMembers) add("large", pointer, `A list of ${items.length.toLocaleString("en-US")} items`);
      items.forEach((item, index) => visit(item, `${pointer}/${index}`));
    } else if (typeof value === "object" && value !== null) {
      const entries = Object.entries(value as JsonObject);
      if (entries.length > manyMembers) add("large", pointer, `An object of ${entries.length.toLocaleString("en-US")} keys`);
      for (const [key, member] of entries) {
        const below = `${pointer}/${pointerToken(key)}`;
        if (countHidden(key) > 0 || longestRun(key).blanks >= blankRun || key.length > longText) visitText(key, below);
        visit(member, below);
      }
    }
  };
  visit(args, "");
  return { findings, mustExpand };
}

// prettier-ignore
const telling = [
  "path", "file_path", "filePath", "filename", "file", "destination", "source", "url", "uri", "command", "cmd", "script", "code", "query", "sql",
  "to", "recipient", "repo", "title", "name", "id", "message", "text", "content",
];

/**
 * The argument that says most about a call, for its headline; null if none is a text. A long one loses its middle: the end of a path is
 * where it leads.
 */
export function subjectOf(args: JsonObject): { key: string; value: string } | null {
  const known = telling.find((key) => Object.hasOwn(args, key) && typeof args[key] === "string" && args[key] !== "");
  const key = known ?? Object.keys(args).find((candidate) => typeof args[candidate] === "string" && args[candidate] !== "");
  const value = key === undefined ? undefined : args[key];
  if (key === undefined || typeof value !== "string") return null;
  return { key: cutMiddle(key, 60), value: cutMiddle(value, 200) };
}

/** At most so many characters and the mark of the gap, two thirds of them from the end. */
function cutMiddle(text: string, most: number): string {
  if (text.length <= most) return text;
  let start = Math.floor(most / 3);
  let end = text.length - (most - start);
  // Not through the middle of a pair.
  if (/[\ud800-\udbff]/.test(text[start - 1] ?? "")) start--;
  if (/[\udc00-\udfff]/.test(text[end] ?? "")) end++;
  return `${text.slice(0, start)} … ${text.slice(end)}`;
}

function count(n: number, what: string): string {
  return `${n.toLocaleString("en-US")} ${what}${n === 1 ? "" : "s"}`;
}

function pointerToken(key: string): string {
  return key.slice(0, 200).replaceAll("~", "~0").replaceAll("/", "~1");
}

/** Control characters, all of them but tab and line feed; `countHidden` counts the same ones. */
function countControl(text: string): number {
  let found = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if ((code < 0x20 && code !== 0x09 && code !== 0x0a) || (code >= 0x7f && code <= 0x9f)) found++;
  }
  return found;
}

/** The longest run of blanks (spaces, tabs, anything blank) and of line ends, blanks between them not counted. */
function longestRun(text: string): { readonly blanks: number; readonly lines: number } {
  let blanks = 0;
  let lines = 0;
  let blankNow = 0;
  let lineNow = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    // Of a line end as Windows writes it the second half counts.
    if (code === 0x0d && text.charCodeAt(i + 1) === 0x0a) continue;
    if (code === 0x0a || code === 0x0d || code === 0x2028 || code === 0x2029) {
      lineNow++;
      blankNow = 0;
      if (lineNow > lines) lines = lineNow;
    } else if (isBlank(code)) {
      blankNow++;
      if (blankNow > blanks) blanks = blankNow;
    } else {
      blankNow = 0;
      lineNow = 0;
    }
  }
  return { blanks, lines };
}

function isBlank(code: number): boolean {
  return (
    code === 0x20 ||
    code === 0x09 ||
    code === 0x0b ||
    code === 0x0c ||
    code === 0xa0 ||
    (code >= 0x2000 && code <= 0x200f) ||
    code === 0x202f ||
    code === 0x205f ||
    code === 0x2800 ||
    code === 0x3000 ||
    code === 0x3164 ||
    code === 0xfeff
  );
}

/**
 * Whether a text that could be a path has a `..` between its separators. Text of several lines is prose or code, where relative imports are
 * ordinary, unless its argument's name says that it is a path.
 */
function climbs(text: string, pointer: string): boolean {
  if (!/(?:^|[/\\])\.\.(?:[/\\]|$)/.test(text)) return false;
  return !text.includes("\n") || /(?:path|file|source|destination|dir|folder|ur[il])[^/]*$/i.test(pointer.slice(-100));
}

function looksLikeMarkup(text: string): boolean {
  return /<\/?[a-z!][^<>]{0,100}>/i.test(text) || text.includes("](http") || text.includes("](javascript");
}
