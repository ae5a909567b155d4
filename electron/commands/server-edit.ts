import type { Command } from "commander";
import type { ServerEdit, ServerView } from "../../shared/model/server.ts";
import type { AppClient } from "./app-client.ts";
import { settle } from "./consent.ts";
import { report, withApp } from "./context.ts";
import type { Context, Run, Status } from "./context.ts";
import { collect } from "./repeated.ts";
import { notePlainSecrets } from "./server-add.ts";

/** `server edit`: the server is shown as it is then and accepted, or it is put back. Where nobody can be asked it waits for acceptance. */
export function defineServerEdit(server: Command, context: Context, run: Run): void {
  server
    .command("edit")
    .argument("<name>", "of the server")
    .argument("[command...]", "the command and its arguments, whole, after --")
    .option("--env <NAME=VALUE>", "an environment variable, new or changed; may be given often", collect, [])
    .option("--unset <NAME>", "take a variable away; may be given often", collect, [])
    .option("--cwd <dir>", "the folder it starts in")
    .option("--no-cwd", "no folder of its own")
    .option("--yes", "accept it as it then stands, without a question")
    .option("--json", "print the server as JSON")
    .description("change what a server runs; what is not named here stays as it is (its box: portcullis sandbox set)")
    .addHelpText(
      "after",
      `
Examples:
  $ portcullis server edit github --env 'GITHUB_TOKEN=\${keychain:github/token}' --unset DEBUG
  $ portcullis server edit files -- npx -y @modelcontextprotocol/server-filesystem ~/notes ~/drafts`,
    )
    .action(run((name: string, command: string[], options: EditOptions) => edit(context, name, command, options)));
}

interface EditOptions {
  readonly env: readonly string[];
  readonly unset: readonly string[];
  /** False: none. */
  readonly cwd?: string | false;
  readonly yes?: boolean;
  readonly json?: boolean;
}

async function edit(context: Context, name: string, command: readonly string[], options: EditOptions): Promise<Status> {
  const { terminal } = context;
  const wanted = await editFrom(command, options);
  if (typeof wanted === "string") {
    terminal.note(`error: ${wanted}`);
    return 2;
  }
  return withApp(context, async (app) => {
    const edited = await app.call("server.edit", { name, edit: wanted });
    if (!edited.ok) return report(context, edited.error);
    await notePlainSecrets(context, given(wanted));
    const { kind } = edited.value.state;
    if (kind === "new" || kind === "changed") {
      return settle(context, app, edited.value, options, () => declined(context, app, edited.value, options));
    }
    if (options.json === true) terminal.json(edited.value);
    else terminal.print(kind === "disabled" ? `${name} is changed; it is disabled.` : `${name} is as it was accepted.`);
    return 0;
  });
}

/** A person who did not say yes does not want it; a script that asked nobody does, and leaves the question to a person. */
async function declined(context: Context, app: AppClient, view: ServerView, options: EditOptions): Promise<Status> {
  const { terminal } = context;
  if (!terminal.interactive) {
    terminal.note(`${view.name} does not start until it is accepted: portcullis server accept ${view.name}`);
    if (options.json === true) terminal.json(view);
    return 0;
  }
  const back = await app.call("server.restore", { name: view.name });
  if (!back.ok) {
    terminal.note(`${view.name} is changed in config.json but not accepted, so it will not start.`);
    return report(context, back.error);
  }
  terminal.note(`Nothing was changed: ${view.name} is as it was.`);
  return 1;
}

async function editFrom(command: readonly string[], options: EditOptions): Promise<ServerEdit | string> {
  const { absolute, programOf, referenceTrouble, variables } = await import("./openings.ts");
  const [program, ...args] = command;
  const env = variables(options.env);
  if (typeof env === "string") return env;
  const both = options.unset.find((name) => Object.hasOwn(env, name));
  if (both !== undefined) return `--env and --unset name the same variable: ${both}`;
  const trouble = referenceTrouble([...Object.values(env), ...args]);
  if (trouble !== null) return trouble;
  if (program === "") return "the command is missing";
  if (options.cwd === "") return "--cwd needs a folder";
  const wanted: ServerEdit = {
    ...(program === undefined ? {} : { command: [programOf(program), ...args] }),
    ...(options.env.length + options.unset.length === 0
      ? {}
      : { env: { ...env, ...Object.fromEntries(options.unset.map((name) => [name, null])) } }),
    ...(options.cwd === undefined ? {} : { cwd: options.cwd === false ? null : absolute(options.cwd) }),
  };
  return Object.keys(wanted).length === 0 ? "say what changes: --env, --unset, --cwd, --no-cwd, or a command after --" : wanted;
}

/** The variables that get a value. */
function given({ env = {} }: ServerEdit): Record<string, string> {
  return Object.fromEntries(Object.entries(env).flatMap(([name, value]) => (value === null ? [] : [[name, value]])));
}
