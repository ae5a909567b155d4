import path from "node:path";
import process from "node:process";
import { assertNever, fail, ok, type AppError, type Result } from "../../shared/errors.ts";
import { secretNameSchema, type VaultStatus } from "../../shared/model/secret-reference.ts";
import type { ForkHelper } from "../helper-process.ts";
import { createEarlierSecrets, type EarlierSecret } from "./earlier-secrets.ts";
import { createFileVault } from "./file-vault.ts";
import { createKeychain, ownPrefix, type KeychainDeps } from "./keychain.ts";
import { unfitValue } from "./secret-value.ts";
import { openSecretIndex } from "./secret-index.ts";
import type { SecretEntry, SecretOutcome, SecretStore, Vault } from "./vault.ts";

export interface VaultDeps {
  /** Holds the index (`secrets.json`) and the encrypted file (`secrets.vault`). */
  readonly dataDir: string;
  /** What the keychain's items are filed under: `keychainService(dataDir, portable)`. */
  readonly service: string;
  /** Which store the settings say, and how to make them say another. */
  store(): "keychain" | "file";
  setStore(store: "keychain" | "file"): Promise<Result<void>>;
  readonly fork: ForkHelper;
  readonly env: Readonly<Record<string, string | undefined>>;
  now(): number;
  readonly platform?: NodeJS.Platform;
  readonly deadlines?: KeychainDeps["deadlines"];
}

const notAsked: VaultStatus = { kind: "unavailable", store: "keychain", reason: "The keychain has not answered yet." };

/**
 * Lends secrets out of the store that the settings name. Nothing is asked of the keychain before the first call; `refresh` asks
 * how it is. There is no falling back from one store to the other.
 *
 * @throws the file system's error when the index is there and cannot be read
 */
export async function createVault(deps: VaultDeps): Promise<Vault> {
  const index = await openSecretIndex(path.join(deps.dataDir, "secrets.json"), () => deps.now());
  const keychain = createKeychain({
    service: deps.service,
    fork: deps.fork,
    env: deps.env,
    platform: deps.platform ?? process.platform,
    sentinel: { known: () => index.sentinelKnown(), written: () => index.sentinelWritten() },
    ...(deps.deadlines === undefined ? {} : { deadlines: deps.deadlines }),
  });
  const fileVault = createFileVault(path.join(deps.dataDir, "secrets.vault"));
  const listeners = new Set<() => void>();
  const earlierSecrets = createEarlierSecrets();
  const turns = new Map<string, Promise<void>>();
  const known = new Set<string>();
  let knownValues: readonly string[] = [];
  const statuses: Record<"keychain" | "file", VaultStatus> = { keychain: notAsked, file: { ...notAsked, store: "file" } };
  if (deps.store() === "file") statuses.file = await fileVault.status();

  let asked = deps.store();

  const active = (): SecretStore => (deps.store() === "file" ? fileVault : keychain);
  const changed = (): void => {
    for (const listener of listeners) listener();
  };
  const learn = (value: string): void => {
    if (known.has(value)) return;
    known.add(value);
    knownValues = [...known];
  };
  const refresh = async (): Promise<VaultStatus> => {
    const store = active();
    asked = store.kind;
    const status = await store.status();
    note(store.kind, status);
    return status;
  };
  const note = (store: "keychain" | "file", status: VaultStatus): void => {
    if (JSON.stringify(statuses[store]) === JSON.stringify(status)) return;
    statuses[store] = status;
    changed();
  };
  /** A call that worked, or did not, says how the store is as well as asking would; where it does not, it is asked. */
  const noteOutcome = (store: "keychain" | "file", kind: SecretOutcome["kind"]): void => {
    if (kind === "found" || kind === "missing") note(store, { kind: "ready", store });
    else if (kind === "locked") note(store, { kind: "locked", store });
    else if (statuses[store].kind !== "unavailable") void refresh();
  };

  const nameTrouble = (name: string): ReturnType<typeof fail> | undefined => {
    if (!secretNameSchema.safeParse(name).success) return fail("bad-input", "That cannot be a secret's name.", nameRule);
    return name.startsWith(ownPrefix) ? fail("bad-input", `Names that begin with ${ownPrefix} are Portcullis's own.`) : undefined;
  };

  /** What it is now, for the way back; null where that cannot be read. */
  const earlierOf = async (store: SecretStore, entry: SecretEntry): Promise<EarlierSecret | null> => {
    const outcome = await store.get(entry.name);
    if (outcome.kind !== "found") return null;
    learn(outcome.value);
    return { entry, value: outcome.value };
  };
  const keep = (store: SecretStore, earlier: EarlierSecret | null): void => {
    if (earlier !== null) earlierSecrets.keep(store.kind, earlier);
  };

  /** After a change that failed: where it may have taken effect all the same, what it took is kept. */
  const keepIfLost = async (store: SecretStore, earlier: EarlierSecret | null, error: AppError): Promise<void> => {
    if (earlier === null) return;
    const left = error.code === "timed-out" ? null : await store.get(earlier.entry.name);
    if (left?.kind !== "found" || left.value !== earlier.value) keep(store, earlier);
  };
  /** Changes of one secret come one after the other: each must see what the one before it has left, for the way back. */
  const inTurn = async <T>(name: string, change: () => Promise<T>): Promise<T> => {
    const before = turns.get(name);
    const mine = (async () => {
      await before;
      return change();
    })();
    const settled = mine.then(
      () => undefined,
      () => undefined,
    );
    turns.set(name, settled);
    try {
      return await mine;
    } finally {
      if (turns.get(name) === settled) turns.delete(name);
    }
  };

  const put: Vault["put"] = async (name, value) => {
    const unfit = unfitValue(value);
    const trouble = nameTrouble(name) ?? (unfit === undefined ? undefined : fail("bad-input", unfit));
    if (trouble !== undefined) return trouble;
    const store = active();
    learn(value);
    changed();
    const entry = index.get(store.kind, name);
    const fresh = entry === undefined;
    const earlier = fresh ? null : await earlierOf(store, entry);
    // Listed first: what a kill leaves between the two is a name without a secret, which is seen, not a secret that nobody sees.
    const listed = fresh ? await index.stored(store.kind, name) : ok(undefined);
    const stored = listed.ok ? await store.put(name, value) : listed;
    if (!stored.ok) {
      if (listed.ok) noteOutcome(store.kind, stored.error.code === "vault-locked" ? "locked" : "timed-out");
      if (fresh && !(listed.ok && (await mayBeThere(store, name, stored.error)))) await index.removed(store.kind, name);
      await keepIfLost(store, earlier, stored.error);
      changed();
      return stored;
    }
    keep(store, earlier);
    const indexed = fresh ? listed : await index.stored(store.kind, name);
    noteOutcome(store.kind, "found");
    changed();
    return indexed;
  };

  const remove: Vault["delete"] = async (name) => {
    const trouble = nameTrouble(name);
    if (trouble !== undefined) return trouble;
    const store = active();
    const entry = index.get(store.kind, name);
    if (entry === undefined) return fail("not-found", `There is no secret ${name}.`);
    const earlier = await earlierOf(store, entry);
    const deleted = await store.delete(name);
    if (!deleted.ok) {
      await keepIfLost(store, earlier, deleted.error);
      return deleted;
    }
    keep(store, earlier);
    const removed = await index.removed(store.kind, name);
    changed();
    return removed;
  };

  const restore: Vault["restore"] = async (name) => {
    const store = active();
    const earlier = earlierSecrets.take(store.kind, name);
    if (earlier === null)
      return fail(
        "not-found",
        `There is no earlier value of ${name} any more.`,
        "It is kept for a minute after it was replaced or deleted.",
      );
    const stored = await put(name, earlier.value);
    if (!stored.ok) {
      keep(store, earlier);
      return stored;
    }
    const restored = await index.restored(store.kind, earlier.entry);
    changed();
    return restored;
  };

  return {
    status() {
      const store = deps.store();
      // Another one since somebody has changed the settings by hand: nobody has asked it how it is.
      if (store !== asked) void refresh();
      return statuses[store];
    },
    refresh,
    list: () => index.list(deps.store()),
    put: (name, value) => inTurn(name, () => put(name, value)),
    delete: (name) => inTurn(name, () => remove(name)),
    restore: (name) => inTurn(name, () => restore(name)),
    async get(name, by) {
      if (nameTrouble(name) !== undefined) return { kind: "missing" };
      const store = active();
      const outcome = await store.get(name);
      noteOutcome(store.kind, outcome.kind);
      if (outcome.kind === "found") {
        learn(outcome.value);
        if (by !== null) index.used(store.kind, name, by);
        changed();
      }
      return outcome;
    },
    knownValues: () => knownValues,
    onChange(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    async unlock(passphrase) {
      if (deps.store() === "keychain") {
        // The operating system asks for its own passphrase; ours would be of no use to it.
        const status = await keychain.unlock();
        note("keychain", status);
        return statusResult(status);
      }
      const unlocked = await fileVault.unlock(passphrase);
      await refresh();
      return unlocked;
    },
    async choose(store, passphrase) {
      if (store === "file") {
        if (passphrase === undefined) return fail("bad-input", "The encrypted file needs a passphrase.");
        const opened = (await fileVault.exists()) ? await fileVault.unlock(passphrase) : await fileVault.create(passphrase);
        if (!opened.ok) return opened;
      }
      const set = await deps.setStore(store);
      if (!set.ok) return set;
      if (store === "keychain") await fileVault.close();
      await refresh();
      changed();
      return ok(undefined);
    },
    fileExists: () => fileVault.exists(),
    async changePassphrase(current, next) {
      if (deps.store() !== "file") return fail("not-allowed", "The keychain's passphrase is the operating system's to change.");
      const sealed = await fileVault.changePassphrase(current, next);
      // One that was locked is open now.
      await refresh();
      return sealed;
    },
    wasUsed: () => deps.store() === "file" || index.sentinelKnown(),
    readPrivate: (name) => active().get(privateName(name)),
    writePrivate(name, value) {
      const unfit = unfitValue(value);
      if (unfit !== undefined) return Promise.resolve(fail("bad-input", unfit));
      return deps.store() === "file" ? fileVault.put(privateName(name), value) : keychain.putUnverified(privateName(name), value);
    },
    async close() {
      listeners.clear();
      await keychain.close();
      await fileVault.close();
      await index.close();
      earlierSecrets.clear();
      known.clear();
      knownValues = [];
    },
  };
}

const nameRule = "Letters, digits, dot, dash and underscore, and up to three slashes: github/GITHUB_TOKEN";

/** After a write that failed: nobody is certain when the time ran out, and another write may have worked meanwhile. */
async function mayBeThere(store: SecretStore, name: string, error: AppError): Promise<boolean> {
  return error.code === "timed-out" || (await store.get(name)).kind === "found";
}

function privateName(name: string): string {
  return `${ownPrefix}private.${name}`;
}

function statusResult(status: VaultStatus): Result<void> {
  switch (status.kind) {
    case "ready":
      return ok(undefined);
    case "locked":
      return fail("vault-locked", "The keychain is still locked.", "Unlock it in the operating system's keyring application.");
    case "unavailable":
      return fail("vault-unavailable", status.reason);
    default:
      return assertNever(status);
  }
}
