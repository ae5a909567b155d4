import { fail, ok } from "../../shared/errors.ts";
import type { Result } from "../../shared/errors.ts";
import type { ServerEdit, ServerSettings } from "../../shared/model/server.ts";
import { redactedMark } from "../../shared/text/redact.ts";

export interface EditedServer {
  readonly settings: ServerSettings;
  /** What differs: `command`, `cwd`, `env.NAME`. Never a value. */
  readonly fields: readonly string[];
}

/**
 * A server's settings with a change made to them; keys that are not known here stay. Who edits sees the command with secrets hidden: a word
 * that is as it was shown stays what it is, and one that holds a hidden part and is not (`bad-input`) must be typed whole.
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

/** The words as they are, for words as they are shown. */
function reveal(words: readonly string[], before: readonly string[], shown: (text: string) => string): Result<readonly string[]> {
  const hidden = before.map((word) => ({ word, shown: shown(word) })).filter((one) => one.shown !== one.word);
  const revealed: string[] = [];
  for (const [index, word] of words.entries()) {
    // The same place first: two that are shown alike need not be the same.
    const here = before[index];
    const same = here !== undefined && shown(here) === word ? here : hidden.find((one) => one.shown === word)?.word;
    if (same === undefined && hidden.length > 0 && word.includes(redactedMark)) {
      const hint = "Type it whole, or refer to a secret: ${keychain:NAME}";
      return fail("bad-input", `${JSON.stringify(word)} holds a part that is hidden, and is not as it was.`, hint);
    }
    revealed.push(same ?? word);
  }
  return ok(revealed);
}

/** Where there is no value there is no key. */
function put(record: Record<string, unknown>, key: string, value: unknown): void {
  if (value === undefined) delete record[key];
  else Object.defineProperty(record, key, { value, enumerable: true, writable: true, configurable: true });
}

function differences(before: ServerSettings, after: ServerSettings): readonly string[] {
  const line = ({ command, args = [] }: ServerSettings): string => JSON.stringify([command, ...args]);
  const names = new Set([...Object.keys(before.env ?? {}), ...Object.keys(after.env ?? {})]);
  const valueOf = ({ env = {} }: ServerSettings, name: string): string | undefined => (Object.hasOwn(env, name) ? env[name] : undefined);
  return [
    ...(line(before) === line(after) ? [] : ["command"]),
    ...(before.cwd === after.cwd ? [] : ["cwd"]),
    ...[...names].filter((name) => valueOf(before, name) !== valueOf(after, name)).map((name) => `env.${name}`),
  ];
}
