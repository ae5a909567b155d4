import { decodeUtf8 } from "./utf8.ts";

// The parts of a secret that are a secret of their own: a value is often a whole header, url or connection string, while what a server
// or a library says of it names the token or the password in it alone.

/** The web's base64 decoder as every runtime of ours has it; this folder is compiled with neither DOM nor Node types. */
declare const atob: (text: string) => string;

export interface Part {
  readonly text: string;
  /** False for a line of a longer text: looked for as text, not in base64 or hex. */
  readonly whole: boolean;
}

const armor = /^-----(BEGIN|END) [A-Z0-9 ]+-----$/;
/** A shorter line, or part that is only known by its name, would take ordinary words out of everything. */
export const shortestPart = 8;
/** From here on what holds a digit or a capital is taken for a token by its looks. */
const shortestToken = 16;

/** The value itself, and every part of it that must not be seen either. */
export function secretParts(value: string): readonly Part[] {
  const trimmed = value.trim();
  const wholes = new Set([value, trimmed]);
  const add = (text: string): void => void wholes.add(text).add(percentDecoded(text));
  const bare = withoutScheme(withoutHeader(trimmed));
  if (bare !== trimmed) wholes.add(bare);
  for (const text of basicPair(trimmed)) wholes.add(text);
  for (const text of urlSecrets(bare)) add(text);
  for (const text of assigned(bare)) wholes.add(text);
  for (const text of jsonSecrets(bare)) wholes.add(text);

  const parts: Part[] = [...wholes].map((text) => ({ text, whole: true }));
  for (const text of wholes) {
    if (!/[\r\n]/.test(text)) continue;
    for (const line of text.split(/[\r\n]+/)) {
      const bareLine = line.trim();
      if (bareLine.length >= shortestPart && !armor.test(bareLine)) parts.push({ text: bareLine, whole: false });
    }
  }
  return parts;
}

function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** "Authorization: Bearer abc", "X-Api-Key: abc": what stands behind the name. */
function withoutHeader(text: string): string {
  const rest = /^[A-Za-z][\w-]{0,60}:[ \t]+(\S.*)$/s.exec(text)?.[1];
  return rest !== undefined && rest.length >= shortestPart ? rest : text;
}

/** "Bearer abc": the token is a secret without the word before it. Behind a word that is not known it must look like one. */
function withoutScheme(text: string): string {
  const known = /^(?:bearer|basic|token|bot|apikey|api-key|key|oauth)\s+(\S.*)$/is.exec(text)?.[1];
  if (known !== undefined) return known;
  const rest = /^[A-Za-z][A-Za-z-]{1,30} +(\S+)$/.exec(text)?.[1];
  return rest !== undefined && isTokenLike(rest) ? rest : text;
}

/** What a Basic header encodes, and the secrets in it. */
function basicPair(text: string): readonly string[] {
  const encoded = /^(?:[A-Za-z][\w-]{0,60}:[ \t]+)?basic\s+([A-Za-z0-9+/]+={0,2})$/i.exec(text)?.[1];
  if (encoded === undefined) return [];
  try {
    const pair = decodeUtf8(Uint8Array.from(atob(encoded), (character) => character.charCodeAt(0)));
    const colon = pair.indexOf(":");
    return colon < 0 || pair.includes("\uFFFD") ? [] : [pair, ...pairSecrets(pair.slice(0, colon), pair.slice(colon + 1))];
  } catch {
    return []; // not base64 after all
  }
}

/** A password, and a user that is a secret itself: many services take a key as the user, and no password or any. */
function pairSecrets(user: string, password: string): readonly string[] {
  return isTokenLike(user) || (password === "" && user.length >= shortestPart) ? [password, user] : [password];
}

/**
 * "postgres://user:password@host/db": drivers name the password alone. "https://token@host": so is a user without one. Of path and query,
 * which libraries name without the host, what is called a secret or looks like a token.
 */
function urlSecrets(text: string): readonly string[] {
  const [, authority, rest] = /^[a-z][a-z0-9+.-]{0,40}:\/\/([^/?#\s]*)(\S*)$/i.exec(text) ?? [];
  if (authority === undefined || rest === undefined) return [];
  const found: string[] = [];
  const at = authority.lastIndexOf("@");
  if (at >= 0) {
    const colon = authority.indexOf(":");
    const user = authority.slice(0, colon >= 0 && colon < at ? colon : at);
    found.push(...pairSecrets(user, authority.slice(user.length + 1, at)));
  }
  const query = /[?#]/.exec(rest)?.index ?? rest.length;
  for (const segment of rest.slice(0, query).split("/")) if (isTokenLike(segment)) found.push(segment);
  for (const member of rest.slice(query).split(/[?&#;]/)) {
    const equals = member.indexOf("=");
    const named = equals > 0 ? member.slice(equals + 1) : "";
    if (named.length >= shortestPart && (isSecretName(member.slice(0, equals)) || isTokenLike(named))) found.push(named);
  }
  return found;
}

/** "Server=db;Password=abc", "host=db password=abc", lines of a settings file: what is a secret by its name. */
function assigned(text: string): readonly string[] {
  const found: string[] = [];
  for (const member of text.split(text.includes(";") ? /[;\r\n]/ : /\s/)) {
    const equals = member.indexOf("=");
    if (equals <= 0 || !isSecretName(member.slice(0, equals))) continue;
    const value = member.slice(equals + 1).trim();
    const unquoted = /^(["'])(.*)\1$/s.exec(value)?.[2] ?? value;
    if (unquoted.length >= shortestPart) found.push(unquoted);
  }
  return found;
}

function isSecretName(name: string): boolean {
  return name.length <= 60 && /secret|token|passw|pass$|pwd|key$|credential|auth$|authorization$|^sig(nature)?$/i.test(name.trim());
}

/** Long, and not a word or several in small letters. */
function isTokenLike(text: string): boolean {
  return text.length >= shortestToken && !/^[a-z]+(?:[-_.][a-z]+)*$/.test(text);
}

/** In a credentials file (`{"private_key": …}`), the members that are secret by name. */
function jsonSecrets(value: string): readonly string[] {
  if (!/^[{[]/.test(value)) return [];
  const found: string[] = [];
  const visit = (node: unknown, key: string, depth: number): void => {
    if (depth > 8) return;
    if (typeof node === "string") {
      if (node.length >= shortestPart && /secret|token|pass|key|credential|auth/i.test(key) && !/^https?:\/\//.test(node)) found.push(node);
    } else if (Array.isArray(node)) {
      for (const item of node) visit(item, key, depth + 1);
    } else if (typeof node === "object" && node !== null) {
      for (const [name, member] of Object.entries(node)) visit(member, name, depth + 1);
    }
  };
  try {
    visit(JSON.parse(value), "", 0);
  } catch {
    return []; // not a credentials file after all
  }
  return found;
}
