import path from "node:path";
import type { Command } from "commander";
import type { AppError } from "../../shared/errors.ts";
import type { SecretEntry } from "../vault/vault.ts";
import { report, simple, tryApp, withApp } from "./context.ts";
import type { Context, Run, Status } from "./context.ts";
import { table, timeText } from "./print.ts";

const maxBytes = 65_536;

/** `secret set | list | delete | restore`. A value comes from a prompt or from stdin, never from the command line, and is never printed. */
export function defineSecrets(program: Command, context: Context, run: Run): void {
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
    .action(run((options: { json?: boolean }) => list(context, options)));

  secret
    .command("delete")
    .argument("<name>")
    .description("delete a secret from the keychain")
    .action(run((name: string) => change(context, "secret.delete", name, `${name} is deleted. ${wayBack(name)}`)));

  secret
    .command("restore")
    .argument("<name>")
    .description("put back the value that was replaced or deleted within the last minute")
    .action(run((name: string) => change(context, "secret.restore", name, `${name} is as it was.`)));
}

const wayBack = (name: string): string => `For a minute, portcullis secret restore ${name} puts it back.`;

/** Without the app: from our index of names; which servers refer to them only the app tells. */
async function list(context: Context, options: { readonly json?: boolean }): Promise<Status> {
  const { terminal } = context;
  const app = await tryApp(context);
  let secrets: readonly (SecretEntry & { readonly usedBy?: readonly string[] })[];
  if (app.ok) {
    const state = await app.value.call("state.get", undefined);
    app.value.close();
    if (!state.ok) return report(context, state.error);
    ({ secrets } = state.value.snapshot);
  } else {
    const { readSecretIndex, readSettings } = await import("./offline.ts");
    const { settings } = await readSettings(context.paths);
    const found = await readSecretIndex(context.paths, settings.vault?.store ?? "keychain");
    if (found === "damaged") {
      return report(context, {
        code: "settings-broken",
        message: `the list of secrets cannot be read: ${path.join(context.paths.data, "secrets.json")} is damaged`,
        hint: "No secret is lost by that. Start Portcullis: it begins a new list, and each secret is in it again once it is used or set.",
      });
    }
    secrets = [...found].sort((a, b) => (a.name < b.name ? -1 : 1));
  }
  const { asideSecretIndexes } = await import("./offline.ts");
  for (const name of await asideSecretIndexes(context.paths)) {
    terminal.note(`! The list of secrets was damaged and is kept as ${path.join(context.paths.data, name)}.`);
    terminal.note("  A secret that is missing here is in the list again once a server uses it, or it is set again.");
  }
  if (options.json === true) terminal.json(secrets);
  else if (secrets.length === 0) terminal.print("No secrets yet. Store one: portcullis secret set NAME");
  else {
    const rows = secrets.map(({ name, usedBy, updatedAt, lastUsedAt, lastUsedBy }) => [
      name,
      usedBy?.join(", ") ?? "?",
      timeText(updatedAt),
      lastUsedAt === null ? "never" : `${timeText(lastUsedAt)} by ${lastUsedBy ?? "?"}`,
    ]);
    terminal.print(table(["name", "used by", "changed", "last used"], rows));
  }
  return 0;
}

async function set(context: Context, name: string): Promise<Status> {
  const { terminal } = context;
  const wrong = await nameTrouble(name);
  if (wrong !== null) return usage(context, wrong);
  return withApp(context, async (app) => {
    // A file or an echo ends in one line break that is not part of the secret.
    const typed = terminal.interactive ? await terminal.askSecret(`Value of ${name} (not shown): `) : await terminal.readAll(maxBytes + 2);
    if (typed === null) return report(context, { code: "bad-input", message: "no value was given, so nothing was stored" });
    if (!typed.ok) return report(context, { ...typed.error, message: `nothing was stored: ${typed.error.message}` });
    const value = typed.value.replace(/\r?\n$/, "");
    if (value === "")
      return report(context, { code: "bad-input", message: "an empty value is not stored", hint: "Type the value, or pipe it in." });
    if (Buffer.byteLength(value) > maxBytes)
      return report(context, { code: "too-large", message: "a value of more than 64 KiB is not stored" });
    const stored = await app.call("secret.put", { name, value });
    if (!stored.ok) return report(context, withFileStore(stored.error));
    terminal.print(`${name} is stored. Refer to it as \${keychain:${name}}`);
    if (stored.value.replaced) terminal.note(`The value of before is replaced. ${wayBack(name)}`);
    return 0;
  });
}

/** Where there is no keychain, looking for what is missing leads nowhere: secrets can be kept without one. */
function withFileStore(error: AppError): AppError {
  if (error.code !== "vault-unavailable") return error;
  return { ...error, hint: "To keep secrets in an encrypted file instead: portcullis vault use file" };
}

async function change(context: Context, channel: "secret.delete" | "secret.restore", name: string, said: string): Promise<Status> {
  const wrong = await nameTrouble(name);
  if (wrong !== null) return usage(context, wrong);
  return simple(context, (app) => app.call(channel, { name }), said);
}

/** Why that can be no secret's name, in words, or null. */
async function nameTrouble(name: string): Promise<string | null> {
  const { secretNameSchema } = await import("../../shared/model/secret-reference.ts");
  if (secretNameSchema.safeParse(name).success) return null;
  return `${JSON.stringify(name)} is no secret's name: letters, digits, dot, dash and underscore, up to three slashes, at most 128 in all`;
}

function usage(context: Context, reason: string): 2 {
  context.terminal.note(`error: ${reason}`);
  return 2;
}
