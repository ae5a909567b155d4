import type { Command } from "commander";
import type { ServerState, ServerView, Tool } from "../../shared/model/server.ts";
import { assertNever } from "../../shared/errors.ts";
import { revealLine } from "../../shared/text/reveal.ts";
import type { AppClient } from "./app-client.ts";
import { settle } from "./consent.ts";
import { report, simple, tryApp, withApp } from "./context.ts";
import type { Context, Run, Status } from "./context.ts";
import { commandText, table, timeText } from "./print.ts";
import { sayingFault, settingsFault } from "./settings-fault.ts";

interface Json {
  readonly json?: boolean;
}

/** `server list | show | accept | remove | restore | tools | start | stop | log`. The list works without the app, from config.json. */
export function defineServers(server: Command, context: Context, plainRun: Run): void {
  const { terminal } = context;
  const run = sayingFault(context, plainRun);
  /** What the app is asked by nothing but a server's name. */
  const byName = (verb: "remove" | "restore" | "stop", description: string, said: (name: string) => string): void => {
    server
      .command(verb)
      .argument("<name>")
      .description(description)
      .action(run((name: string) => simple(context, (app) => app.call(`server.${verb}`, { name }), said(name))));
  };

  server
    .command("list")
    .option("--json", "print as JSON")
    .description("all servers and where they stand")
    .action(run((options: Json) => list(context, options)));

  server
    .command("show")
    .argument("<name>")
    .option("--json", "print as JSON")
    .description("one server: its whole command, its sandbox, what runs")
    .action(
      run((name: string, options: Json) =>
        withServer(context, name, (view) => {
          if (options.json === true) terminal.json(view);
          else for (const line of describe(view)) terminal.print(revealLine(line));
          return Promise.resolve(0);
        }),
      ),
    );

  server
    .command("accept")
    .argument("<name>")
    .option("--yes", "without a question")
    .option("--json", "print as JSON")
    .description("let a server run as it stands now: shows the whole command, then asks")
    .action(
      run((name: string, options: Json & { yes?: boolean }) =>
        withServer(context, name, (view, app) =>
          settle(context, app, view, options, () => Promise.resolve(unaccepted(context, view, options))),
        ),
      ),
    );

  byName(
    "remove",
    "stop a server and take it out of config.json",
    (name) => `${name} is removed. As long as the app runs, portcullis server restore ${name} puts it back.`,
  );
  byName(
    "restore",
    "put back a server that was removed since the app was started; it must be accepted again",
    (name) => `${name} is back. It starts once it is accepted: portcullis server accept ${name}`,
  );

  server
    .command("tools")
    .argument("<name>")
    .option("--json", "print as JSON")
    .description("start a server once and list its tools as it describes them")
    .action(
      run((name: string, options: Json) =>
        withApp(context, async (app) => {
          const tools = await app.call("server.tools", { name });
          if (!tools.ok) return report(context, tools.error);
          if (options.json === true) terminal.json(tools.value);
          else terminal.print(toolTable(tools.value));
          return 0;
        }),
      ),
    );

  server
    .command("start")
    .argument("<name>")
    .description("install if need be, start once, and list the tools: what a first start would do")
    .action(run((name: string) => start(context, name)));
  byName("stop", "stop every instance; each starts again at its client's next message", (name) => `${name} is stopped.`);

  for (const disabled of [true, false]) {
    server
      .command(disabled ? "disable" : "enable")
      .argument("<name>")
      .description(disabled ? "keep a server's entry, but do not let it start" : "let a disabled server start again")
      .action(
        run((name: string) =>
          simple(context, (app) => app.call("server.setDisabled", { name, disabled }), `${name} is ${disabled ? "disabled" : "enabled"}.`),
        ),
      );
  }

  server
    .command("log")
    .argument("<name>")
    .option("-n, --lines <number>", "how many of the newest lines", "100")
    .option("--json", "print as JSON")
    .description("what a server wrote to stderr, secrets hidden")
    .addHelpText("after", "\nExample:\n  $ portcullis server log github -n 20")
    .action(run((name: string, options: Json & { lines: string }) => log(context, name, options)));
}

function unaccepted({ terminal }: Context, view: ServerView, options: Json): Status {
  terminal.note(`${view.name} is not accepted, so it will not start.`);
  if (!terminal.interactive) terminal.note(`  Nobody can be asked here: portcullis server accept ${view.name} --yes`);
  if (options.json === true) terminal.json(view);
  return 1;
}

/** An installation takes minutes: what the app is doing is said while it does it. */
async function start(context: Context, name: string): Promise<Status> {
  const { terminal } = context;
  return withApp(context, async (app) => {
    let said = "";
    app.follow("state.changed", ({ slices }) => {
      const state = slices.servers?.find((view) => view.name === name)?.state;
      if (state?.kind !== "installing" || state.step === said) return;
      said = state.step;
      terminal.note(revealLine(said));
    });
    const started = await app.call("server.start", { name });
    if (!started.ok) return report(context, started.error);
    const known = await app.call("server.knownTools", { name });
    if (!known.ok) return report(context, known.error);
    const tools = known.value ?? [];
    terminal.print(`${name} starts and answers.${tools.length === 0 ? " It has no tools." : ""}`);
    if (tools.length > 0) terminal.print(toolTable(tools));
    return 0;
  });
}

function toolTable(tools: readonly Tool[]): string {
  return table(
    ["tool", "it says"],
    tools.map((tool) => [tool.name, tool.description ?? tool.title ?? ""]),
  );
}

const noServers = "No servers yet. Add one: portcullis server add NAME -- COMMAND";

async function list(context: Context, options: Json): Promise<Status> {
  const { terminal } = context;
  const app = await tryApp(context);
  if (!app.ok) return listFromFile(context, options);
  try {
    const state = await app.value.call("state.get", undefined);
    if (!state.ok) return report(context, state.error);
    const { servers } = state.value.snapshot;
    if (options.json === true) terminal.json(servers);
    else if (servers.length === 0) await printNone(context);
    else {
      const rows = servers.map((view) => [
        view.name,
        shortened(stateText(view.state)),
        sandboxText(view),
        String(view.callsToday),
        commandText(view.command, view.args),
      ]);
      terminal.print(table(["name", "state", "sandbox", "calls today", "command"], rows));
    }
    return 0;
  } finally {
    app.value.close();
  }
}

/** That there are none is not known while config.json cannot be read. */
async function printNone(context: Context): Promise<void> {
  if ((await settingsFault(context)) === null) context.terminal.print(noServers);
}

/** What config.json says, env values left out; whether it is accepted only the app knows. */
async function listFromFile(context: Context, options: Json): Promise<Status> {
  const { configuredServer, readSettings } = await import("./offline.ts");
  const { terminal } = context;
  const { settings, problem } = await readSettings(context.paths);
  // It was said before.
  if (problem !== null) return 1;
  const servers = Object.entries(settings.mcpServers ?? {});
  terminal.note("Portcullis is not running: this is what config.json says.");
  if (options.json === true) terminal.json(servers.map(([name, server]) => configuredServer(name, server)));
  else if (servers.length === 0) terminal.print(noServers);
  else {
    const rows = servers.map(([name, server]) => [name, commandText(server.command, server.args ?? [])]);
    terminal.print(table(["name", "command"], rows));
  }
  return 0;
}

async function log(context: Context, name: string, options: Json & { lines: string }): Promise<Status> {
  const lines = Number(options.lines);
  if (!Number.isInteger(lines) || lines < 1 || lines > 2000) {
    context.terminal.note("error: --lines needs a number from 1 to 2000");
    return 2;
  }
  return withApp(context, async (app) => {
    const result = await app.call("server.log", { name, lines });
    if (!result.ok) return report(context, result.error);
    if (options.json === true) context.terminal.json(result.value);
    else for (const line of result.value) context.terminal.print(revealLine(line));
    return 0;
  });
}

/** Runs `work` with the server of that name as it stands now. */
export async function withServer(
  context: Context,
  name: string,
  work: (view: ServerView, app: AppClient) => Promise<Status>,
): Promise<Status> {
  return withApp(context, async (app) => {
    const state = await app.call("state.get", undefined);
    if (!state.ok) return report(context, state.error);
    const view = state.value.snapshot.servers.find((candidate) => candidate.name === name);
    if (view === undefined) {
      return report(context, {
        code: "not-found",
        message: `There is no server named "${name}".`,
        hint: "portcullis server list shows them.",
      });
    }
    return work(view, app);
  });
}

const stateColumns = 48;

/** A failure may be told in paragraphs; `server show` has all of it. */
function shortened(text: string): string {
  const [line = ""] = text.split("\n", 1);
  const cut = line.length > stateColumns ? line.slice(0, stateColumns - 1) : line;
  return cut === text ? text : `${cut.trimEnd()}…`;
}

function stateText(state: ServerState): string {
  switch (state.kind) {
    case "new":
      return "not accepted yet";
    case "changed":
      return "changed, to be accepted again";
    case "installing":
      return `installing: ${state.step}`;
    case "running":
      return `running (${String(state.instances)})`;
    case "failed":
      return `failed: ${state.error.message}`;
    case "disabled":
    case "idle":
    case "starting":
      return state.kind;
    default:
      return assertNever(state);
  }
}

function sandboxText({ sandbox }: ServerView): string {
  if (sandbox.kind === "waived") return "NONE (waived)";
  if (sandbox.kind === "cannot-box") return "cannot be boxed";
  const open = [
    ...(sandbox.write.length > 0 ? ["writes"] : []),
    ...(sandbox.read.length > 0 ? ["reads"] : []),
    ...(sandbox.hosts.length > 0 ? ["network"] : []),
  ];
  return open.length === 0 ? "closed" : open.join(", ");
}

function describe(view: ServerView): string[] {
  const { sandbox } = view;
  const list = (items: readonly string[]): string => (items.length === 0 ? "nothing" : items.join(", "));
  const failure = view.state.kind === "failed" && view.state.error.hint !== undefined ? [`           ${view.state.error.hint}`] : [];
  return [
    view.name,
    `  state    ${stateText(view.state)}`,
    ...failure,
    `  command  ${commandText(view.command, view.args)}`,
    ...(view.cwd === null ? [] : [`  in       ${view.cwd}`]),
    ...view.env.map(({ name, references }) => `  env      ${name}${references.length === 0 ? "" : ` (secret: ${references.join(", ")})`}`),
    `  sandbox  ${sandboxText(view)}${sandbox.reason === null ? "" : `: ${sandbox.reason}`}`,
    `    read   ${list(sandbox.read)}`,
    `    write  ${list(sandbox.write)}`,
    `    reach  ${list(sandbox.hosts)}`,
    ...(view.package === null ? [] : [`  package  ${view.package.name} ${view.package.version} (${view.package.integrity})`]),
    `  calls    ${String(view.callsToday)} today`,
    ...view.instances.map(
      ({ client, pid, startedAt }) =>
        `  runs     for ${client} since ${timeText(startedAt)}${pid === null ? "" : `, process ${String(pid)}`}`,
    ),
    ...view.warnings.map((warning) => `  ! ${warning}`),
  ];
}
