/**
 * Urls inside a text, taken apart by position: user and password, query, fragment, path segments. A reader of its own, because `URL`
 * normalises, refuses what drivers accept (`postgres://u:p#x@host`) and forgets positions. Decodes nothing.
 */

export interface UrlPart {
  readonly part: "username" | "password" | "query" | "path";
  /** Of a query or fragment parameter. */
  readonly key: string | null;
  readonly start: number;
  readonly end: number;
  /** Lower case, without port. */
  readonly host: string;
  /** Of a path segment: the one before it; empty for the first. */
  readonly before: string;
}

const mostUrls = 50;
/** A url goes on for this long at most; nobody's server takes longer ones. */
const longest = 8192;
const ends = new Set([9, 10, 11, 12, 13, 32, 34, 39, 60, 62, 96, 0xa0]);
const mostParts = 2000;

/** The parts of all urls in a text, in order. Linear in the text; at most 50 urls of 8192 characters and 2000 parts. */
export function urlParts(text: string): readonly UrlPart[] {
  const parts: UrlPart[] = [];
  let urls = 0;
  for (let at = text.indexOf("://"); at >= 0 && urls++ < mostUrls && parts.length < mostParts;) {
    const start = at + 3;
    const end = endOfUrl(text, start);
    readUrl(text, start, end, parts);
    at = text.indexOf("://", Math.max(end, start));
  }
  return parts;
}

/** Whether all of a text is one url. */
export const isUrl = (text: string): boolean => /^[A-Za-z][A-Za-z\d+.-]{1,40}:\/\/\S*$/.test(text);

function endOfUrl(text: string, from: number): number {
  const most = Math.min(text.length, from + longest);
  let at = from;
  for (; at < most && !ends.has(text.charCodeAt(at)); at++) {
    // `${…}` may hold what ends a url elsewhere.
    if (text[at] === "$" && text[at + 1] === "{") {
      const close = text.slice(at, at + 512).indexOf("}");
      if (close < 0) return at;
      at += close;
    } else if (text[at] === "," && /^,\s{0,4}[A-Za-z][A-Za-z\d+.-]{1,12}:\/\//.test(text.slice(at, at + 24))) {
      // A list of urls: the next one begins after the comma.
      return at;
    }
  }
  return Math.min(at, text.length);
}

function readUrl(text: string, start: number, end: number, parts: UrlPart[]): void {
  let authorityEnd = firstOf(text, start, end, "/?#");
  let at = lastAt(text, start, authorityEnd);
  if (at < start) {
    // A password with an unencoded `/`, `?` or `#`: what follows the colon is no port, and an `@` comes later.
    const colon = firstOf(text, start, authorityEnd, ":");
    const later = lastAt(text, start, end);
    if (colon > start && colon < authorityEnd && later > authorityEnd && !/^\d*$/.test(text.slice(colon + 1, authorityEnd))) {
      at = later;
      authorityEnd = firstOf(text, later, end, "/?#");
    }
  }
  const hostStart = at >= start ? at + 1 : start;
  const host = text.slice(hostStart, authorityEnd).toLowerCase().replace(/:\d*$/, "").slice(0, 253);
  const push = (part: UrlPart["part"], key: string | null, from: number, to: number, before = ""): void => {
    if (to > from && parts.length < mostParts) parts.push({ part, key, start: from, end: to, host, before });
  };
  if (at >= start) {
    const colon = firstOf(text, start, at, ":");
    const named = colon >= start && colon < at;
    push("username", null, start, named ? colon : at);
    if (named) push("password", null, colon + 1, at);
  }
  const pathEnd = firstOf(text, authorityEnd, end, "?#");
  if (/(?:^|\.)hooks\.slack(?:-gov)?\.com$/.test(host) && text.startsWith("/services/", authorityEnd)) {
    push("path", null, authorityEnd + 10, pathEnd, "services");
  } else readPath(text, authorityEnd, pathEnd, push);
  readQuery(text, pathEnd, end, push);
}

type Push = (part: UrlPart["part"], key: string | null, from: number, to: number, before?: string) => void;

function readPath(text: string, start: number, end: number, push: Push): void {
  let before = "";
  for (let from = start + 1; from < end;) {
    const to = firstOf(text, from, end, "/");
    push("path", null, from, to, before);
    before = text.slice(from, Math.min(to, from + 64));
    from = to + 1;
  }
}

function readQuery(text: string, start: number, end: number, push: Push): void {
  for (let from = start + 1; from < end;) {
    const to = firstOf(text, from, end, "&;#");
    const equals = firstOf(text, from, Math.min(to, from + 129), "=");
    if (equals > from && equals < to && text[equals] === "=") push("query", text.slice(from, equals), equals + 1, to);
    from = to + 1;
  }
}

/** The first of these letters, or `end`. References in braces are passed over: they may hold a slash or a colon of their own. */
function firstOf(text: string, from: number, end: number, letters: string): number {
  let at = from;
  while (at < end && !letters.includes(text[at] ?? "")) {
    const close = text[at] === "$" && text[at + 1] === "{" ? text.slice(at, Math.min(end, at + 512)).indexOf("}") : -1;
    at += close > 0 ? close + 1 : 1;
  }
  return Math.min(at, end);
}

function lastAt(text: string, start: number, end: number): number {
  return start + text.slice(start, end).lastIndexOf("@");
}
