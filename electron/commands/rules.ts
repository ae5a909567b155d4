import type { Command } from "commander";
import type { Effect, Rule } from "../../shared/model/rule.ts";
import { isToolPattern, toolPatternRule } from "../../shared/policy/tool-pattern.ts";
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
    .argument("<id>")
    .description("remove a rule")
    .action(
      run((id: string) =>
        simple(
          context,
          (app) => app.call("rule.remove", { id }),
          `The rule ${id} is removed. As long as the app runs, portcullis rules restore ${id} puts it back.`,
        ),
      ),
    );

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
    else terminal.print(`Rule ${result.value.id} is added.`);
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
    rule.sessionId !== undefined ? "the session ends" : rule.expiresAt === undefined ? "removed" : timeText(rule.expiresAt),
  ];
}
