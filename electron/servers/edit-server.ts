import { fail, ok } from "../../shared/errors.ts";
import type { Result } from "../../shared/errors.ts";
import type { ServerEdit, ServerSettings } from "../../shared/model/server.ts";
import { redactedMark } from "../../shared/text/redact.ts";

export interface EditedServer {
  readonly settings: ServerSettings;
  /** What differs: `command`, `cwd`, `env.NAME`. Never a value. */
  readonly fields: readonly string[];
}

/** What is to be written below a server's own place in the file; undefined: taken out. */
export interface SettingsChange {
  readonly tail: readonly string[];
  readonly value: unknown;
}

/**
 * A server's settings with a change made to them; keys that are not known here stay. Who edits sees the command with secrets hidden: a word
 * that is as it was shown stays what it is, and one that holds a hidden part and is not, or could be one of several, must be typed whole
 * (`bad-input`).
 */
export function editServer(before: ServerSettings, edit: ServerEdit, shown: (text: string) => string): Result<EditedServer> {
  const [command = "", ...args] = edit.command ?? [];
  const words = edit.command === undefined ? ok(null) : reveal([command, ...args], [before.command, ...(before.args ?? [])], shown);
  if (!words.ok) return words;
  const settings: Record<string, unknown> = { ...before };
  if (words.value !== null) {
    const [program = "", ...rest] = words.value;
    if (program === "") return fail("bad-input", "The command is missing.");
    settings["command"] = program;
    put(settings, "args", rest.length === 0 ? undefined : rest);
  }
  if (edit.cwd !== undefined) put(settings, "cwd", edit.cwd ?? undefined);
  if (edit.env !== undefined) {
    const env: Record<string, unknown> = { ...before.env };
    for (const [name, value] of Object.entries(edit.env)) {
      if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name) && value !== null) {
        return fail(
          "bad-input",
          `${JSON.stringify(name)} is no name of a variable.`,
          "Letters, digits and underscore; it does not start with a digit.",
        );
      }
      put(env, name, value ?? undefined);
    }
    put(settings, "env", Object.keys(env).length === 0 ? undefined : env);
  }
  const after = settings as ServerSettings;
  return ok({ settings: after, fields: differences(before, after) });
}

/** Only what an edit can have changed: all else in the file stays as it is, comments included. */
export function settingsChanges(from: ServerSettings, to: ServerSettings): readonly SettingsChange[] {
  const changes: SettingsChange[] = [];
  const put = (was: unknown, is: unknown, ...tail: readonly string[]): void => {
    if (JSON.stringify(was) !== JSON.stringify(is)) changes.push({ tail, value: is });
  };
  put(from.command, to.command, "command");
  put(from.args, to.args, "args");
  put(from.cwd, to.cwd, "cwd");
  if (from.env === undefined || to.env === undefined) put(from.env, to.env, "env");
  else for (const name of variableNames(from, to)) put(valueOf(from, name), valueOf(to, name), "env", name);
  return changes;
}

/** A word of a command line, and how it is shown. */
interface Word {
  readonly word: string;
  readonly shown: string;
}

/** The words as they are, for words as they are shown. */
function reveal(words: readonly string[], before: readonly string[], show: (text: string) => string): Result<readonly string[]> {
  const were = before.map((word): Word => ({ word, shown: show(word) }));
  const revealed: string[] = [];
  for (const [index, word] of words.entries()) {
    const alike = were.filter(({ shown }) => shown === word);
    // What is hidden now need not be hidden any more when it is edited: the mark is never taken for a value.
    if (alike.length === 0 && word.includes(redactedMark)) {
      return fail("bad-input", `Word ${String(index + 1)} of the command holds a part that is hidden, and is not as it was.`, typeItWhole);
    }
    const meant = new Set(alike.map((one) => one.word)).size > 1 ? oneOf(words, index, were) : (alike[0]?.word ?? word);
    if (meant === null) {
      const message = `Word ${String(index + 1)} of the command is shown like another one that is not the same, so it is not known which is meant.`;
      return fail("bad-input", message, typeItWhole);
    }
    revealed.push(meant);
  }
  return ok(revealed);
}

const typeItWhole = "Type it whole, or refer to a secret: ${keychain:NAME}";

/** Which of several that are shown alike a word is: the one in its place, or the one behind the same option; null: it cannot be told. */
function oneOf(words: readonly string[], index: number, were: readonly Word[]): string | null {
  const word = words[index];
  const option = (text: string | undefined): string | null => (text?.startsWith("-") === true ? text : null);
  const places = were.flatMap(({ shown, word: meant }, at) => (shown === word ? [{ meant, option: option(were[at - 1]?.shown) }] : []));
  const now = words.flatMap((one, at) => (one === word ? [{ at, option: option(words[at - 1]) }] : []));
  const inPlace = now.length === places.length && now.every((one, nth) => one.option === places[nth]?.option);
  if (inPlace) return places[now.findIndex(({ at }) => at === index)]?.meant ?? null;
  const behind = option(words[index - 1]);
  const found = new Set(behind === null ? [] : places.filter((place) => place.option === behind).map(({ meant }) => meant));
  return found.size === 1 ? ([...found][0] ?? null) : null;
}

/** Where there is no value there is no key. */
function put(record: Record<string, unknown>, key: string, value: unknown): void {
  if (value === undefined) delete record[key];
  else Object.defineProperty(record, key, { value, enumerable: true, writable: true, configurable: true });
}

function differences(before: ServerSettings, after: ServerSettings): readonly string[] {
  const line = ({ command, args = [] }: ServerSettings): string => JSON.stringify([command, ...args]);
  return [
    ...(line(before) === line(after) ? [] : ["command"]),
    ...(before.cwd === after.cwd ? [] : ["cwd"]),
    ...variableNames(before, after)
      .filter((name) => valueOf(before, name) !== valueOf(after, name))
      .map((name) => `env.${name}`),
  ];
}

function variableNames(...all: readonly ServerSettings[]): readonly string[] {
  return [...new Set(all.flatMap(({ env = {} }) => Object.keys(env)))];
}

function valueOf({ env = {} }: ServerSettings, name: string): string | undefined {
  return Object.hasOwn(env, name) ? env[name] : undefined;
}
