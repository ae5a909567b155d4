import { existsSync } from "node:fs";
import path from "node:path";
import { secretNameSchema, secretReferences, replaceReferences } from "../../shared/model/secret-reference.ts";
import { parseHost } from "../sandbox/hosts.ts";
import { expandHome } from "../sandbox/places.ts";

// What `server add`, `server edit` and `sandbox set` take: checked before anything is changed, so that no server is there that cannot start.

/** What a sandbox opens, as it is typed. */
export interface Openings {
  readonly read: readonly string[];
  readonly write: readonly string[];
  readonly host: readonly string[];
}

/** What the shell left as it is, relative to where the command was typed: the app has another working directory, and `~` is its to read. */
export function absolute(folder: string): string {
  return /^~(?=$|[/\\])/.test(folder) ? folder : path.resolve(folder);
}

/** A program that is named by where it is from here, absolute; any other as it is. */
export function programOf(command: string): string {
  return /^\.{1,2}[/\\]/.test(command) ? path.resolve(command) : command;
}

/** What is wrong with them, in words, or null. An empty folder would be the current one. */
export function openingTrouble({ read, write, host }: Openings): string | null {
  if (read.includes("")) return "--read needs a folder or a file";
  if (write.includes("")) return "--write needs a folder or a file";
  for (const text of host) {
    const address = /^[a-z]+:\/\//i.test(text) && URL.canParse(text) ? new URL(text).host : "";
    if (address !== "") return `--host ${text} is an address: write ${address}`;
    const parsed = parseHost(text);
    if (!parsed.ok) return `--host: ${parsed.error.message} ${parsed.error.hint ?? ""}`.trimEnd();
  }
  return null;
}

/** A note for each folder or file that is not there: it may come later, but its name may be mistyped. */
export function missingPlaces({ read, write }: Openings, home: string): string[] {
  const places = [...new Set([...read, ...write].map(absolute))];
  return places
    .filter((place) => {
      const expanded = expandHome(place, home);
      return expanded.ok && !existsSync(expanded.value);
    })
    .map((place) => `! ${place} is not there. The server does not start until it is.`);
}

/** What is wrong with the references to secrets in these texts, in words, or null. */
export function referenceTrouble(texts: readonly string[]): string | null {
  for (const text of texts) {
    if (replaceReferences(text, () => "").includes("${keychain:")) return "a reference to a secret is not closed: ${keychain:NAME}";
    const unknown = /\$\{([A-Za-z][\w-]*):[A-Za-z/]/.exec(text.replaceAll("${keychain:", ""))?.[1];
    if (unknown !== undefined) return `\${${unknown}:…} is no reference that is known here: write \${keychain:NAME}`;
    const wrong = secretReferences(text).find((name) => !secretNameSchema.safeParse(name).success);
    if (wrong !== undefined) return `\${keychain:${wrong}} names no secret: letters, digits, dot, dash and underscore, up to three slashes`;
  }
  return null;
}

/** Variables out of `NAME=VALUE` texts, the last of a name counts; or what is wrong with them, in words. */
export function variables(pairs: readonly string[]): Record<string, string> | string {
  const env: Record<string, string> = {};
  for (const pair of pairs) {
    const at = pair.indexOf("=");
    const key = pair.slice(0, at);
    if (at < 1 || !/^[A-Za-z_][A-Za-z0-9_]*$/.test(key)) return `--env needs NAME=VALUE, with letters, digits and underscore in NAME`;
    env[key] = pair.slice(at + 1);
  }
  return env;
}

/** A note for each value that stands in config.json for all to read, under a name that says it is a secret. */
export function plainSecrets(env: Readonly<Record<string, string>>): string[] {
  return Object.entries(env)
    .filter(([key, value]) => /token|secret|passw|pwd|api_?key|private_?key|credential/i.test(key) && value !== "" && !value.includes("${"))
    .map(
      ([key]) =>
        `! ${key} looks like a secret and stands in config.json as plain text. Better: portcullis secret set NAME, then --env '${key}=\${keychain:NAME}'`,
    );
}
