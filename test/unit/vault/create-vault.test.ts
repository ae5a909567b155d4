import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createVault } from "../../../electron/vault/create-vault.ts";
import type { ForkHelper } from "../../../electron/helper-process.ts";
import { isKeychainRequest, type KeychainReply } from "../../../electron/vault/keychain-messages.ts";
import type { Vault } from "../../../electron/vault/vault.ts";
import { fail, ok } from "../../../shared/errors.ts";

describe("a secret and its name in the index", () => {
  let folder: string;
  let vault: Vault;

  const openVault = (): Promise<Vault> =>
    createVault({
      dataDir: folder,
      service: "not used",
      store: () => "file",
      setStore: () => Promise.resolve(ok(undefined)),
      fork: () => {
        throw new Error("no keychain here");
      },
      env: {},
      now: Date.now,
    });

  beforeEach(async () => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "portcullis-vault-"));
    vault = await openVault();
    await vault.choose("file", "correct horse");
  });
  afterEach(async () => {
    await vault.close();
    fs.rmSync(folder, { recursive: true, force: true });
  });

  const kept = (): string => fs.readFileSync(path.join(folder, "secrets.vault"), "utf8");

  it("is known, so that it is taken out of what leaves, from when it is told, lent or replaced on", async () => {
    await vault.put("a", "told-to-us");
    expect(vault.knownValues()).toEqual(["told-to-us"]);
    await vault.put("b", "of-before");
    await vault.close();
    expect(vault.knownValues()).toEqual([]);
    vault = await openVault();
    expect(vault.status()).toEqual({ kind: "locked", store: "file" });
    await vault.unlock("correct horse");
    expect(vault.knownValues()).toEqual([]);
    await vault.get("a", null);
    expect(vault.knownValues()).toEqual(["told-to-us"]);
    await vault.put("b", "of-now");
    expect([...vault.knownValues()].sort()).toEqual(["of-before", "of-now", "told-to-us"]);
  });

  it("is never one of Portcullis's own, nor one that could not be stored", async () => {
    const own = "portcullis.private.anchor";
    expect(await vault.writePrivate("anchor", "for-us-alone")).toMatchObject({ ok: true });
    expect(await vault.readPrivate("anchor")).toEqual({ kind: "found", value: "for-us-alone" });
    for (const name of [own, "../x", ""]) {
      expect(await vault.get(name, null)).toEqual({ kind: "missing" });
      expect(await vault.put(name, "value")).toMatchObject({ ok: false, error: { code: "bad-input" } });
      expect(await vault.delete(name)).toMatchObject({ ok: false, error: { code: "bad-input" } });
    }
    for (const unfit of ["", "\0"]) {
      expect(await vault.put("a", unfit)).toMatchObject({ ok: false, error: { code: "bad-input" } });
      expect(await vault.writePrivate("anchor", unfit)).toMatchObject({ ok: false, error: { code: "bad-input" } });
    }
    expect([vault.list(), vault.knownValues()]).toEqual([[], []]);
    expect(await vault.readPrivate("anchor")).toEqual({ kind: "found", value: "for-us-alone" });
  });

  it("has no way back any more once the vault is closed", async () => {
    await vault.put("github/TOKEN", "first");
    await vault.put("github/TOKEN", "second");
    await vault.close();
    expect(await vault.restore("github/TOKEN")).toMatchObject({ ok: false, error: { code: "not-found" } });
  });

  it("is put back within a minute after it was replaced or deleted, dates and all", async () => {
    const value = async (): Promise<unknown> => vault.get("github/TOKEN", null);
    expect(await vault.restore("github/TOKEN")).toMatchObject({ ok: false, error: { code: "not-found" } });
    await vault.put("github/TOKEN", "first");
    expect(await vault.restore("github/TOKEN")).toMatchObject({ ok: false, error: { code: "not-found" } });
    const listed = vault.list();
    await new Promise((resolve) => setTimeout(resolve, 5));
    await vault.put("github/TOKEN", "second");
    expect(vault.list()).not.toEqual(listed);
    expect(await vault.restore("github/TOKEN")).toEqual({ ok: true, value: undefined });
    expect([await value(), vault.list()]).toEqual([{ kind: "found", value: "first" }, listed]);
    // Which was a replacement, too.
    expect((await vault.restore("github/TOKEN")).ok).toBe(true);
    expect(await value()).toEqual({ kind: "found", value: "second" });
    await vault.delete("github/TOKEN");
    expect([await value(), vault.list()]).toEqual([{ kind: "missing" }, []]);
    expect((await vault.restore("github/TOKEN")).ok).toBe(true);
    expect(await value()).toEqual({ kind: "found", value: "second" });
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    try {
      await vault.delete("github/TOKEN");
      vi.advanceTimersByTime(60_000);
    } finally {
      vi.useRealTimers();
    }
    expect(await vault.restore("github/TOKEN")).toMatchObject({ ok: false, error: { code: "not-found" } });
    expect([await value(), vault.list()]).toEqual([{ kind: "missing" }, []]);
  });

  it("stays to be put back when that fails", async () => {
    const file = path.join(folder, "secrets.vault");
    await vault.put("github/TOKEN", "first");
    await vault.delete("github/TOKEN");
    fs.renameSync(file, `${file}.away`);
    expect((await vault.restore("github/TOKEN")).ok).toBe(false);
    fs.renameSync(`${file}.away`, file);
    expect((await vault.restore("github/TOKEN")).ok).toBe(true);
    expect(await vault.get("github/TOKEN", null)).toEqual({ kind: "found", value: "first" });
  });

  it("is not stored where it cannot be listed", async () => {
    // A store that is a file is one in use, whatever is in it.
    expect(vault.wasUsed()).toBe(true);
    const index = path.join(folder, "secrets.json");
    fs.mkdirSync(path.join(index, "x"), { recursive: true });
    expect(await vault.put("github/TOKEN", "value")).toMatchObject({ ok: false, error: { code: "vault-unavailable" } });
    expect(kept()).not.toContain("github/TOKEN");
    expect(vault.list()).toEqual([]);
    fs.rmSync(index, { recursive: true });
    expect((await vault.put("github/TOKEN", "value")).ok).toBe(true);
    expect(vault.list().map(({ name }) => name)).toEqual(["github/TOKEN"]);
  });

  it("is not listed where it could not be stored", async () => {
    const file = path.join(folder, "secrets.vault");
    fs.renameSync(file, `${file}.away`);
    expect((await vault.put("github/TOKEN", "value")).ok).toBe(false);
    expect(vault.list()).toEqual([]);
    expect(fs.readFileSync(path.join(folder, "secrets.json"), "utf8")).not.toContain("github/TOKEN");
    fs.renameSync(`${file}.away`, file);
    expect((await vault.put("github/TOKEN", "value")).ok).toBe(true);
    // One that is there stays listed when its next value could not be stored.
    fs.renameSync(file, `${file}.away`);
    expect((await vault.put("github/TOKEN", "other")).ok).toBe(false);
    expect(vault.list().map(({ name }) => name)).toEqual(["github/TOKEN"]);
    fs.renameSync(`${file}.away`, file);
    expect((await vault.delete("github/TOKEN")).ok).toBe(true);
    expect(kept()).not.toContain("github/TOKEN");
  });
});

describe("a keychain whose helper does its work and does not say so", () => {
  let folder: string;
  let vault: Vault;
  let store: "keychain" | "file";
  let canSet: boolean;
  let items: Map<string, string>;
  /** What becomes of the helper once it has changed something; once. */
  let afterwards: "lost" | "hangs" | undefined;

  const fork: ForkHelper = () => {
    let tell: (reply: KeychainReply) => void = () => undefined;
    let exited: () => void = () => undefined;
    let ended = false;
    const end = (): void => {
      if (ended) return;
      ended = true;
      exited();
    };
    return {
      pid: undefined,
      onMessage: (listener) => void (tell = listener),
      onExit: (listener) => void (exited = () => listener(null)),
      kill: end,
      send(message) {
        if (!isKeychainRequest(message)) return;
        const { id, account } = message;
        setImmediate(() => {
          if (ended) return;
          if (message.op === "get") return tell({ id, kind: "value", value: items.get(account) ?? null });
          const there = message.op === "delete" ? items.delete(account) : items.set(account, message.value).has(account);
          const then = afterwards;
          afterwards = undefined;
          if (then === "lost") return end();
          if (then === undefined) tell({ id, kind: "done", done: there });
        });
      },
    };
  };
  const value = (): Promise<unknown> => vault.get("github/TOKEN", null);

  beforeEach(async () => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "portcullis-vault-"));
    store = "keychain";
    canSet = true;
    items = new Map();
    afterwards = undefined;
    vault = await createVault({
      dataDir: folder,
      service: "ours",
      store: () => store,
      setStore: (next) => {
        if (!canSet) return Promise.resolve(fail("settings-broken", "no"));
        store = next;
        return Promise.resolve(ok(undefined));
      },
      fork,
      env: { DBUS_SESSION_BUS_ADDRESS: "not used" },
      now: Date.now,
      deadlines: { get: 500, put: 500 },
    });
  });
  afterEach(async () => {
    await vault.close();
    fs.rmSync(folder, { recursive: true, force: true });
  });

  it("has deleted what it was told to delete, all of a long one, too, and it can be put back", async () => {
    for (const secret of ["short", "long".repeat(1000)]) {
      await vault.put("github/TOKEN", secret);
      afterwards = "lost";
      expect(await vault.delete("github/TOKEN")).toEqual({ ok: true, value: undefined });
      expect([await value(), vault.list(), [...items.keys()].filter((name) => name.startsWith("github"))]).toEqual([
        { kind: "missing" },
        [],
        [],
      ]);
      expect((await vault.restore("github/TOKEN")).ok).toBe(true);
      expect(await value()).toEqual({ kind: "found", value: secret });
    }
  });

  it("in time: what may be deleted can be put back", async () => {
    await vault.put("github/TOKEN", "first");
    afterwards = "hangs";
    expect(await vault.delete("github/TOKEN")).toMatchObject({ ok: false, error: { code: "timed-out" } });
    expect(await value()).toEqual({ kind: "missing" });
    expect((await vault.restore("github/TOKEN")).ok).toBe(true);
    expect(await value()).toEqual({ kind: "found", value: "first" });
  });

  it("in time: what may be stored is listed", async () => {
    await vault.put("another", "value");
    afterwards = "hangs";
    expect(await vault.put("github/TOKEN", "first")).toMatchObject({ ok: false, error: { code: "timed-out" } });
    expect(vault.list().map(({ name }) => name)).toContain("github/TOKEN");
    expect(await value()).toEqual({ kind: "found", value: "first" });
  });

  it("in time: what may be replaced can be put back", async () => {
    await vault.put("github/TOKEN", "first");
    afterwards = "hangs";
    expect(await vault.put("github/TOKEN", "second")).toMatchObject({ ok: false, error: { code: "timed-out" } });
    expect(await value()).toEqual({ kind: "found", value: "second" });
    expect((await vault.restore("github/TOKEN")).ok).toBe(true);
    expect(await value()).toEqual({ kind: "found", value: "first" });
  });

  it("is told apart from one that did nothing: the way back stays that of the change before", async () => {
    await vault.put("github/TOKEN", "first");
    await vault.put("github/TOKEN", "second");
    vi.spyOn(items, "set").mockReturnValueOnce(items);
    expect((await vault.put("github/TOKEN", "third")).ok).toBe(false);
    expect(await value()).toEqual({ kind: "found", value: "second" });
    expect((await vault.restore("github/TOKEN")).ok).toBe(true);
    expect(await value()).toEqual({ kind: "found", value: "first" });
  });

  it("changes that come together: the last one's way back leads to the one before it", async () => {
    await vault.put("github/TOKEN", "first");
    await Promise.all([vault.put("github/TOKEN", "second"), vault.put("github/TOKEN", "third")]);
    expect((await vault.restore("github/TOKEN")).ok).toBe(true);
    expect(await value()).toEqual({ kind: "found", value: "second" });
  });

  it("was used once it holds something, and its passphrase is not ours to change", async () => {
    expect(vault.wasUsed()).toBe(false);
    expect(await vault.changePassphrase("a", "b")).toMatchObject({ ok: false, error: { code: "not-allowed" } });
    await vault.put("github/TOKEN", "first");
    expect(vault.wasUsed()).toBe(true);
  });

  it("stays the store in use where another one cannot be opened or set", async () => {
    expect(await vault.choose("file", undefined)).toMatchObject({ ok: false, error: { code: "bad-input" } });
    canSet = false;
    expect(await vault.choose("file", "correct horse")).toMatchObject({ ok: false, error: { code: "settings-broken" } });
    canSet = true;
    expect((await vault.choose("file", "wrong horse")).ok).toBe(false);
    expect(store).toBe("keychain");
  });

  it("another store in the settings, changed by hand: it is asked how it is, and can be unlocked", async () => {
    await vault.choose("file", "correct horse");
    await vault.choose("keychain", undefined);
    // What was open is not any more.
    store = "file";
    expect(await value()).toEqual({ kind: "locked" });
    store = "keychain";
    await vault.close();
    vault = await createVault({
      dataDir: folder,
      service: "ours",
      store: () => store,
      setStore: () => Promise.resolve(ok(undefined)),
      fork,
      env: {},
      now: Date.now,
    });
    await vault.refresh();
    store = "file";
    const changed = new Promise<void>((resolve) => vault.onChange(resolve));
    vault.status();
    await changed;
    expect(vault.status()).toEqual({ kind: "locked", store: "file" });
  });
});
