import os from "node:os";
import path from "node:path";
import { fail, ok } from "../../shared/errors.ts";
import type { Result } from "../../shared/errors.ts";
import { anchorStore } from "../anchor-store.ts";
import { filesBeside, forkNode } from "../headless.ts";
import { openJournal } from "../journal/open-journal.ts";
import { createMigrations } from "../migration/create-migrations.ts";
import type { Migrations } from "../migration/migration.ts";
import type { MigrationServers, MigrationVault } from "../migration/ports.ts";
import { commandFacts, migrationDeps } from "../migration-parts.ts";
import { bridgeLaunch } from "../settings/bridge-launch.ts";
import type { Paths } from "../settings/paths.ts";
import type { SettingsStore } from "../settings/settings-store.ts";
import { createVault } from "../vault/create-vault.ts";
import { keychainService } from "../vault/keychain.ts";
import type { Vault } from "../vault/vault.ts";
import type { Context } from "./context.ts";
import { diskTrouble } from "./disk-trouble.ts";
import { openSettings, readSecretIndex, readSettings } from "./offline.ts";

// Migrations without the app: looking (which changes nothing at all, not even a folder of ours) and putting back.

const needsApp = fail("not-running", "Portcullis is not running", "Open the Portcullis app, or start it with `portcullis serve`.");
const noSecret = { kind: "unavailable", reason: "The list of secrets (secrets.json) is damaged." } as const;
/** Where the list of secrets cannot be read: nothing is known to be in the vault. */
const noVault: MigrationVault = {
  list: () => [],
  get: () => Promise.resolve(noSecret),
  put: () => Promise.resolve(needsApp),
  delete: () => Promise.resolve(needsApp),
  readPrivate: () => Promise.resolve(noSecret),
  writePrivate: () => Promise.resolve(needsApp),
};

/** For `scan` and `migrate --dry-run`: reads our settings and the vault's index, and writes nothing anywhere. */
export async function withReadOnlyMigrations<T>(context: Context, work: (migrations: Migrations) => Promise<T>): Promise<T> {
  const { settings } = await readSettings(context.paths);
  const store = settings.vault?.store ?? "keychain";
  const servers: MigrationServers = {
    ...commandFacts(context.platform),
    settings: () => settings.mcpServers ?? {},
    problem: () => null,
    add: () => Promise.resolve(needsApp),
    inspect: () => Promise.resolve(needsApp),
    remove: () => Promise.resolve(needsApp),
  };
  // A vault would set a damaged list aside.
  const damaged = (await readSecretIndex(context.paths, store)) === "damaged";
  const vault = damaged ? null : await offlineVault(context, () => store);
  const deps = migrationDeps({ ...common(context), vault: vault ?? noVault, servers, record: () => needsApp });
  const migrations = await createMigrations(deps, { follow: false });
  try {
    return await work(migrations);
  } finally {
    await migrations.close();
    await vault?.close();
  }
}

/** For `restore` while no app runs, inside `withOwnHome`: the journal, the settings and the vault are this command's alone. */
export async function withOwnMigrations<T>(context: Context, work: (migrations: Migrations, vault: Vault) => Promise<T>): Promise<T> {
  const settings = openOrDoWithout(context.paths);
  const vault = await offlineVault(context, () => settings.current().vault?.store ?? "keychain");
  const file = path.join(context.paths.data, "journal.db");
  const journal = await openJournal({ file, anchor: anchorStore(vault, file), now: context.now });
  const servers: MigrationServers = {
    ...commandFacts(context.platform),
    settings: () => settings.current().mcpServers ?? {},
    problem: () => settings.problem(),
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

/** The settings; where their folder is no use, none: what was moved can be put back without them. */
function openOrDoWithout(paths: Paths): SettingsStore {
  try {
    return openSettings(paths);
  } catch (error) {
    const trouble = diskTrouble(error, paths);
    if (trouble === null) throw error;
    return {
      current: () => ({}),
      problem: () => trouble.message,
      edit: () => Promise.resolve({ ok: false, error: trouble }),
      onChange: () => () => undefined,
      close: () => undefined,
    };
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
