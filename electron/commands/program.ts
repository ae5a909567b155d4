import { Command, CommanderError } from "commander";
import { report } from "./context.ts";
import type { Context, Run, Status } from "./context.ts";
import { diskTrouble, impossibleFolder } from "./disk-trouble.ts";
import { defineApprovals } from "./approvals.ts";
import { defineApp } from "./app-commands.ts";
import { defineJournal } from "./journal.ts";
import { defineMigrate } from "./migrate.ts";
import { defineRestore } from "./restore.ts";
import { defineRules } from "./rules.ts";
import { defineSandbox } from "./sandbox.ts";
import { defineScan } from "./scan.ts";
import { defineSecrets } from "./secrets.ts";
import { defineServe } from "./serve.ts";
import { defineServerAdd } from "./server-add.ts";
import { defineServerEdit } from "./server-edit.ts";
import { defineServers } from "./servers.ts";
import { defineVault } from "./vault.ts";

/**
 * Runs one command line (without `node` and the file). Resolves with the exit status: 0, 1 after saying why on stderr, or 2 for
 * wrong usage. What a command needs is loaded when it runs.
 */
export async function runCommand(args: readonly string[], context: Context): Promise<Status> {
  const { terminal } = context;
  let status: Status = 0;
  const run: Run =
    (action) =>
    async (...given) => {
      const impossible = impossibleFolder(context.paths);
      status = impossible === null ? await action(...given) : report(context, impossible);
    };

  const program = new Command("portcullis")
    .description("The gate between your AI clients and your local MCP servers.")
    .version(context.version, "-v, --version")
    .exitOverride()
    .showHelpAfterError("(add --help for what it takes)")
    .configureOutput({
      writeOut: (text) => terminal.print(text.trimEnd()),
      writeErr: (text) => terminal.note(text.trimEnd()),
    })
    .addHelpText(
      "after",
      `
Examples:
  $ portcullis serve --ui
  $ portcullis migrate --dry-run
  $ portcullis server add files --read ~/notes -- npx -y @modelcontextprotocol/server-filesystem ~/notes
  $ portcullis rules add --allow --server files --tool 'read_*' --expires 7d
  $ portcullis approvals list

What a client's config launches: portcullis connect SERVER --client NAME
Exit status: 0, 1 (it says why on stderr) or 2 (usage). PORTCULLIS_HOME moves all files of Portcullis.`,
    );

  defineServe(program, context, run);
  // Handled before this program is loaded (portcullis.ts); named here for --help.
  program
    .command("connect")
    .argument("<server>")
    .option("--client <name>", "what the client is called in Portcullis", "unnamed")
    .description("connect a client's stdio to a server: what a client's config launches");
  const server = program.command("server").description("servers: add, edit, look at, accept, start, stop");
  defineServerAdd(server, context, run);
  defineServerEdit(server, context, run);
  defineServers(server, context, run);
  defineSandbox(program, context, run);
  defineSecrets(program, context, run);
  defineVault(program, context, run);
  defineApprovals(program, context, run);
  defineRules(program, context, run);
  defineJournal(program, context, run);
  defineScan(program, context, run);
  defineMigrate(program, context, run);
  defineRestore(program, context, run);
  defineApp(program, context, run);

  try {
    await program.parseAsync(args, { from: "user" });
    return status;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    const trouble = diskTrouble(error, context.paths);
    if (trouble === null) throw error;
    return report(context, trouble);
  }
}
