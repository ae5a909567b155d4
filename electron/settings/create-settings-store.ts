import fs from "node:fs";
import path from "node:path";
import {
  applyEdits,
  findNodeAtLocation,
  modify,
  parse,
  parseTree,
  printParseErrorCode,
  visit,
  type Node,
  type ParseError,
} from "jsonc-parser";
import { fail, ok, type Result } from "../../shared/errors.ts";
import { settingsSchema, type Settings } from "../../shared/model/settings.ts";
import { replaceFileIf } from "../atomic-file.ts";
import { readConfigFile, sameReading, textOf, type Reading } from "./config-file.ts";
import { removeProperty } from "./remove-property.ts";
import type { SettingsStore } from "./settings-store.ts";
import { watchFile } from "./watch-file.ts";

// The file belongs to the person: it is edited in its syntax tree, and one that we cannot read in full is never written to.

export interface SettingsStoreDeps {
  readonly file: string;
  /** Value of `$schema` in a file that we create. */
  readonly schemaUrl: string;
  /** Default true. A command that looks once need not. */
  readonly watch?: boolean;
}

const mostAttempts = 10;

type Changes = Parameters<SettingsStore["edit"]>[0];
type Parsed = { readonly ok: true; readonly settings: Settings } | { readonly ok: false; readonly problem: string };

/**
 * Opens `config.json` and watches it, unless told otherwise. A missing or empty file means no settings; it is created by the first
 * edit. One that cannot be read, and one that had settings and is empty or gone, is a `problem`; the settings stay as they were.
 */
export function createSettingsStore(deps: SettingsStoreDeps): SettingsStore {
  const listeners = new Set<() => void>();
  const folder = path.dirname(deps.file);
  const name = path.basename(deps.file);
  fs.mkdirSync(folder, { recursive: true, mode: 0o700 });
  let reading: Reading = { kind: "none" };
  let current: Settings = {};
  let problem: string | null = null;
  let hadText = false;
  let queue: Promise<unknown> = Promise.resolve();

  const parsedOf = (next: Reading): Parsed => {
    if (next.kind === "unreadable") return { ok: false, problem: next.problem };
    // Most likely half written, or lost with a full disk: "no settings" would open a paused gate.
    if (hadText && isBlank(textOf(next))) {
      return { ok: false, problem: `${name} ${next.kind === "none" ? "is gone" : "is empty"}; {} in it means no settings` };
    }
    return parseSettings(textOf(next), name);
  };
  const take = (next: Reading): void => {
    reading = next;
    const parsed = parsedOf(next);
    if (!isBlank(textOf(next))) hadText = true;
    if (parsed.ok) {
      current = parsed.settings;
      problem = null;
    } else {
      problem = parsed.problem;
    }
  };
  const reread = (): void => {
    const next = readConfigFile(deps.file);
    if (sameReading(next, reading)) return;
    take(next);
    for (const listener of listeners) listener();
  };
  const watch = deps.watch === false ? null : watchFile(deps.file, reread);
  // Read once it is watched, so that no change falls between.
  take(readConfigFile(deps.file));

  /** Null if the file was changed by somebody else before ours was in its place. */
  const tryEdit = async (changes: Changes): Promise<Result<Settings> | null> => {
    reread();
    if (problem !== null) return fail("settings-broken", problem, "Mend the file, then try again; it was not changed.");
    const text = textOf(reading);
    let next = isBlank(text) ? `${JSON.stringify({ $schema: deps.schemaUrl }, null, 2)}\n` : text;
    const formattingOptions = formattingOf(next);
    for (const { path: at, value } of changes) {
      const edits = value === undefined ? removeProperty(next, [...at]) : modify(next, [...at], value, { formattingOptions });
      next = applyEdits(next, edits);
    }
    const parsed = parseSettings(next, name);
    if (!parsed.ok) return fail("bad-input", parsed.problem);
    if (next !== text) {
      const read = reading;
      // What a person saves in the meantime is not overwritten: the edit is made again, on that.
      const unchanged = (): boolean => sameReading(readConfigFile(deps.file), read);
      if (!(await replaceFileIf(deps.file, next, fileMode(deps.file), unchanged))) return null;
      take({ kind: "text", text: next });
      for (const listener of listeners) listener();
    }
    return ok(parsed.settings);
  };

  return {
    current: () => current,
    problem: () => problem,
    edit(changes) {
      const run = async (): Promise<Result<Settings>> => {
        try {
          for (let attempt = 0; attempt < mostAttempts; attempt++) {
            const edited = await tryEdit(changes);
            if (edited !== null) return edited;
          }
          return fail("settings-broken", `${name} is being changed by another program all the time.`, "Try again.");
        } catch (error) {
          return fail("internal", `${deps.file} could not be written: ${error instanceof Error ? error.message : "unknown reason"}`);
        }
      };
      const done = queue.then(run, run);
      queue = done;
      return done;
    },
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close() {
      watch?.close();
      listeners.clear();
    },
  };
}

/** `config.json` from its text; a problem names line and column. Comments and trailing commas are allowed, duplicate keys are not. */
export function parseSettings(text: string, name: string): Parsed {
  if (isBlank(text)) return { ok: true, settings: {} };
  const source = text.replace(/^\uFEFF/, "");
  const errors: ParseError[] = [];
  const value: unknown = parse(source, errors, { allowTrailingComma: true });
  const first = errors[0];
  if (first !== undefined)
    return { ok: false, problem: `${name}, ${position(source, first.offset)}: ${words(printParseErrorCode(first.error))}` };
  const twice = duplicateKey(source);
  if (twice !== null) return { ok: false, problem: `${name}, ${position(source, twice.offset)}: the key "${twice.key}" stands twice` };
  const parsed = settingsSchema.safeParse(value);
  if (parsed.success) return { ok: true, settings: parsed.data };
  const issue = parsed.error.issues[0];
  const at = (issue?.path ?? []).map((key) => (typeof key === "symbol" ? String(key) : key));
  const where = `${position(source, offsetOf(source, at))}, at ${at.join(" → ") || "the top"}`;
  return { ok: false, problem: `${name}, ${where}: ${issue?.message ?? "not the expected shape"}` };
}

/** Where the value at this path begins; for one that is missing, where it would have to stand. */
function offsetOf(source: string, at: readonly (string | number)[]): number {
  const root = parseTree(source, [], { allowTrailingComma: true });
  if (root === undefined) return 0;
  for (let depth = at.length; depth > 0; depth -= 1) {
    const found: Node | undefined = findNodeAtLocation(root, at.slice(0, depth));
    if (found !== undefined) return found.offset;
  }
  return root.offset;
}

function isBlank(text: string): boolean {
  return text.replace(/^\uFEFF/, "").trim() === "";
}

/** The first key that its object already has: two readers could take such a file differently. */
function duplicateKey(text: string): { key: string; offset: number } | null {
  const open: Set<string>[] = [];
  let found: { key: string; offset: number } | null = null;
  visit(text, {
    onObjectBegin: () => void open.push(new Set()),
    onObjectEnd: () => void open.pop(),
    onObjectProperty(key, offset) {
      const keys = open.at(-1);
      if (keys?.has(key) === true) found ??= { key, offset };
      keys?.add(key);
    },
  });
  return found;
}

function position(text: string, offset: number): string {
  const before = text.slice(0, offset).split("\n");
  return `line ${String(before.length)}, column ${String((before.at(-1)?.length ?? 0) + 1)}`;
}

function words(code: string): string {
  return code.replaceAll(/(?<=[a-z])(?=[A-Z])/g, " ").toLowerCase();
}

function fileMode(file: string): number {
  try {
    return fs.statSync(file).mode & 0o777;
  } catch {
    return 0o600;
  }
}

/** Its line ends the editing finds out itself. */
function formattingOf(text: string): { insertSpaces: boolean; tabSize: number } {
  const indent = /\n([ \t]+)"/.exec(text)?.[1] ?? "  ";
  return { insertSpaces: !indent.startsWith("\t"), tabSize: indent.length };
}
