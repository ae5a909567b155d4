import type { SecretClass } from "../../../shared/model/migration.ts";
import { jsonLeaves } from "./json-in-env.ts";
import { judge, type Judgement } from "./judge.ts";
import { judgeName, namesAnId, wordsOf } from "./names.ts";
import { bracedReferences, defaultOf, isPlaceholder, isReference } from "./placeholders.ts";
import { isUrl, urlParts, type UrlPart } from "./urls.ts";
import { tokenFormat } from "./token-formats.ts";
import { isUuid, privateKeyRange, randomness } from "./values.ts";

/** A secret in one text: the exact characters, how sure, and which part of the text it is. */
export interface Finding {
  readonly start: number;
  readonly end: number;
  readonly class: SecretClass;
  readonly reason: string;
  /** What to call it: the name of the variable, key or parameter. */
  readonly name: string;
  readonly within:
    | { readonly kind: "whole" }
    | { readonly kind: "json"; readonly pointer: string }
    | { readonly kind: "url"; readonly part: "userinfo" | "query" | "path"; readonly key: string | null };
}

export interface FindOptions {
  readonly patterns: readonly RegExp[];
  /** The text is the address of an MCP server, where a random path segment is what lets one in. */
  readonly serverUrl: boolean;
}

/** JSON in a url in JSON … is read this deep. */
const deepest = 4;
const whole = { kind: "whole" } as const;

/** The secrets in a text that is assigned to `name`. Ranges never overlap and are in order. Linear in the text. */
export function findSecrets(name: string, text: string, options: FindOptions, depth = 0): readonly Finding[] {
  if (depth > deepest || text.trim() === "") return [];
  const leaves = jsonLeaves(text);
  if (leaves !== null) return leaves.flatMap((leaf) => ofLeaf(name, text, leaf, options, depth));
  const pem = privateKeyRange(text);
  if (pem !== null) return [{ ...pem, class: "secret", reason: "the value is a private key", name, within: whole }];
  const defaults = bracedReferences(text).flatMap((reference) => ofDefault(text, reference, options, depth));
  if (defaults.length > 0) return defaults;
  const at = text.length - text.trimStart().length;
  const body = text.trim();
  const found = (judgement: Judgement | null): readonly Finding[] =>
    judgement === null ? [] : [{ start: at, end: at + body.length, ...judgement, name, within: whole }];
  if (tokenFormat(body) !== null) return found(judge(name, body, options.patterns));
  if (isReference(body, options.patterns)) return [];
  const scheme = /^(?:bearer|basic|token|apikey|api-key|key|bot|digest)\s{1,4}(?=\S+$)/i.exec(body);
  if (scheme !== null) {
    const from = at + scheme[0].length;
    const rest = findSecrets(
      ["neutral", "setting"].includes(judgeName(name).kind) ? "authorization" : name,
      text.slice(from),
      options,
      depth + 1,
    );
    return rest.map((finding) => ({ ...shift(finding, from), name }));
  }
  const inUrls = body.includes("://") ? urlParts(text).flatMap((part) => ofUrlPart(name, text, part, options)) : [];
  if (isUrl(body)) return inUrls;
  const isCookie = wordsOf(name).some((word) => word.startsWith("cookie"));
  const inPairs = (isCookie ? [] : assignments(text)).flatMap((pair) =>
    findSecrets(pair.name, text.slice(pair.start, pair.end), options, depth + 1).map((finding) => shift(finding, pair.start)),
  );
  if (inPairs.length > 0) return inPairs;
  if (inUrls.length > 0) return inUrls;
  const judged = found(judge(name, body, options.patterns));
  return judged.length > 0 ? judged : embedded(name, text);
}

function shift<T extends { readonly start: number; readonly end: number }>(finding: T, by: number): T {
  return { ...finding, start: finding.start + by, end: finding.end + by };
}

function ofLeaf(
  name: string,
  text: string,
  leaf: { readonly pointer: string; readonly key: string; readonly start: number; readonly end: number },
  options: FindOptions,
  depth: number,
): readonly Finding[] {
  // A key that says nothing (`value`, `default`) leaves the word to the variable around it.
  const key =
    leaf.key === "" || (judgeName(leaf.key).kind === "neutral" && /^(?:value|default|data|\d+)$/i.test(leaf.key)) ? name : leaf.key;
  const inside = findSecrets(key, text.slice(leaf.start, leaf.end), options, depth + 1);
  return inside.map((finding) => ({
    ...shift(finding, leaf.start),
    name: leaf.key === "" ? name : leaf.key,
    within: { kind: "json", pointer: leaf.pointer },
  }));
}

function ofDefault(
  text: string,
  reference: { readonly start: number; readonly end: number },
  options: FindOptions,
  depth: number,
): readonly Finding[] {
  const fallback = defaultOf(text.slice(reference.start, reference.end));
  if (fallback === null) return [];
  const from = reference.start + fallback.start;
  const inside = findSecrets(fallback.name, text.slice(from, reference.start + fallback.end), options, depth + 1);
  return inside.map((finding) => ({ ...shift(finding, from), reason: `a default in a reference: ${finding.reason}` }));
}

/** Hosts where the random part of a path names a document, a model or a repository. */
const documentHosts =
  /(?:^|\.)(?:docs\.google\.com|drive\.google\.com|notion\.so|notion\.site|figma\.com|miro\.com|github\.com|gitlab\.com|bitbucket\.org|microsoftonline\.com|npmjs\.org|npmjs\.com|pypi\.org|huggingface\.co|ghcr\.io|docker\.io|smithery\.ai|airtable\.com|sentry\.io)$/;
/** Hosts whose MCP addresses are bearer tokens themselves. */
const keyedHosts =
  /(?:^|\.)(?:zapier\.com|pipedream\.net|composio\.dev|make\.com|mcp\.run|gumloop\.com|rube\.app|activepieces\.com|n8n\.cloud|firecrawl\.dev)$/;
const isLocal = (host: string): boolean => /^(?:localhost|127\.|\[::1\]|0\.0\.0\.0|host\.docker\.internal$)/.test(host);

function ofUrlPart(name: string, text: string, part: UrlPart, options: FindOptions): readonly Finding[] {
  const value = text.slice(part.start, part.end);
  const { judgement, as } = judgeUrlPart(name, value, part, options);
  if (judgement === null) return [];
  const kind = part.part === "username" || part.part === "password" ? "userinfo" : part.part;
  return [{ start: part.start, end: part.end, ...judgement, name: as, within: { kind: "url", part: kind, key: part.key } }];
}

function judgeUrlPart(
  name: string,
  value: string,
  part: UrlPart,
  options: FindOptions,
): { readonly judgement: Judgement | null; readonly as: string } {
  switch (part.part) {
    case "password": {
      const judgement = judge("password", value, options.patterns);
      const what = judgement?.class === "unlikely" ? "a well-known default as the password in a url" : "the password in a url";
      return { judgement: judgement === null ? null : { ...judgement, reason: what }, as: `${name}_PASSWORD` };
    }
    case "username":
      return { judgement: judgeUserName(value, part, options), as: `${name}_TOKEN` };
    case "query": {
      const judgement = judge(part.key ?? "", value, options.patterns);
      return {
        judgement: judgement === null ? null : { ...judgement, reason: `in the url's query: ${judgement.reason}` },
        as: part.key ?? name,
      };
    }
    case "path":
      break;
  }
  return { judgement: judgeSegment(value, part, options), as: `${name}_TOKEN` };
}

function judgeUserName(value: string, part: UrlPart, options: FindOptions): Judgement | null {
  const token = tokenFormat(value) !== null || (value.length >= 20 && randomness(value) !== null && !isUuid(value));
  if (!token || isPlaceholder(value, "", options.patterns)) return null;
  if (/(?:^|\.)(?:sentry\.io|bugsnag\.com|rollbar\.com)$/.test(part.host)) {
    return { class: "unlikely", reason: "a key for sending reports only, before the @ in a url" };
  }
  return { class: "secret", reason: "a token before the @ in a url" };
}

function judgeSegment(value: string, part: UrlPart, options: FindOptions): Judgement | null {
  if (part.before === "services" && value.includes("/") && !isPlaceholder(value, "", options.patterns)) {
    return /x{3}|your/i.test(value) ? null : { class: "secret", reason: "the path of a webhook" };
  }
  const format = tokenFormat(value);
  if (format !== null && !isPlaceholder(value, "", options.patterns))
    return { class: "secret", reason: `a part of the url's path has the form of ${format}` };
  const random = randomness(value);
  if (random === null || documentHosts.test(part.host) || isLocal(part.host)) return null;
  if (part.host.endsWith("discord.com") || part.host.endsWith("discordapp.com"))
    return value.length >= 60 ? { class: "secret", reason: "the path of a webhook" } : null;
  const collection = namesAnId(part.before) || /^(?:[a-z-]{3,}s|d|u|c|v\d+\.\d+|commit|tree|blob)$/.test(part.before);
  if (keyedHosts.test(part.host)) return { class: "probable", reason: "whoever knows this url's path is let in" };
  if (isUuid(value))
    return options.serverUrl && !collection ? { class: "probable", reason: "a random part of the server's address" } : null;
  if (random === "hex" ? collection || value.length < 32 : collection || value.length < 20) return null;
  return { class: "probable", reason: "a long random part of the url's path" };
}

/** `A=b;C=d`, `a=b c=d`, `Name: value` lists: connection strings and header lists. Empty unless the whole text is one. */
function assignments(text: string): readonly { readonly name: string; readonly start: number; readonly end: number }[] {
  const header = /^\s{0,8}([A-Za-z][A-Za-z\d-]{2,60}):\s{1,8}(?=\S)/.exec(text.slice(0, 200));
  if (header !== null && !text.includes("\n")) return [{ name: header[1] ?? "", start: header[0].length, end: text.length }];
  if (!/^\s{0,8}[A-Za-z_][\w .-]{0,60}\s?=/.test(text.slice(0, 200))) return [];
  for (const separator of [";", "\n", ",", " "]) {
    if (!text.includes(separator)) continue;
    const pairs = splitPairs(text, separator);
    if (pairs.length >= 2) return pairs;
  }
  const only = splitPairs(text, "\0");
  // One assignment alone counts only with a name that says what it is: base64 ends in `=`, too.
  return only.filter((pair) => judgeName(pair.name).kind !== "neutral" && pair.end - pair.start > 3);
}

function splitPairs(text: string, separator: string): { name: string; start: number; end: number }[] {
  const pairs: { name: string; start: number; end: number }[] = [];
  let from = 0;
  for (let parts = 0; from <= text.length && parts < 300; parts++) {
    const next = text.indexOf(separator, from);
    const end = next < 0 ? text.length : next;
    const equals = text.slice(from, Math.min(end, from + 65)).indexOf("=");
    if (equals > 0) {
      const name = text.slice(from, from + equals).trim();
      if (/^[A-Za-z_][\w .-]*$/.test(name)) pairs.push({ name, start: from + equals + 1, end });
    }
    from = end + 1;
  }
  return pairs;
}

/** Tokens of known form inside a longer text (a command line, a note). */
function embedded(name: string, text: string): readonly Finding[] {
  const found: Finding[] = [];
  let start = 0;
  for (let at = 0; at <= text.length && found.length < 50; at++) {
    if (at < text.length && isTokenLetter(text.charCodeAt(at))) continue;
    if (at - start >= 20 && at - start <= 2048) {
      const word = text.slice(start, at);
      const format = tokenFormat(word);
      if (format !== null && !isPlaceholder(word, name, [])) {
        found.push({ start, end: at, class: "secret", reason: `a part of it has the form of ${format}`, name, within: whole });
      }
    }
    start = at + 1;
  }
  return found;
}

/** Letters, digits and `_ - . ~ % + / :`. */
function isTokenLetter(code: number): boolean {
  return (
    (code >= 97 && code <= 122) ||
    (code >= 45 && code <= 58) ||
    (code >= 65 && code <= 90) ||
    code === 95 ||
    code === 126 ||
    code === 37 ||
    code === 43
  );
}
