import type { Command } from "commander";
import type { Effect, Rule } from "../../shared/model/rule.ts";
import { coversTool, isToolPattern, toolPatternRule } from "../../shared/policy/tool-pattern.ts";
import { revealLine } from "../../shared/text/reveal.ts";
import type { AppClient } from "./app-client.ts";
import { report, simple, tryApp, withApp } from "./context.ts";
import type { Context, Run, Status } from "./context.ts";
import { durationMs, table, timeText } from "./print.ts";

interface AddOptions {
  readonly allow?: boolean;
  readonly ask?: boolean;
  readonly deny?: boolean;
  readonly client?: string;
  readonly server?: string;
  readonly tool?: string;
  readonly expires?: string;
  readonly everything?: boolean;
  readonly json?: boolean;
}

/** `rules add | list | remove | restore`. Deny is stronger than ask, and ask than allow; how narrow a rule is does not matter. */
export function defineRules(program: Command, context: Context, run: Run): void {
  const rules = program.command("rules").description("remembered decisions: deny is stronger than ask, and ask than allow");

  rules
    .command("add")
    .option("--allow", "let such calls through")
    .option("--ask", "ask for such calls, whatever a rule allows")
    .option("--deny", "refuse such calls")
    .option("--client <name>", "only this client's calls")
    .option("--server <name>", "only calls of this server")
    .option("--tool <name>", "only this tool; an ending * stands for any rest")
    .option("--expires <time>", "30m, 12h, 7d, 2w; without it until removed")
    .option("--everything", "with --allow: every call of every client, which is not allowed by leaving all names out")
    .option("--json", "print the rule as JSON")
    .description("add a rule")
    .addHelpText(
      "after",
      "\nExamples:\n  $ portcullis rules add --allow --server files --tool 'read_*' --expires 7d\n  $ portcullis rules add --deny --tool 'delete_*'",
    )
    .action(run((options: AddOptions) => add(context, options)));

  rules
    .command("list")
    .option("--json", "print as JSON")
    .description("all rules that hold now")
    .action(run((options: { json?: boolean }) => list(context, options)));

  rules
    .command("remove")
    .argument("<id>", "or the beginning of it")
    .description("remove a rule")
    .action(run((id: string) => remove(context, id)));

  rules
    .command("restore")
    .argument("<id>")
    .description("put back a rule that was removed since the app was started")
    .action(run((id: string) => simple(context, (app) => app.call("rule.restore", { id }), `The rule ${id} holds again.`)));
}

/** Without the app: those of rules.json; rules for a session live in the app only. */
async function list(context: Context, options: { readonly json?: boolean }): Promise<Status> {
  const { terminal } = context;
  const app = await tryApp(context);
  let found: readonly Rule[];
  if (app.ok) {
    const state = await app.value.call("state.get", undefined);
    app.value.close();
    if (!state.ok) return report(context, state.error);
    found = state.value.snapshot.rules;
  } else {
    const { readRules } = await import("./offline.ts");
    const read = await readRules(context.paths, context.now());
    if (!read.ok) return report(context, read.error);
    found = read.value;
  }
  if (options.json === true) terminal.json(found);
  else if (found.length === 0) terminal.print("No rules: every call is asked for, unless the settings say otherwise.");
  else terminal.print(table(["id", "effect", "client", "server", "tool", "arguments", "until"], found.map(row)));
  return 0;
}

async function add(context: Context, options: AddOptions): Promise<Status> {
  const { terminal } = context;
  const effects: Effect[] = (["allow", "ask", "deny"] as const).filter((effect) => options[effect] === true);
  const [effect] = effects;
  if (effect === undefined || effects.length > 1) {
    terminal.note("error: give one of --allow, --ask and --deny");
    return 2;
  }
  const expiresInMs = options.expires === undefined ? undefined : durationMs(options.expires);
  if (expiresInMs === null) {
    terminal.note("error: --expires is a number and s, m, h, d or w: 7d");
    return 2;
  }
  const { client, server, tool } = options;
  for (const [option, name] of Object.entries({ client, server, tool })) {
    if (name !== "") continue;
    terminal.note(`error: --${option} needs a name; leave it out for any`);
    return 2;
  }
  if (tool !== undefined && !isToolPattern(tool)) {
    terminal.note(`error: --tool ${tool}: ${toolPatternRule}`);
    return 2;
  }
  const narrowed = client !== undefined || server !== undefined || tool !== undefined;
  if (options.everything === true && narrowed) {
    terminal.note("error: --everything goes without --client, --server and --tool");
    return 2;
  }
  // What was left out by mistake must not open the gate.
  if (effect === "allow" && !narrowed && options.everything !== true) {
    terminal.note("error: --allow needs --client, --server or --tool; to allow every call of every client: --everything");
    return 2;
  }
  return withApp(context, async (app) => {
    const result = await app.call("rule.add", {
      effect,
      ...(client === undefined ? {} : { client }),
      ...(server === undefined ? {} : { server }),
      ...(tool === undefined ? {} : { tool }),
      ...(expiresInMs === undefined ? {} : { expiresInMs }),
    });
    if (!result.ok) return report(context, result.error);
    if (options.json === true) terminal.json(result.value);
    else terminal.print(revealLine(`Rule ${result.value.id} is added: ${ruleWords(result.value)}.`));
    if (server !== undefined) for (const note of await unknownNames(app, server, tool)) terminal.note(note);
    return 0;
  });
}

/** A rule as a sentence: `allow read_* of the server files for every client, no end`. */
function ruleWords(rule: Rule): string {
  const tool = rule.tool === undefined ? "every tool" : rule.tool.endsWith("*") ? `the tools ${rule.tool}` : `the tool ${rule.tool}`;
  const server = rule.server === undefined ? "every server" : `the server ${rule.server}`;
  const client = rule.client === undefined ? "every client" : `the client ${rule.client}`;
  return `${rule.effect} ${tool} of ${server} for ${client}, ${rule.expiresAt === undefined ? "no end" : `until ${timeText(rule.expiresAt)}`}`;
}

/** What a rule names and the app does not know: most likely a slip, but a server may be added later. */
async function unknownNames(app: AppClient, server: string, tool: string | undefined): Promise<string[]> {
  const state = await app.call("state.get", undefined);
  if (!state.ok) return [];
  const view = state.value.snapshot.servers.find(({ name }) => name === server);
  if (view === undefined) return [`! There is no server called ${server} now. portcullis server list shows them.`];
  if (tool === undefined || view.tools === null) return [];
  const known = await app.call("server.knownTools", { name: server });
  if (!known.ok || known.value === null || known.value.some(({ name }) => coversTool(tool, name))) return [];
  return [`! ${server} has no tool ${tool}, as far as is known. portcullis server tools ${server} lists them.`];
}

/** Less would remove the rule that happens to begin so. */
const shortestId = 4;

async function remove(context: Context, id: string): Promise<Status> {
  return withApp(context, async (app) => {
    const state = await app.call("state.get", undefined);
    if (!state.ok) return report(context, state.error);
    const { rules } = state.value.snapshot;
    const exact = rules.filter((rule) => rule.id === id);
    const found = exact.length > 0 ? exact : rules.filter((rule) => id.length >= shortestId && rule.id.startsWith(id));
    const [rule] = found;
    const hint = "portcullis rules list shows them.";
    if (found.length > 1)
      return report(context, { code: "bad-input", message: `${id} begins more than one rule's id; give more of it`, hint });
    if (rule === undefined) {
      const short = id.length < shortestId ? `; of an id, at least ${String(shortestId)} characters are needed` : "";
      return report(context, { code: "not-found", message: `there is no rule ${id}${short}`, hint });
    }
    const removed = await app.call("rule.remove", { id: rule.id });
    if (!removed.ok) return report(context, removed.error);
    context.terminal.print(`The rule ${rule.id} is removed. As long as the app runs, portcullis rules restore ${rule.id} puts it back.`);
    return 0;
  });
}

function row(rule: Rule): string[] {
  return [
    rule.id,
    rule.effect,
    rule.client ?? "any",
    rule.server ?? "any",
    rule.tool ?? "any",
    rule.arguments === undefined ? "any" : rule.arguments.preview,
    rule.sessionId !== undefined ? "the session ends" : rule.expiresAt === undefined ? "no end" : timeText(rule.expiresAt),
  ];
}
