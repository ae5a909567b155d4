import type { Command } from "commander";
import { fail, ok, type Result } from "../../shared/errors.ts";
import type { ServerSettings, ServerView } from "../../shared/model/server.ts";
import type { SettingsStore } from "../settings/settings-store.ts";
import type { AppClient } from "./app-client.ts";
import { settle } from "./consent.ts";
import { homeOf, report, tryApp } from "./context.ts";
import type { Context, Run, Status } from "./context.ts";
import { limitsAfter, withLimits } from "./limits.ts";
import type { LimitOptions } from "./limits.ts";
import { collect } from "./repeated.ts";
import { settingsFault } from "./settings-fault.ts";

/** `server add`: the server is shown whole and accepted, or it is taken out again. Where nobody can be asked it is added unaccepted. */
export function defineServerAdd(server: Command, context: Context, run: Run): void {
  withLimits(server.command("add"))
    .argument("<name>", "what clients will call it")
    .argument("<command...>", "the command and its arguments, after --")
    .option("--env <NAME=VALUE>", "an environment variable; may be given often. '${keychain:NAME}' stands for a secret", collect, [])
    .option("--cwd <dir>", "the folder it starts in")
    .option("--read <dir>", "a folder or file it may read; may be given often", collect, [])
    .option("--write <dir>", "a folder or file it may read and write; may be given often", collect, [])
    .option("--host <host[:port]>", "a host it may reach; may be given often", collect, [])
    .option("--yes", "accept the command as it stands, without a question")
    .option("--json", "print the server as JSON")
    .description("add a server; everything that is not opened here stays closed to it")
    .configureOutput({
      // What belongs to the server's own command was taken for an option of this one.
      outputError: (text, write) => write(/unknown option/.test(text) ? `${text}(put the command after --)\n` : text),
    })
    .addHelpText(
      "after",
      `
Examples:
  $ portcullis server add files --write ~/notes -- npx -y @modelcontextprotocol/server-filesystem ~/notes
  $ portcullis secret set github/token
  $ portcullis server add github --env 'GITHUB_TOKEN=\${keychain:github/token}' --host api.github.com -- npx -y github-mcp`,
    )
    .action(run((name: string, command: string[], options: AddOptions) => add(context, name, command, options)));
}

interface AddOptions extends LimitOptions {
  readonly env: readonly string[];
  readonly cwd?: string;
  readonly read: readonly string[];
  readonly write: readonly string[];
  readonly host: readonly string[];
  readonly yes?: boolean;
  readonly json?: boolean;
}

async function add(context: Context, name: string, command: readonly string[], options: AddOptions): Promise<Status> {
  const { terminal } = context;
  const settings = await settingsFrom(name, command, options);
  if (typeof settings === "string") {
    terminal.note(`error: ${settings}`);
    return 2;
  }
  const { missingPlaces } = await import("./openings.ts");
  for (const note of missingPlaces(options, homeOf(context))) terminal.note(note);
  const fault = await settingsFault(context);
  if (fault !== null) return report(context, fault);
  const app = await tryApp(context);
  if (!app.ok) {
    if (options.yes === true) {
      terminal.note("portcullis: Portcullis is not running, so nothing can be accepted now, and nothing was added");
      terminal.note("  Start it, or leave --yes out to add the server unaccepted.");
      return 1;
    }
    return addToFile(context, name, settings, options);
  }
  try {
    const added = await app.value.call("server.add", { name, settings, accept: false });
    if (!added.ok) return report(context, added.error);
    await notePlainSecrets(context, settings.env);
    return await settle(context, app.value, added.value, options, () => declined(context, app.value, added.value, options));
  } finally {
    app.value.close();
  }
}

/** A person who did not say yes does not want it; a script that asked nobody does, and leaves the question to a person. */
async function declined(context: Context, app: AppClient, view: ServerView, options: AddOptions): Promise<Status> {
  const { terminal } = context;
  if (!terminal.interactive) {
    terminal.note(`${view.name} is not accepted, so it will not start. To accept it: portcullis server accept ${view.name}`);
    if (options.json === true) terminal.json(view);
    return 0;
  }
  const removed = await app.call("server.remove", { name: view.name });
  if (!removed.ok) {
    terminal.note(`${view.name} is in config.json but not accepted, so it will not start.`);
    return report(context, removed.error);
  }
  terminal.note(`Nothing was changed: ${view.name} was not added.`);
  return 1;
}

async function settingsFrom(
  name: string,
  [command = "", ...args]: readonly string[],
  options: AddOptions,
): Promise<ServerSettings | string> {
  const { serverNameSchema, serverSettingsSchema } = await import("../../shared/model/server.ts");
  const checked = serverNameSchema.safeParse(name);
  if (!checked.success) return `${JSON.stringify(name)} is no server name: ${checked.error.issues[0]?.message ?? ""}`;
  const { absolute, openingTrouble, programOf, referenceTrouble, variables } = await import("./openings.ts");
  const env = variables(options.env);
  if (typeof env === "string") return env;
  const trouble = openingTrouble(options) ?? referenceTrouble([...Object.values(env), ...args]);
  if (trouble !== null) return trouble;
  if (command === "") return "the command is missing";
  if (options.cwd === "") return "--cwd needs a folder";
  const limits = limitsAfter({}, options);
  const sandbox = {
    ...(options.read.length === 0 ? {} : { read: options.read.map(absolute) }),
    ...(options.write.length === 0 ? {} : { write: options.write.map(absolute) }),
    ...(options.host.length === 0 ? {} : { hosts: [...options.host] }),
    ...(Object.keys(limits).length === 0 ? {} : { limits }),
  };
  const parsed = serverSettingsSchema.safeParse({
    command: programOf(command),
    ...(args.length === 0 ? {} : { args }),
    ...(options.env.length === 0 ? {} : { env }),
    ...(options.cwd === undefined ? {} : { cwd: absolute(options.cwd) }),
    ...(Object.keys(sandbox).length === 0 ? {} : { sandbox }),
  });
  if (!parsed.success) return parsed.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`).join("; ");
  return parsed.data;
}

/** Without the app: into config.json, unaccepted; the app asks for it when it runs. */
async function addToFile(context: Context, name: string, settings: ServerSettings, options: AddOptions): Promise<Status> {
  const { configuredServer, openSettings, withOwnHome } = await import("./offline.ts");
  const added = await withOwnHome(context, () => writeToFile(openSettings(context.paths), name, settings));
  const done = added.ok ? added.value : added;
  if (!done.ok) return report(context, done.error);
  await notePlainSecrets(context, settings.env);
  context.terminal.note(`${name} is in config.json but not accepted, so it will not start.`);
  context.terminal.note(`With Portcullis running: portcullis server accept ${name}`);
  if (options.json === true) context.terminal.json(configuredServer(name, settings));
  return 0;
}

async function writeToFile(store: SettingsStore, name: string, settings: ServerSettings): Promise<Result<void>> {
  try {
    if (Object.hasOwn(store.current().mcpServers ?? {}, name)) {
      return fail(
        "already-exists",
        `there is a server called ${name} already`,
        "Give another name, or take that one out of config.json first.",
      );
    }
    const edited = await store.edit([{ path: ["mcpServers", name], value: settings }]);
    return edited.ok ? ok(undefined) : edited;
  } finally {
    store.close();
  }
}

/** Says which variables hold a secret that stands in config.json for all to read. */
export async function notePlainSecrets(context: Context, env: Readonly<Record<string, string>> = {}): Promise<void> {
  const { plainSecrets } = await import("./openings.ts");
  for (const note of plainSecrets(env)) context.terminal.note(note);
}
