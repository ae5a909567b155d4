import type { Command } from "commander";
import { revealLine } from "../../shared/text/reveal.ts";
import { report, withApp } from "./context.ts";
import type { Context, Run } from "./context.ts";
import { settle } from "./server-add.ts";

interface Options {
  readonly json?: boolean;
  readonly yes?: boolean;
}

/** `sandbox explain | waive | enforce`. A waiver is a change like any other: the server is shown and accepted again. */
export function defineSandbox(program: Command, context: Context, run: Run): void {
  const { terminal } = context;
  const sandbox = program.command("sandbox").description("what a server's box looks like; the waiver of it");

  sandbox
    .command("explain")
    .argument("<name>", "of the server")
    .option("--json", "print as JSON")
    .description("a server's sandbox in words, then the exact plan")
    .action(
      run((name: string, options: Options) =>
        withApp(context, async (app) => {
          const explained = await app.call("server.explain", { name });
          if (!explained.ok) return report(context, explained.error);
          const { words, plan } = explained.value;
          if (options.json === true) terminal.json(explained.value);
          else for (const line of [...words, "", ...plan]) terminal.print(revealLine(line));
          return 0;
        }),
      ),
    );

  for (const waived of [true, false]) {
    sandbox
      .command(waived ? "waive" : "enforce")
      .argument("<name>", "of the server")
      .option("--yes", "accept it as it then stands, without a question")
      .option("--json", "print the server as JSON")
      .description(
        waived
          ? "let one server run with no sandbox at all; shown wherever the server is shown"
          : "take a waiver back: the server is boxed again",
      )
      .action(
        run((name: string, options: Options) =>
          withApp(context, async (app) => {
            const changed = await app.call("server.waive", { name, waived });
            return changed.ok ? settle(context, app, changed.value, options) : report(context, changed.error);
          }),
        ),
      );
  }
}
