import os from "node:os";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { fail, ok } from "../../shared/errors.ts";
import type { Result } from "../../shared/errors.ts";
import type { Settings } from "../../shared/model/settings.ts";
import { anchorStore } from "../anchor-store.ts";
import { filesBeside, forkNode } from "../headless.ts";
import { openJournal } from "../journal/open-journal.ts";
import { createMigrations } from "../migration/create-migrations.ts";
import type { Migrations } from "../migration/migration.ts";
import type { MigrationServers } from "../migration/ports.ts";
import { commandFacts, migrationDeps } from "../migration-parts.ts";
import { bridgeLaunch } from "../settings/bridge-launch.ts";
import { parseSettings } from "../settings/create-settings-store.ts";
import { createVault } from "../vault/create-vault.ts";
import { keychainService } from "../vault/keychain.ts";
import type { Vault } from "../vault/vault.ts";
import type { Context } from "./context.ts";
import { openSettings } from "./offline.ts";

// Migrations without the app: looking (which changes nothing at all, not even a folder of ours) and putting back.

const needsApp = fail("not-running", "Portcullis is not running", "Open the Portcullis app, or start it with `portcullis serve`.");

/** For `scan` and `migrate --dry-run`: reads our settings and the vault's index, and writes nothing anywhere. */
export async function withReadOnlyMigrations<T>(context: Context, work: (migrations: Migrations) => Promise<T>): Promise<T> {
  const settings = await readSettings(context);
  const servers: MigrationServers = {
    ...commandFacts(context.platform),
    settings: () => settings.mcpServers ?? {},
    add: () => Promise.resolve(needsApp),
    inspect: () => Promise.resolve(needsApp),
    remove: () => Promise.resolve(needsApp),
  };
  const vault = await offlineVault(context, () => settings.vault?.store ?? "keychain");
  const migrations = await createMigrations(migrationDeps({ ...common(context), vault, servers, record: () => needsApp }), {
    follow: false,
  });
  try {
    return await work(migrations);
  } finally {
    await migrations.close();
    await vault.close();
  }
}

/** For `restore` while no app runs, inside `withOwnHome`: the journal, the settings and the vault are this command's alone. */
export async function withOwnMigrations<T>(context: Context, work: (migrations: Migrations, vault: Vault) => Promise<T>): Promise<T> {
  const settings = openSettings(context.paths);
  const vault = await offlineVault(context, () => settings.current().vault?.store ?? "keychain");
  const file = path.join(context.paths.data, "journal.db");
  const journal = await openJournal({ file, anchor: anchorStore(vault, file), now: context.now });
  const servers: MigrationServers = {
    ...commandFacts(context.platform),
    settings: () => settings.current().mcpServers ?? {},
    add: () => Promise.resolve(needsApp),
    inspect: () => Promise.resolve(needsApp),
    // What was accepted of it is cleared when a server of that name is added again.
    remove: (name) => settings.edit([{ path: ["mcpServers", name], value: undefined }]),
  };
  const record = (draft: Parameters<typeof journal.append>[0]): Result<void> => {
    try {
      journal.append(draft);
      return ok(undefined);
    } catch {
      return fail("journal-unavailable", journal.fault() ?? "The journal cannot be written.", "Nothing was changed.");
    }
  };
  const migrations = await createMigrations(migrationDeps({ ...common(context), vault, servers, record }), { follow: false });
  try {
    return await work(migrations, vault);
  } finally {
    await migrations.close();
    await journal.close();
    await vault.close();
    settings.close();
  }
}

function common({ env, paths, now, programFolder }: Context) {
  return {
    env,
    home: env["HOME"] ?? env["USERPROFILE"] ?? os.homedir(),
    now,
    dataDir: paths.data,
    bridge: bridgeLaunch(process.execPath, filesBeside(programFolder).bridge),
  };
}

function offlineVault(context: Context, store: () => "keychain" | "file"): Promise<Vault> {
  const { paths, env, platform, now } = context;
  return createVault({
    dataDir: paths.data,
    service: keychainService(paths.data, env["PORTCULLIS_HOME"] !== undefined && env["PORTCULLIS_HOME"] !== ""),
    store,
    setStore: () => Promise.resolve(needsApp),
    fork: forkNode(filesBeside(context.programFolder).helpers),
    env,
    platform,
    now,
  });
}

async function readSettings(context: Context): Promise<Settings> {
  const text = await readFile(path.join(context.paths.config, "config.json"), "utf8").catch(() => "");
  const parsed = parseSettings(text, "config.json");
  return parsed.ok ? parsed.settings : {};
}
