import type { Command } from "commander";
import type { VaultStatus } from "../../shared/model/secret-reference.ts";
import { report, withApp } from "./context.ts";
import type { Context, Run } from "./context.ts";

/** `vault status | unlock | use`. A passphrase comes from a prompt or from stdin, never from the command line. */
export function defineVault(program: Command, context: Context, run: Run): void {
  const { terminal } = context;
  const vault = program.command("vault").description("where secrets are kept, and whether that works");

  vault
    .command("status")
    .option("--json", "print as JSON")
    .description("where secrets are kept; exit status 1 if they cannot be used now")
    .action(
      run((options: { json?: boolean }) =>
        withApp(context, async (app) => {
          // What the app last knew may be old: the doctor asks the store itself.
          const asked = await app.call("doctor.run", undefined);
          if (!asked.ok) return report(context, asked.error);
          const state = await app.call("state.get", undefined);
          if (!state.ok) return report(context, state.error);
          const status = state.value.snapshot.app.vault;
          if (options.json === true) terminal.json(status);
          else terminal.print(describe(status));
          return status.kind === "ready" ? 0 : 1;
        }),
      ),
    );

  vault
    .command("unlock")
    .description("open the encrypted file with its passphrase, until Portcullis ends; a keychain asks for its own")
    .action(
      run(() =>
        withApp(context, async (app) => {
          const state = await app.call("state.get", undefined);
          if (!state.ok) return report(context, state.error);
          const isFile = state.value.snapshot.app.vault.store === "file";
          const passphrase = isFile ? await askPassphrase(context, "Passphrase (not shown): ") : "";
          if (passphrase === null) return 1;
          const result = await app.call("vault.unlock", { passphrase });
          if (!result.ok) return report(context, result.error);
          terminal.print(describe(result.value));
          return 0;
        }),
      ),
    );

  vault
    .command("use")
    .argument("<store>", "keychain, or file: a passphrase-encrypted file for machines without a keychain")
    .description("choose where secrets are kept from now on; nothing is copied")
    .addHelpText("after", "\nExample:\n  $ portcullis vault use file")
    .action(
      run(async (store: string) => {
        if (store !== "keychain" && store !== "file") {
          terminal.note("error: the store is keychain or file");
          return 2;
        }
        return withApp(context, async (app) => {
          const passphrase = store === "file" ? await askPassphrase(context, "Passphrase of the file (not shown): ") : undefined;
          if (passphrase === null) return 1;
          const result = await app.call("vault.choose", passphrase === undefined ? { store } : { store, passphrase });
          if (!result.ok) return report(context, result.error);
          terminal.print(describe(result.value));
          return 0;
        });
      }),
    );
}

const longest = 1024;

async function askPassphrase(context: Context, question: string): Promise<string | null> {
  const { terminal } = context;
  const typed = terminal.interactive ? await terminal.askSecret(question) : await terminal.readAll(4 * longest);
  const passphrase = typed?.ok === true ? typed.value.replace(/\r?\n$/, "") : "";
  if (typed?.ok === false) report(context, typed.error);
  else if (passphrase === "") report(context, { code: "bad-input", message: "no passphrase was given", hint: "Type it, or pipe it in." });
  else if (passphrase.length > longest) terminal.note(`portcullis: a passphrase has at most ${String(longest)} characters`);
  else return passphrase;
  return null;
}

function describe(status: VaultStatus): string {
  const where = status.store === "keychain" ? "the OS keychain" : "an encrypted file";
  if (status.kind === "ready") return `Secrets are kept in ${where}. It is ready.`;
  if (status.kind === "locked") return `Secrets are kept in ${where}. It is locked.`;
  return `Secrets are kept in ${where}. It cannot be used: ${status.reason}`;
}
