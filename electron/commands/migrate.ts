import type { Command } from "commander";
import type { Result } from "../../shared/errors.ts";
import type { Plan, Scan, Selection } from "../../shared/model/migration.ts";
import { report, withApp } from "./context.ts";
import type { Context, Run, Status } from "./context.ts";
import { collect, collectFolder } from "./repeated.ts";

interface MigrateOptions {
  readonly client: readonly string[];
  readonly server: readonly string[];
  readonly folder: readonly string[];
  readonly shared?: boolean;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
  readonly json?: boolean;
}

/** `migrate`: shows everything that would change, asks, and does it. `--dry-run` only shows, and works without the app. */
export function defineMigrate(program: Command, context: Context, run: Run): void {
  program
    .command("migrate")
    .option("--client <name>", "only this client's files; may be given often", collect, [])
    .option("--server <name>", "only servers that are called so there; may be given often", collect, [])
    .option("--folder <dir>", "a project to look into, too; may be given often", collectFolder, [])
    .option("--shared", "also project files that are shared through git")
    .option("--dry-run", "show what would change, and change nothing at all")
    .option("--yes", "do it without a question")
    .option("--json", "print as JSON")
    .description("move plaintext secrets of your clients' configs into the vault, and point the configs at Portcullis")
    .addHelpText(
      "after",
      "\nExamples:\n  $ portcullis migrate --dry-run\n  $ portcullis migrate --client cursor\n  $ portcullis migrate --folder ~/projects/site --yes",
    )
    .action(run((options: MigrateOptions) => migrate(context, options)));
}

/** What scanning and planning take, in the app or here. */
interface Planner {
  scan(input: { folders: string[] }): Promise<Result<Scan>>;
  plan(selection: Selection): Promise<Result<Plan>>;
}

async function migrate(context: Context, options: MigrateOptions): Promise<Status> {
  const { terminal } = context;
  const { planText } = await import("./migration-text.ts");
  if (options.dryRun === true) {
    const { withReadOnlyMigrations } = await import("./offline-migrations.ts");
    return withReadOnlyMigrations(context, async (migrations): Promise<Status> => {
      const planned = await makePlan(context, options, {
        scan: ({ folders }) => migrations.scan(folders, () => undefined),
        plan: (selection) => migrations.plan(selection),
      });
      if (typeof planned === "string") return usage(context, planned);
      if (!planned.ok) return report(context, planned.error);
      if (options.json === true) terminal.json({ plan: planned.value });
      else terminal.print(planText(planned.value));
      terminal.note("Nothing was changed.");
      return 0;
    });
  }
  return withApp(context, async (app) => {
    const planned = await makePlan(context, options, {
      scan: (input) => app.call("migration.scan", input),
      plan: (selection) => app.call("migration.plan", selection),
    });
    if (typeof planned === "string") return usage(context, planned);
    if (!planned.ok) return report(context, planned.error);
    // On stdout only what was asked for: with --json that is the outcome.
    if (options.json === true) terminal.note(planText(planned.value));
    else terminal.print(planText(planned.value));
    if (options.yes !== true) {
      const answer = terminal.interactive ? await terminal.ask("Do this? y/N ") : null;
      if (answer === null || !/^y(es)?$/i.test(answer.trim())) {
        terminal.note("Nothing was changed.");
        if (!terminal.interactive) terminal.note("  Nobody can be asked here: add --yes to do it.");
        return terminal.interactive ? 0 : 1;
      }
    }
    terminal.note("Each server is started once; one that has to be installed first takes a while.");
    let said = "";
    app.follow("migration.progressed", ({ step }) => {
      if (step === null || step.kind === "scan" || step.text === said) return;
      said = step.text;
      terminal.note(said);
    });
    const applied = await app.call("migration.apply", { plan: planned.value.id });
    if (!applied.ok) {
      if (options.json === true) terminal.json({ plan: planned.value, migration: null, error: applied.error });
      return report(context, applied.error);
    }
    const { doneText, migrationText } = await import("./migration-text.ts");
    if (options.json === true) terminal.json({ plan: planned.value, migration: applied.value });
    else terminal.print(`${migrationText(applied.value)}\n${doneText(applied.value)}`);
    const failed =
      applied.value.files.some(({ state }) => state === "failed") || applied.value.servers.some(({ state }) => state === "failed");
    return failed ? 1 : 0;
  });
}

/** A text is wrong usage, in words. */
async function makePlan(context: Context, options: MigrateOptions, planner: Planner): Promise<Result<Plan> | string> {
  const folders = [...options.folder];
  const scan = await planner.scan({ folders });
  if (!scan.ok) return scan;
  const { unreadFiles } = await import("./migration-text.ts");
  for (const file of unreadFiles(scan.value)) context.terminal.note(`not read, and left alone: ${file}`);
  const clients = clientIds(options.client, scan.value);
  if (!clients.ok) return clients.unknown;
  const known = new Set(scan.value.files.flatMap((file) => file.entries.map(({ server }) => server)));
  const unknown = options.server.find((name) => !known.has(name));
  if (unknown !== undefined) return `no client has a server called ${unknown}`;
  return planner.plan({
    folders,
    ...(options.client.length === 0 ? {} : { clients: [...clients.value] }),
    ...(options.server.length === 0 ? {} : { servers: [...options.server] }),
    ...(options.shared === true ? { shared: true } : {}),
  });
}

function clientIds(wanted: readonly string[], scan: Scan): { ok: true; value: readonly string[] } | { ok: false; unknown: string } {
  const ids: string[] = [];
  for (const name of wanted) {
    const plain = name.toLowerCase();
    const found = scan.files.find(({ client, clientName }) => client === plain || clientName.toLowerCase() === plain);
    if (found === undefined) {
      const there = [...new Set(scan.files.map(({ client }) => client))].join(", ");
      return { ok: false, unknown: `there is no config of a client called ${name} here (found: ${there === "" ? "none" : there})` };
    }
    ids.push(found.client);
  }
  return { ok: true, value: ids };
}

function usage(context: Context, problem: string): Status {
  context.terminal.note(`error: ${problem}`);
  return 2;
}
