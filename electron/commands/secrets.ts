import type { Command } from "commander";
import { report, withApp } from "./context.ts";
import type { Context, Status } from "./context.ts";
import { table, timeText } from "./print.ts";
import type { Run } from "./program.ts";
import { simple } from "./servers.ts";

const maxBytes = 65_536;

/** `secret set | list | delete`. A value comes from a prompt or from stdin, never from the command line, and is never printed. */
export function defineSecrets(program: Command, context: Context, run: Run): void {
  const { terminal } = context;
  const secret = program.command("secret").description("secrets in the OS keychain: put, list the names, delete");

  secret
    .command("set")
    .argument("<name>", "for example github/token")
    .description("store a secret; its value is asked for without an echo, or read from stdin")
    .addHelpText("after", "\nExamples:\n  $ portcullis secret set github/token\n  $ pass show github | portcullis secret set github/token")
    .action(run((name: string) => set(context, name)));

  secret
    .command("list")
    .option("--json", "print as JSON")
    .description("the names, which servers refer to them, and when each was last used")
    .action(
      run((options: { json?: boolean }) =>
        withApp(context, async (app) => {
          const state = await app.call("state.get", undefined);
          if (!state.ok) return report(context, state.error);
          const { secrets } = state.value.snapshot;
          if (options.json === true) terminal.json(secrets);
          else {
            const rows = secrets.map(({ name, usedBy, updatedAt, lastUsedAt, lastUsedBy }) => [
              name,
              usedBy.join(", "),
              timeText(updatedAt),
              lastUsedAt === null ? "never" : `${timeText(lastUsedAt)} by ${lastUsedBy ?? "?"}`,
            ]);
            terminal.print(table(["name", "used by", "changed", "last used"], rows));
          }
          return 0;
        }),
      ),
    );

  secret
    .command("delete")
    .argument("<name>")
    .description("delete a secret from the keychain")
    .action(run((name: string) => simple(context, (app) => app.call("secret.delete", { name }), `${name} is deleted.`)));
}

async function set(context: Context, name: string): Promise<Status> {
  const { terminal } = context;
  const typed = terminal.interactive ? await terminal.askSecret(`Value of ${name} (not shown): `) : await terminal.readAll(maxBytes + 2);
  // A file or an echo ends in one line break that is not part of the secret.
  const value = typed?.replace(/\r?\n$/, "") ?? null;
  if (value === null || value === "" || Buffer.byteLength(value) > maxBytes) {
    terminal.note(value === "" ? "portcullis: an empty value is not stored" : "portcullis: no value, or one of more than 64 KiB");
    return 1;
  }
  return simple(context, (app) => app.call("secret.put", { name, value }), `${name} is stored. Refer to it as \${keychain:${name}}`);
}
