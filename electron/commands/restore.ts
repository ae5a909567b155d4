import path from "node:path";
import type { Command } from "commander";
import { fail, ok } from "../../shared/errors.ts";
import type { Result } from "../../shared/errors.ts";
import type { Migration } from "../../shared/model/migration.ts";
import type { Migrations } from "../migration/migration.ts";
import type { Vault } from "../vault/vault.ts";
import { report, tryApp } from "./context.ts";
import type { Context, Run, Status } from "./context.ts";

interface RestoreOptions {
  readonly list?: boolean;
  readonly yes?: boolean;
  readonly json?: boolean;
}

/** `restore`: puts migrated files back, through the app while one runs, otherwise by itself: it must work when nothing else does. */
export function defineRestore(program: Command, context: Context, run: Run): void {
  program
    .command("restore")
    .argument("[file]", "one migrated file; without it, all of them")
    .option("--list", "only list what was migrated")
    .option("--yes", "do it without a question")
    .option("--json", "print as JSON")
    .description("put your clients' configs back as they were before `migrate`; works without the app")
    .action(run((file: string | undefined, options: RestoreOptions) => restore(context, file, options)));
}

interface Undoer {
  history(): Promise<Result<readonly Migration[]>>;
  undo(migration: string, file: string): Promise<Result<Migration>>;
  /** Opens what is closed until the person opens it. */
  unlock(): Promise<Result<void>>;
}

async function restore(context: Context, file: string | undefined, options: RestoreOptions): Promise<Status> {
  const app = await tryApp(context);
  if (app.ok) {
    try {
      return await restoreWith(context, file, options, {
        history: () => app.value.call("migration.history", undefined),
        undo: (migration, path) => app.value.call("migration.undo", { migration, file: path }),
        unlock: () => Promise.resolve(ok(undefined)),
      });
    } finally {
      app.value.close();
    }
  }
  const { withOwnMigrations, withReadOnlyMigrations } = await import("./offline-migrations.ts");
  if (options.list === true) {
    return withReadOnlyMigrations(context, (migrations) => restoreWith(context, file, options, undoer(context, migrations, null)));
  }
  const { withOwnHome } = await import("./offline.ts");
  const restored = await withOwnHome(context, () =>
    withOwnMigrations(context, (migrations, vault) => restoreWith(context, file, options, undoer(context, migrations, vault))),
  );
  return restored.ok ? restored.value : report(context, restored.error);
}

function undoer(context: Context, migrations: Migrations, vault: Vault | null): Undoer {
  return {
    history: () => Promise.resolve(ok(migrations.history())),
    undo: (migration, file) => migrations.undo(migration, file, () => undefined),
    async unlock() {
      if (vault === null || vault.status().store !== "file") return ok(undefined);
      const passphrase = context.terminal.interactive
        ? await context.terminal.askSecret("Passphrase of the encrypted file (not shown): ")
        : null;
      if (passphrase === null) return fail("vault-locked", "The encrypted file of secrets is locked.");
      return passphrase.ok ? vault.unlock(passphrase.value) : passphrase;
    },
  };
}

async function restoreWith(context: Context, file: string | undefined, options: RestoreOptions, undoer: Undoer): Promise<Status> {
  const { terminal } = context;
  const { migrationText } = await import("./migration-text.ts");
  const history = await undoer.history();
  if (!history.ok) return report(context, history.error);
  if (options.list === true) {
    if (options.json === true) terminal.json(history.value);
    else terminal.print(history.value.length === 0 ? "Nothing was migrated." : history.value.map(migrationText).join("\n"));
    return 0;
  }
  const wanted = file === undefined ? undefined : path.resolve(file);
  const todo = history.value.flatMap((migration) =>
    migration.files
      .filter((one) => one.state === "applied" || one.state === "changed-since")
      .filter((one) => wanted === undefined || one.path === wanted)
      .map((one) => ({ migration: migration.id, path: one.path, state: one.state })),
  );
  if (todo.length === 0) {
    return report(context, {
      code: "not-found",
      message: wanted === undefined ? "nothing is migrated" : `${wanted} is not migrated`,
      hint: "portcullis restore --list shows what was.",
    });
  }
  for (const one of todo) {
    terminal.note(one.state === "applied" ? `${one.path}: byte for byte` : `${one.path}: its servers; what its client changed since stays`);
  }
  if (options.yes !== true) {
    const answer = terminal.interactive ? await terminal.ask("Put these back, plaintext secrets included? y/N ") : null;
    if (answer === null || !/^y(es)?$/i.test(answer.trim())) {
      terminal.note("Nothing was changed.");
      if (!terminal.interactive) terminal.note("  Nobody can be asked here: add --yes to do it.");
      return terminal.interactive ? 0 : 1;
    }
  }
  const unlocked = await undoer.unlock();
  if (!unlocked.ok) return report(context, unlocked.error);
  let status: Status = 0;
  /** One for each migration, as it is after the last of its files. */
  const done = new Map<string, Migration>();
  for (const one of todo) {
    const undone = await undoer.undo(one.migration, one.path);
    // Put back together with another migration's part of the same file.
    if (!undone.ok && undone.error.code === "not-found") continue;
    if (!undone.ok) status = report(context, undone.error);
    else {
      done.set(undone.value.id, undone.value);
      if (options.json !== true) terminal.print(`put back: ${one.path}`);
    }
  }
  if (options.json === true) terminal.json([...done.values()]);
  return status;
}
