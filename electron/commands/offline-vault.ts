import { fail } from "../../shared/errors.ts";
import { filesBeside, forkNode } from "../headless.ts";
import { createVault } from "../vault/create-vault.ts";
import { keychainService } from "../vault/keychain.ts";
import type { Vault } from "../vault/vault.ts";
import type { Context } from "./context.ts";
import { readSettings } from "./offline.ts";

/** A vault of this command's own while the app does not run: for reading. It is closed when `work` is done. */
export async function withOfflineVault<T>(context: Context, work: (vault: Vault) => Promise<T>): Promise<T> {
  const { paths, env, platform, now } = context;
  const { settings } = await readSettings(paths);
  const vault = await createVault({
    dataDir: paths.data,
    service: keychainService(paths.data, env["PORTCULLIS_HOME"] !== undefined && env["PORTCULLIS_HOME"] !== ""),
    store: () => settings.vault?.store ?? "keychain",
    setStore: () => Promise.resolve(fail("not-running", "Portcullis is not running")),
    fork: forkNode(filesBeside(context.programFolder).helpers),
    env,
    platform,
    now,
  });
  try {
    return await work(vault);
  } finally {
    await vault.close();
  }
}
