import type { Command } from "commander";
import { revealLine } from "../../shared/text/reveal.ts";
import { changeBox } from "./change-box.ts";
import { homeOf, report, withApp } from "./context.ts";
import type { Context, Run } from "./context.ts";
import { limitsAfter, namesLimits, withLimits } from "./limits.ts";
import type { LimitOptions } from "./limits.ts";
import { collect } from "./repeated.ts";

interface Options {
  readonly json?: boolean;
  readonly yes?: boolean;
}

interface SetOptions extends Options, LimitOptions {
  readonly read: readonly string[];
  readonly write: readonly string[];
  readonly host: readonly string[];
  readonly nothing?: boolean;
}

/** `sandbox explain | set | waive | enforce`. A waiver is a change like any other: the server is shown and accepted first. */
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

  withLimits(sandbox.command("set"))
    .argument("<name>", "of the server")
    .option("--read <dir>", "a folder or file it may read; may be given often", collect, [])
    .option("--write <dir>", "a folder or file it may read and write; may be given often", collect, [])
    .option("--host <host[:port]>", "a host it may reach; may be given often", collect, [])
    .option("--nothing", "close all of it")
    .option("--yes", "accept it as it then stands, without a question")
    .option("--json", "print the server as JSON")
    .description("what a server's box opens from now on: exactly what is named here, and nothing else; a limit that is not named stays")
    .addHelpText(
      "after",
      "\nExamples:\n  $ portcullis sandbox set github --host api.github.com --host uploads.github.com\n  $ portcullis sandbox set browser --memory 4096",
    )
    .action(
      run(async (name: string, options: SetOptions) => {
        const { absolute, missingPlaces, openingTrouble } = await import("./openings.ts");
        const named = options.read.length + options.write.length + options.host.length > 0;
        const trouble =
          named && options.nothing === true
            ? "--nothing goes without --read, --write and --host"
            : !named && options.nothing !== true && !namesLimits(options)
              ? "give --read, --write or --host, or a limit; to close all of it: --nothing"
              : openingTrouble(options);
        if (trouble !== null) {
          terminal.note(`error: ${trouble}`);
          return 2;
        }
        for (const note of missingPlaces(options, homeOf(context))) terminal.note(note);
        // Limits alone open and close nothing.
        const opens =
          named || options.nothing === true
            ? { read: options.read.map(absolute), write: options.write.map(absolute), hosts: [...options.host] }
            : {};
        return changeBox(context, name, options, {
          box: (before) => ({ ...before, ...opens, limits: limitsAfter(before.limits, options) }),
          write: (app, { read, write, hosts, limits }) => {
            const lists = Object.entries({ read, write, hosts }).filter(([, list]) => list.length > 0);
            return app.call("server.setSandbox", {
              name,
              sandbox: { ...Object.fromEntries(lists), ...(namesLimits(options) ? { limits } : {}) },
            });
          },
        });
      }),
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
          changeBox(context, name, options, {
            box: (before) => ({ ...before, waived }),
            write: (app, box) => app.call("server.waive", { name, waived: box.waived }),
          }),
        ),
      );
  }
}
