import { existsSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import type { Check } from "../../shared/model/snapshot.ts";
import { filesBeside, forkNode } from "../headless.ts";
import { describeDatabaseError } from "../journal/database.ts";
import { openJournalReader } from "../journal/reader.ts";
import { createSandbox } from "../sandbox/create-sandbox.ts";
import type { Context } from "./context.ts";
import { runDoctor } from "./doctor.ts";
import { withOfflineVault } from "./offline-vault.ts";
import { openSettings } from "./offline.ts";

/** The doctor without the app: with a sandbox and a vault of its own, which change nothing. */
export async function runDoctorOffline(context: Context): Promise<Check[]> {
  const { paths, env, platform, now } = context;
  const fork = forkNode(filesBeside(context.programFolder).helpers);
  const settings = openSettings(paths);
  const sandbox = createSandbox({
    fork,
    env,
    platform,
    protectedPaths: [paths.config, paths.data, paths.logs, paths.run],
    home: env["HOME"] ?? env["USERPROFILE"] ?? os.homedir(),
    now,
  });
  try {
    return await withOfflineVault(context, (vault) =>
      runDoctor({
        platform,
        paths,
        searchPath: env["PATH"] ?? "",
        sandbox: () => sandbox.probe(true),
        vault: () => vault.refresh(),
        settingsProblem: () => settings.problem(),
        journalFault: () => journalFault(path.join(paths.data, "journal.db")),
      }),
    );
  } finally {
    await sandbox.close();
    settings.close();
  }
}

/** A journal that was never written is none that is broken. */
function journalFault(file: string): string | null {
  if (!existsSync(file)) return null;
  try {
    openJournalReader(file).close();
    return null;
  } catch (error) {
    return describeDatabaseError(error);
  }
}
