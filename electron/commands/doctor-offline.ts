import { statSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import type { AppError } from "../../shared/errors.ts";
import type { Check } from "../../shared/model/snapshot.ts";
import { filesBeside, forkNode } from "../headless.ts";
import { describeDatabaseError } from "../journal/database.ts";
import { openJournalReader } from "../journal/reader.ts";
import { createSandbox } from "../sandbox/create-sandbox.ts";
import type { Paths } from "../settings/paths.ts";
import type { Context } from "./context.ts";
import { diskTrouble } from "./disk-trouble.ts";
import { runDoctor } from "./doctor.ts";
import type { DoctorDeps } from "./doctor.ts";
import { withOfflineVault } from "./offline-vault.ts";
import { readSecretIndex, readSettings } from "./offline.ts";

/** The doctor without the app: with a sandbox and a vault of its own, which change nothing. What cannot be looked at is one finding of many. */
export async function runDoctorOffline(context: Context): Promise<Check[]> {
  const { paths, env, platform, now } = context;
  const fork = forkNode(filesBeside(context.programFolder).helpers);
  const { settings, problem } = await readSettings(paths);
  const sandbox = createSandbox({
    fork,
    env,
    platform,
    protectedPaths: [paths.config, paths.data, paths.logs, paths.run],
    home: env["HOME"] ?? env["USERPROFILE"] ?? os.homedir(),
    now,
  });
  const store = settings.vault?.store ?? "keychain";
  const index = await indexTrouble(paths, store);
  const journal = journalTrouble(paths);
  const run = (vault: DoctorDeps["vault"]): Promise<Check[]> =>
    runDoctor({
      platform,
      paths,
      searchPath: env["PATH"] ?? "",
      sandbox: () => sandbox.probe(true),
      vault,
      settingsProblem: () => problem?.message ?? null,
      journalFault: () => journal?.message ?? null,
    });
  try {
    const checks =
      index === null
        ? await withOfflineVault(context, (vault) => run(() => vault.refresh()))
        : await run(() => Promise.resolve({ kind: "unavailable", store, reason: index.message }));
    const fixes = new Map([
      ["vault", index?.hint],
      ["settings", problem?.hint],
      ["journal", journal?.hint],
    ]);
    return checks.map((check) => ({ ...check, fix: fixes.get(check.id) ?? check.fix }));
  } finally {
    await sandbox.close();
  }
}

/** Why the vault cannot be opened without changing anything, or null. */
async function indexTrouble(paths: Paths, store: "keychain" | "file"): Promise<AppError | null> {
  try {
    if ((await readSecretIndex(paths, store)) !== "damaged") return null;
    return {
      code: "settings-broken",
      message: `the list of secrets is damaged: ${path.join(paths.data, "secrets.json")}`,
      hint: "portcullis serve (it begins a new list)",
    };
  } catch (error) {
    const trouble = diskTrouble(error, paths);
    if (trouble === null) throw error;
    return trouble;
  }
}

/** A journal that was never written is none that is broken. */
function journalTrouble(paths: Paths): AppError | null {
  const file = path.join(paths.data, "journal.db");
  try {
    statSync(file);
    openJournalReader(file).close();
    return null;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    return diskTrouble(error, paths) ?? { code: "journal-unavailable", message: describeDatabaseError(error) };
  }
}
