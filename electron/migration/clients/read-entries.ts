import type { Result } from "../../../shared/errors.ts";
import { fail, ok } from "../../../shared/errors.ts";
import type { JsonObject, JsonValue } from "../../../shared/model/json.ts";
import type { ConfigDocument, DocumentPath } from "../formats/document.ts";
import type { ConfigPlace, EntryShape } from "./client-definition.ts";
import { isList, isMap, own } from "./json-map.ts";

// Another app's entry in our terms. Nothing is expanded, resolved or looked up: `${HOME}` stays these seven characters (threat 4). An
// entry that we do not understand in full is still returned, with the reason, so that it is shown and its secrets are found.

/** A name and a text, with the place of the text in the document. */
export interface NamedText {
  readonly name: string;
  readonly value: string;
  readonly path: DocumentPath;
}

export interface ReadEntry {
  readonly name: string;
  /** Of the whole entry. */
  readonly path: DocumentPath;
  readonly transport: "stdio" | "http" | "sse";
  readonly command: { readonly value: string; readonly path: DocumentPath } | null;
  readonly args: readonly { readonly value: string; readonly path: DocumentPath }[];
  readonly env: readonly NamedText[];
  readonly cwd: { readonly value: string; readonly path: DocumentPath } | null;
  readonly url: { readonly value: string; readonly path: DocumentPath } | null;
  readonly headers: readonly NamedText[];
  /** The client does not start it. */
  readonly off: boolean;
  /** It launches our bridge already. */
  readonly ours: boolean;
  /** Null: understood in full. Otherwise what is not, as a clause for the person. */
  readonly problem: string | null;
}

const usualTransports: Readonly<Record<string, "stdio" | "http" | "sse">> = {
  stdio: "stdio",
  local: "stdio",
  custom: "stdio",
  sse: "sse",
  http: "http",
  remote: "http",
  "streamable-http": "http",
  streamable_http: "http",
  streamableHttp: "http",
  streamablehttp: "http",
};

/** What stands for absent names in an `EntryShape`. */
export function fullShape(shape: EntryShape): Required<EntryShape> {
  return {
    command: shape.command ?? { key: "command", kind: "string" },
    args: shape.args ?? "args",
    env: shape.env ?? "env",
    cwd: shape.cwd ?? "cwd",
    urls: shape.urls ?? [{ key: "url", transport: "http" }],
    headers: shape.headers ?? "headers",
    type: shape.type ?? { key: "type", transports: usualTransports },
    off: shape.off ?? { key: "disabled", when: true },
    ignore: shape.ignore ?? { key: "type", values: [] },
    settings: shape.settings ?? "",
    lends: shape.lends ?? [],
    remove: shape.remove ?? [],
  };
}

/**
 * The entries of one place, in the order of the file. Empty where the file has no such list; fails where something else stands in
 * its place, which is a file we do not know well enough to touch.
 */
export function readEntries(
  document: ConfigDocument,
  place: Pick<ConfigPlace, "at" | "shape">,
  shape: EntryShape,
): Result<readonly ReadEntry[]> {
  const list = document.get(place.at);
  if (list === undefined || list === null) return ok([]);
  const where = place.at.join(".");
  const full = fullShape(shape);
  if (place.shape === "list") {
    if (!isList(list)) return fail("bad-input", `“${where}” is not the list of servers that it is in this client`);
    const names = list.map((value) => {
      const named = isMap(value) ? own(value, "name") : undefined;
      return typeof named === "string" && named !== "" ? named : null;
    });
    return ok(
      list.flatMap((value, index) => {
        const name = names[index] ?? null;
        const twice = name !== null && names.indexOf(name) !== names.lastIndexOf(name);
        const problem = name === null ? "it has no name" : twice ? "another entry of the list has the same name" : null;
        return readEntry(name ?? `#${index + 1}`, value, [...place.at, index], full, problem);
      }),
    );
  }
  if (!isMap(list)) return fail("bad-input", `“${where}” is not the map of servers that it is in this client`);
  return ok(document.keys(place.at).flatMap((name) => readEntry(name, own(list, name), [...place.at, name], full, null)));
}

function readEntry(
  name: string,
  value: JsonValue | undefined,
  path: DocumentPath,
  shape: Required<EntryShape>,
  nameProblem: string | null,
): readonly ReadEntry[] {
  const nothing = { name, path, command: null, args: [], env: [], cwd: null, url: null, headers: [], off: false, ours: false };
  if (!isMap(value)) return [{ ...nothing, transport: "stdio", problem: "it is not a map of settings" }];
  const kind = own(value, shape.ignore.key);
  if (typeof kind === "string" && shape.ignore.values.includes(kind)) return [];

  const problems = nameProblem === null ? [] : [nameProblem];
  const launch = readLaunch(value, path, shape, problems);
  const url = readUrl(value, path, shape);
  const headersKeys = typeof shape.headers === "string" ? [shape.headers] : shape.headers;
  const typed = readTransport(value, shape, problems);
  const local = launch.command !== null || url === null;
  const transport = typed === null || (typed === "stdio" && !local) ? (local ? "stdio" : url.transport) : typed;
  const settings = shape.settings === "" ? [] : readTexts(value, [shape.settings], path, problems);
  if (settings.length > 0) problems.push(`the client starts it and hands it “${shape.settings}”`);
  if (transport === "stdio" && launch.command === null) problems.push("it has neither a command nor a url");
  if (transport !== "stdio" && url === null) problems.push("it has no url");
  for (const lent of shape.lends) if (isSet(own(value, lent.key))) problems.push(lent.reason);
  const cwd = own(value, shape.cwd);
  if (cwd !== undefined && cwd !== null && typeof cwd !== "string") problems.push(`“${shape.cwd}” is not text`);
  return [
    {
      name,
      path,
      transport,
      command: launch.command,
      args: launch.args,
      env: [...(launch.env ?? readTexts(value, [shape.env], path, problems)), ...settings],
      cwd: typeof cwd === "string" ? { value: cwd, path: [...path, shape.cwd] } : null,
      url: url === null ? null : { value: url.value, path: url.path },
      headers: readTexts(value, headersKeys, path, problems),
      off: own(value, shape.off.key) === shape.off.when,
      ours:
        launch.command !== null &&
        isOurs(
          launch.command.value,
          launch.args.map((arg) => arg.value),
        ),
      problem: problems[0] ?? null,
    },
  ];
}

interface Launch {
  readonly command: ReadEntry["command"];
  readonly args: ReadEntry["args"];
  /** Null: it stands where the shape says. */
  readonly env: readonly NamedText[] | null;
}

function readLaunch(value: JsonObject, path: DocumentPath, shape: Required<EntryShape>, problems: string[]): Launch {
  const key = shape.command.key;
  const command = own(value, key);
  if (shape.command.kind === "command-array") {
    if (command === undefined) return { command: null, args: [], env: null };
    const words = readWords(command, [...path, key], `“${key}”`, problems);
    return { command: words[0] ?? null, args: words.slice(1), env: null };
  }
  if (isMap(command)) {
    // Zed's older form: command, arguments and environment in a map of their own.
    problems.push(`“${key}” is a map, which is an older form that we do not write`);
    const at = [...path, key];
    const program = own(command, "path");
    return {
      command: typeof program === "string" ? { value: program, path: [...at, "path"] } : null,
      args: readWords(own(command, "args"), [...at, "args"], "“args”", problems),
      env: readTexts(command, ["env"], at, problems),
    };
  }
  if (command !== undefined && command !== null && typeof command !== "string") problems.push(`“${key}” is not text`);
  return {
    command: typeof command === "string" ? { value: command, path: [...path, key] } : null,
    args: readWords(own(value, shape.args), [...path, shape.args], `“${shape.args}”`, problems),
    env: null,
  };
}

function readWords(value: JsonValue | undefined, path: DocumentPath, what: string, problems: string[]): ReadEntry["args"] {
  if (value === undefined || value === null) return [];
  if (!isList(value)) {
    problems.push(`${what} is not a list`);
    return typeof value === "string" ? [{ value, path }] : [];
  }
  return value.flatMap((word, index) => {
    const text = scalarText(word);
    if (text === null) problems.push(`${what} holds something that is not text`);
    return text === null ? [] : [{ value: text, path: [...path, index] }];
  });
}

/** `null` says "without this variable" in VS Code and is nothing to lend. */
function readTexts(value: JsonObject, keys: readonly string[], path: DocumentPath, problems: string[]): readonly NamedText[] {
  let map: JsonValue | undefined = value;
  for (const key of keys) map = isMap(map) ? own(map, key) : undefined;
  if (map === undefined || map === null) return [];
  if (!isMap(map)) {
    problems.push(`“${keys.join(".")}” is not a map`);
    return [];
  }
  return Object.entries(map).flatMap(([name, inner]) => {
    if (inner === null) return [];
    const text = scalarText(inner);
    if (text === null) problems.push(`“${keys.join(".")}” holds something that is not text`);
    return text === null ? [] : [{ name, value: text, path: [...path, ...keys, name] }];
  });
}

function readUrl(value: JsonObject, path: DocumentPath, shape: Required<EntryShape>) {
  for (const { key, transport } of shape.urls) {
    const url = own(value, key);
    if (typeof url === "string" && url !== "") return { value: url, path: [...path, key], transport };
  }
  return null;
}

function readTransport(value: JsonObject, shape: Required<EntryShape>, problems: string[]): ReadEntry["transport"] | null {
  const type = own(value, shape.type.key);
  if (typeof type !== "string") return null;
  const known = own(shape.type.transports, type);
  if (known === undefined) problems.push(`its “${shape.type.key}” is one that we do not know`);
  return known ?? null;
}

const bridgeScripts = new Set(["bridge.cjs", "portcullis.js", "portcullis"]);

/** `portcullis connect …` in any of its installed forms, or the bridge's bundle run by a Node. */
function isOurs(command: string, args: readonly string[]): boolean {
  const program = baseName(command).replace(/\.(exe|cmd|appimage)$/i, "");
  if (/^portcullis([-_.][\w.-]+)?$/i.test(program)) return args.includes("connect");
  const script = args.findIndex((arg) => bridgeScripts.has(baseName(arg)));
  if (script === -1) return false;
  return baseName(args[script] ?? "") === "bridge.cjs" || args[script + 1] === "connect";
}

function baseName(file: string): string {
  return file.split(/[/\\]/).at(-1) ?? file;
}

function scalarText(value: JsonValue): string | null {
  if (typeof value === "string") return value;
  return typeof value === "number" || typeof value === "boolean" ? String(value) : null;
}

function isSet(value: JsonValue | undefined): boolean {
  if (value === undefined || value === null || value === "") return false;
  return isList(value) ? value.length > 0 : !isMap(value) || Object.keys(value).length > 0;
}
