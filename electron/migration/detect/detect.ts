import type { Place, SecretClass } from "../../../shared/model/migration.ts";
import { namedTexts } from "./args.ts";
import { findSecrets, type Finding, type FindOptions } from "./find-secrets.ts";

/**
 * Which values of a server's entry are secrets. Pure: nothing is expanded, resolved or looked up (threat 4), and every step is linear in
 * the text, whatever it says (threat 32). The value leaves this folder only towards the scanner, which turns it into four characters and
 * a length.
 */
export interface EntryText {
  readonly server: string;
  readonly command: string | null;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly url: string | null;
  readonly headers: Readonly<Record<string, string>>;
  /** What the client fills in itself, beside what everybody knows. */
  readonly placeholders: readonly RegExp[];
}

export interface Detected {
  readonly place: Place;
  readonly class: SecretClass;
  /** One clause for the person; never holds the value. */
  readonly reason: string;
  /** Exactly the characters of `range`: as written, so escapes of JSON and percent signs of urls stay. */
  readonly value: string;
  /** In UTF-16 units of the whole string at that place (of the variable, argument, header or url). Replace this and nothing else. */
  readonly range: { readonly start: number; readonly end: number };
  /** `SERVER/NAME` in the alphabet of `secretNameSchema`. Different values of one entry get different names, the same value the same one. */
  readonly suggestedName: string;
}

/** More arguments, variables and headers than this of one entry are not read: nobody has as many, and a hostile file may not take for ever. */
const mostTexts = 10_000;

/** All secrets of one entry, sure and unsure, in the order of args, env, url, headers. Ranges at one place never overlap. */
export function detectSecrets(entry: EntryText): readonly Detected[] {
  const options = (serverUrl: boolean): FindOptions => ({ patterns: entry.placeholders, serverUrl });
  const found: Detected[] = [];
  const suggest = nameMaker(entry.server);
  const add = (text: string, finding: Finding, place: Place): void => {
    const value = text.slice(finding.start, finding.end);
    const { class: sure, reason, name, start, end } = finding;
    found.push({ place, class: sure, reason, value, range: { start, end }, suggestedName: suggest(name, value) });
  };
  for (const named of namedTexts(entry.args.slice(0, mostTexts))) {
    const text = entry.args[named.index] ?? "";
    const part = text.slice(named.start, named.end);
    // Bridges to remote servers (mcp-remote, supergateway) take the server's address as an argument.
    for (const finding of findSecrets(named.name, part, options(/^https?:/.test(part)))) {
      const moved = {
        ...finding,
        start: finding.start + named.start,
        end: finding.end + named.start,
        name: finding.name.startsWith("_") ? `URL${finding.name}` : finding.name,
      };
      add(text, moved, placeIn(finding, `arg ${named.index}`, { kind: "arg", index: named.index, flag: named.flag }));
    }
  }
  for (const [name, text] of Object.entries(entry.env).slice(0, mostTexts)) {
    for (const finding of findSecrets(name, text, options(false))) {
      const place: Place =
        finding.within.kind === "json" ? { kind: "env-json", name, pointer: finding.within.pointer } : { kind: "env", name };
      add(text, finding, placeIn(finding, `env ${name}`, place));
    }
  }
  if (entry.url !== null) {
    for (const finding of findSecrets("URL", entry.url, options(true))) {
      add(entry.url, finding, placeIn(finding, "url", { kind: "url", at: "url", part: "path", key: null }));
    }
  }
  for (const [name, text] of Object.entries(entry.headers).slice(0, mostTexts)) {
    for (const finding of findSecrets(name, text, options(false))) add(text, finding, { kind: "header", name });
  }
  return found;
}

function placeIn(finding: Finding, at: string, otherwise: Place): Place {
  return finding.within.kind === "url" ? { kind: "url", at, part: finding.within.part, key: finding.within.key } : otherwise;
}

/** Makes names in the alphabet of the vault: the same value the same name, another value another one. */
function nameMaker(server: string): (name: string, value: string) => string {
  const prefix = clean(server, "server").slice(0, 48);
  const byValue = new Map<string, string>();
  const taken = new Set<string>();
  return (name, value) => {
    const known = byValue.get(value);
    if (known !== undefined) return known;
    const base = clean(upperSnake(name), "SECRET").slice(0, 64);
    let full = `${prefix}/${base}`;
    for (let n = 2; taken.has(full); n++) full = `${prefix}/${base}_${n}`;
    taken.add(full);
    byValue.set(value, full);
    return full;
  };
}

function upperSnake(name: string): string {
  return name
    .slice(0, 128)
    .replaceAll(/([a-z\d])([A-Z])/g, "$1_$2")
    .replaceAll(/[^A-Za-z\d]+/g, "_")
    .replaceAll(/^_+|_+$/g, "")
    .toUpperCase();
}

function clean(text: string, otherwise: string): string {
  const cleaned = text
    .slice(0, 128)
    .replaceAll(/[^A-Za-z\d_.-]+/g, "-")
    .replaceAll(/^[^A-Za-z\d_]+|[-.]+$/g, "");
  return cleaned === "" ? otherwise : cleaned;
}
