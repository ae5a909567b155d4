import type { Command } from "commander";
import { report } from "./context.ts";
import type { Context, Run, Status } from "./context.ts";
import { collectFolder } from "./repeated.ts";

interface ScanOptions {
  readonly folder: readonly string[];
  readonly json?: boolean;
}

/** `scan`: what the clients' configs hold. Works without the app; executes, fetches and writes nothing. */
export function defineScan(program: Command, context: Context, run: Run): void {
  program
    .command("scan")
    .option("--folder <dir>", "a project to look into, too; may be given often", collectFolder, [])
    .option("--json", "print as JSON")
    .description("the servers and plaintext secrets in your clients' config files; changes nothing")
    .action(run((options: ScanOptions) => scan(context, options)));
}

async function scan(context: Context, options: ScanOptions): Promise<Status> {
  const { withReadOnlyMigrations } = await import("./offline-migrations.ts");
  const { scanText } = await import("./migration-text.ts");
  return withReadOnlyMigrations(context, async (migrations): Promise<Status> => {
    const result = await migrations.scan(options.folder, () => undefined);
    if (!result.ok) return report(context, result.error);
    if (options.json === true) context.terminal.json(result.value);
    else context.terminal.print(scanText(result.value));
    return 0;
  });
}
