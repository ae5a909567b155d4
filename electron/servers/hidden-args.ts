import { fail, ok } from "../../shared/errors.ts";
import type { Result } from "../../shared/errors.ts";
import { secretReferences } from "../../shared/model/secret-reference.ts";
import { isLoaderVariable } from "../sandbox/loader-variables.ts";
import { firstScript } from "./script-argument.ts";

/**
 * Secret references in arguments, without the value ever being in argv, where every program on the machine can read it (threat 26).
 * A Node server is started with its references as they are written (`--token ${keychain:x}`); a few lines loaded before its entry point put the
 * values, taken from the environment, into `process.argv`, and take them out of the environment again. No other program can be started
 * so, and is refused with the way out.
 */
export interface HiddenArgs {
  /** Options for Node, before the script. */
  readonly nodeOptions: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

const variable = "PORTCULLIS_ARGUMENT_SECRETS";

// Runs in the server's process, before its first line. Forked children and workers inherit the option but not the variable: nothing happens there.
const shim = [
  `const text = process.env.${variable};`,
  `if (text !== undefined) {`,
  `delete process.env.${variable};`,
  `const values = JSON.parse(text);`,
  `const put = (arg) => arg.replace(/\\$\\{keychain:([^{}]*)\\}/g, (whole, name) => Object.hasOwn(values, name) ? values[name] : whole);`,
  `process.argv = process.argv.map((arg, at) => at < 2 ? arg : put(arg));`,
  `}`,
].join("");

/** The names of all secrets that arguments refer to. */
export function secretsInArgs(args: readonly string[]): readonly string[] {
  return [...new Set(args.flatMap((arg) => [...secretReferences(arg)]))];
}

/**
 * How to start Node so that its script sees the values. Nothing to hide: nothing added.
 *
 * @param values each name's value; every name in `args` must be there
 */
export function hideSecrets(args: readonly string[], values: ReadonlyMap<string, string>): HiddenArgs {
  const names = secretsInArgs(args);
  if (names.length === 0) return { nodeOptions: [], env: {} };
  const own = Object.fromEntries(names.map((name) => [name, values.get(name) ?? ""]));
  return { nodeOptions: [`--import=data:text/javascript,${encodeURIComponent(shim)}`], env: { [variable]: JSON.stringify(own) } };
}

/** Whether these arguments may refer to secrets at all, for a program that is or is not Node. `script`: they begin with Node's own options. */
export function mayHideSecrets(args: readonly string[], isNode: boolean, script: boolean): Result<void> {
  const names = secretsInArgs(args);
  if (names.length === 0) return ok(undefined);
  const [name = ""] = names;
  if (!isNode) {
    return fail(
      "not-allowed",
      `The secret ${name} stands in an argument. Arguments of this program could be read by every other program on this machine.`,
      `Give it as an environment variable instead: "env": {"TOKEN": "\${keychain:${name}}"}, if the server can take it from there.`,
    );
  }
  if (!script) return ok(undefined);
  const entry = firstScript(args, "node");
  const before = entry === null ? args : args.slice(0, args.indexOf(entry) + 1);
  if (secretsInArgs(before).length === 0) return ok(undefined);
  return fail("not-allowed", `The secret ${name} stands before the script's name: only the server's own arguments may refer to secrets.`);
}

/** Whether these variables may refer to secrets, for a server in a box: some of them can only be set on a command line there. */
export function mayKeepSecrets(env: Readonly<Record<string, string>>): Result<void> {
  for (const [variableName, text] of Object.entries(env)) {
    const [name] = secretReferences(text);
    if (name === undefined || !isLoaderVariable(variableName)) continue;
    return fail(
      "not-allowed",
      `The secret ${name} stands in the variable ${variableName}, which decides how programs are loaded. Its value could be read by every other program on this machine.`,
      "Give the secret to a variable of another name.",
    );
  }
  return ok(undefined);
}
