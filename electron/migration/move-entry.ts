import path from "node:path";
import { assertNever } from "../../shared/errors.ts";
import type { Place } from "../../shared/model/migration.ts";
import type { ServerSettings } from "../../shared/model/server.ts";
import { placeholderMeaning, type PlaceholderContext } from "./clients/placeholder-meaning.ts";
import type { ReadEntry } from "./clients/read-entries.ts";
import type { Detected } from "./detect/detect.ts";

/**
 * A client's entry as a server of ours: every chosen secret replaced, by its exact range, with a reference. What only the client could
 * fill in made the entry stay before (`whyItStays`). Pure: nothing is expanded but the few placeholders whose meaning is certain.
 */
export interface MoveContext extends PlaceholderContext {
  readonly placeholders: readonly RegExp[];
}

/** A chosen secret: a stretch of one of the entry's texts. */
export interface Taken {
  /** `env NAME`, `arg N`. */
  readonly text: string;
  readonly start: number;
  readonly end: number;
  /** The stretch itself. */
  readonly value: string;
  readonly from: Detected;
}

export type Moved =
  | { readonly kind: "moved"; readonly settings: ServerSettings; readonly taken: readonly Taken[] }
  | { readonly kind: "stays"; readonly reason: string };

/** The chosen stretches of an entry; of two that overlap the one that begins first, of two that begin together the longer. */
export function takenSecrets(entry: ReadEntry, chosen: readonly Detected[]): readonly Taken[] {
  const all = chosen.flatMap((one) => {
    const text = textNameOf(one.place);
    const whole = text === null ? undefined : textOf(entry, text);
    if (text === null || whole === undefined) return [];
    const { start, end } = one.range;
    return [{ text, start, end, value: whole.slice(start, end), from: one }];
  });
  all.sort((a, b) => (a.text < b.text ? -1 : a.text > b.text ? 1 : a.start - b.start || b.end - a.end));
  const taken: Taken[] = [];
  for (const one of all) {
    // One that is left out itself leaves out no other: that would stay where it stands.
    if (one.value !== "" && taken.every((other) => other.text !== one.text || other.end <= one.start)) taken.push(one);
  }
  return taken;
}

/** Where in an entry a place's text stands; null for what only remote servers have. */
function textNameOf(place: Place): string | null {
  switch (place.kind) {
    case "env":
    case "env-json":
      return `env ${place.name}`;
    case "arg":
      return `arg ${place.index}`;
    case "url":
      return place.at === "url" ? null : place.at;
    case "header":
      return null;
    default:
      return assertNever(place);
  }
}

/** @param nameOf a secret's name in the vault by its value */
export function moveEntry(entry: ReadEntry, chosen: readonly Detected[], nameOf: (value: string) => string, context: MoveContext): Moved {
  const stays = (reason: string): Moved => ({ kind: "stays", reason });
  if (entry.command === null || entry.transport !== "stdio") return stays("It is a remote server, which its client reaches by itself.");
  const taken = takenSecrets(entry, chosen);
  const moved = (name: string, text: string): string => {
    let out = "";
    let at = 0;
    for (const one of taken.filter((candidate) => candidate.text === name)) {
      out += `${fill(text.slice(at, one.start), context)}\${keychain:${nameOf(one.value)}}`;
      at = one.end;
    }
    return out + fill(text.slice(at), context);
  };
  const env: Record<string, string> = {};
  for (const { name, value } of entry.env) {
    if (!/^[^\s=\0]+$/.test(name)) return stays("One of its variables has a name that no program can read.");
    Object.defineProperty(env, name, { value: moved(`env ${name}`, value), enumerable: true, configurable: true, writable: true });
  }
  const command = fill(entry.command.value, context);
  const args = containerEnv(
    command,
    entry.args.map(({ value }, at) => moved(`arg ${at}`, value)),
    env,
  );
  const cwd = workingFolder(entry, command, args, context);
  return {
    kind: "moved",
    taken,
    settings: {
      command,
      ...(args.length === 0 ? {} : { args: [...args] }),
      ...(Object.keys(env).length === 0 ? {} : { env }),
      ...(cwd === null ? {} : { cwd }),
    },
  };
}

/**
 * `docker run -e TOKEN=value` has the value in its arguments, where every program could read it; `-e TOKEN` takes it from the
 * environment. Only for variables that hold a reference.
 */
function containerEnv(command: string, args: readonly string[], env: Record<string, string>): readonly string[] {
  if (!/(?:^|[\\/])(?:docker|podman|nerdctl)(?:\.exe)?$/i.test(command)) return args;
  return args.map((arg, at) => {
    const flag = /^(?:--env=|-e=)/.exec(arg)?.[0] ?? "";
    const before = args[at - 1];
    if (flag === "" && before !== "-e" && before !== "--env") return arg;
    const pair = /^([A-Za-z_]\w*)=([^]*)$/.exec(arg.slice(flag.length));
    if (pair?.[1] === undefined || pair[2]?.includes("${keychain:") !== true || Object.hasOwn(env, pair[1])) return arg;
    env[pair[1]] = pair[2];
    return flag + pair[1];
  });
}

/** A project's entry starts in the project's folder; that matters only where something is named relative to it. */
function workingFolder(entry: ReadEntry, command: string, args: readonly string[], context: MoveContext): string | null {
  if (entry.cwd !== null) {
    const named = fill(entry.cwd.value, context);
    return context.project !== null && !path.isAbsolute(named) && !named.startsWith("~") ? path.resolve(context.project, named) : named;
  }
  if (context.project === null) return null;
  const relative = (word: string): boolean =>
    /^\.{1,2}(?:[\\/]|$)/.test(word) || /^[\w-]+[\\/][^@]*\.(?:[cm]?[jt]s|py|rb|sh|jar)$/.test(word);
  return relative(command) || args.some(relative) ? context.project : null;
}

function fill(text: string, context: MoveContext): string {
  let out = text;
  for (const pattern of context.placeholders) {
    out = out.replace(new RegExp(pattern.source, "g"), (whole) => placeholderMeaning(whole, context) ?? whole);
  }
  return out;
}

function textOf(entry: ReadEntry, name: string): string | undefined {
  if (name.startsWith("env ")) return entry.env.find((one) => one.name === name.slice(4))?.value;
  if (name.startsWith("arg ")) return entry.args[Number(name.slice(4))]?.value;
  return undefined;
}
