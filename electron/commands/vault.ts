import type { Command } from "commander";
import { ok, type Result } from "../../shared/errors.ts";
import type { VaultStatus } from "../../shared/model/secret-reference.ts";
import type { AppClient } from "./app-client.ts";
import { report, withApp } from "./context.ts";
import type { Context, Run } from "./context.ts";

/** `vault status | unlock | use | passphrase`. A passphrase comes from a prompt or from stdin, never from the command line. */
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
          const passphrase = store === "file" ? await askForFile(context, app) : undefined;
          if (passphrase === null) return 1;
          const result = await app.call("vault.choose", passphrase === undefined ? { store } : { store, passphrase });
          if (!result.ok) return report(context, result.error);
          terminal.print(describe(result.value));
          return 0;
        });
      }),
    );

  vault
    .command("passphrase")
    .description("change the encrypted file's passphrase; from a pipe: the current one and the new one, a line each")
    .addHelpText("after", "\nThe file is sealed anew with the new one. A copy of it in a backup still opens with the old one.")
    .action(
      run(() =>
        withApp(context, async (app) => {
          const state = await app.call("state.get", undefined);
          if (!state.ok) return report(context, state.error);
          // Said before three passphrases are typed for nothing.
          if (state.value.snapshot.app.vault.store !== "file") {
            const message = "secrets are kept in the OS keychain, whose passphrase is the operating system's to change";
            return report(context, { code: "not-allowed", message });
          }
          const both = terminal.interactive ? await askForChange(context) : await readBoth(context);
          if (both === null) return 1;
          const result = await app.call("vault.changePassphrase", both);
          if (!result.ok) return report(context, result.error);
          terminal.print("The passphrase is changed. It is asked for after the next start of Portcullis.");
          return 0;
        }),
      ),
    );
}

const longest = 1024;

/** The passphrase of a file that is there, or a new one; from a pipe either is one text. */
async function askForFile(context: Context, app: AppClient): Promise<string | null> {
  if (!context.terminal.interactive) return askPassphrase(context, "");
  const file = await app.call("vault.file", undefined);
  if (!file.ok) {
    report(context, file.error);
    return null;
  }
  return file.value.exists
    ? askPassphrase(context, "Passphrase of the file (not shown): ")
    : askNew(context, "New passphrase for the file (not shown; Portcullis cannot recover it): ");
}

async function askForChange(context: Context): Promise<{ current: string; next: string } | null> {
  const current = await askPassphrase(context, "Current passphrase (not shown): ");
  if (current === null) return null;
  const next = await askNew(context, "New passphrase (not shown): ");
  return next === null ? null : { current, next };
}

/** One that a person chooses is typed twice: what was mistyped once could never be typed again. */
async function askNew(context: Context, question: string): Promise<string | null> {
  const passphrase = await askPassphrase(context, question);
  if (passphrase === null) return null;
  const again = await askPassphrase(context, "The same once more: ");
  if (again === passphrase) return passphrase;
  if (again !== null) {
    report(context, { code: "bad-input", message: "these were not the same; nothing was changed", hint: "Run the command again." });
  }
  return null;
}

async function askPassphrase(context: Context, question: string): Promise<string | null> {
  const { terminal } = context;
  return checked(context, terminal.interactive ? await terminal.askSecret(question) : await terminal.readAll(4 * longest));
}

/** The current one and the new one, from a pipe. */
async function readBoth(context: Context): Promise<{ current: string; next: string } | null> {
  const read = await context.terminal.readAll(8 * longest);
  const lines = read.ok ? read.value.split(/\r?\n/) : [];
  if (lines.at(-1) === "") lines.pop();
  const [first, second] = lines;
  if (!read.ok) report(context, read.error);
  else if (lines.length === 2 && first !== undefined && second !== undefined) {
    const current = checked(context, ok(first));
    const next = current === null ? null : checked(context, ok(second));
    return current === null || next === null ? null : { current, next };
  } else report(context, { code: "bad-input", message: "two lines are read: the current passphrase and the new one" });
  return null;
}

function checked(context: Context, typed: Result<string> | null): string | null {
  const passphrase = typed?.ok === true ? typed.value.replace(/\r?\n$/, "") : "";
  if (typed?.ok === false) report(context, typed.error);
  else if (passphrase === "") report(context, { code: "bad-input", message: "no passphrase was given", hint: "Type it, or pipe it in." });
  else if (passphrase.length > longest) context.terminal.note(`portcullis: a passphrase has at most ${String(longest)} characters`);
  else return passphrase;
  return null;
}

function describe(status: VaultStatus): string {
  const where = status.store === "keychain" ? "the OS keychain" : "an encrypted file";
  if (status.kind === "ready") return `Secrets are kept in ${where}. It is ready.`;
  if (status.kind === "locked") return `Secrets are kept in ${where}. It is locked.`;
  return `Secrets are kept in ${where}. It cannot be used: ${status.reason}`;
}
