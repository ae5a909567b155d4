import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { ok } from "../../../shared/errors.ts";
import { createVault, type VaultDeps } from "../../../electron/vault/create-vault.ts";
import { keychainService } from "../../../electron/vault/keychain.ts";
import { resolveReferences } from "../../../electron/vault/resolve.ts";
import type { Vault } from "../../../electron/vault/vault.ts";
import { forkForTests } from "./fork-keychain.ts";
import { keyringMissing, memory, patientDeadlines, startPrivateKeyring, until, type PrivateKeyring } from "./private-keyring.ts";

const missing = keyringMissing();
if (missing !== null) console.warn(`skipped: the vault's tests with a keychain (${missing})`);

describe.skipIf(missing !== null)("the vault", () => {
  let keyring: PrivateKeyring;
  let folder: string;
  let store: "keychain" | "file";
  const open: Vault[] = [];

  const vault = async (extra: Partial<VaultDeps> = {}): Promise<Vault> => {
    const dataDir = path.join(folder, "data");
    const made = await createVault({
      dataDir,
      service: keychainService(dataDir, true),
      store: () => store,
      setStore: (next) => {
        store = next;
        return Promise.resolve(ok(undefined));
      },
      fork: forkForTests().fork,
      env: keyring.env,
      now: () => Date.now(),
      deadlines: patientDeadlines,
      ...extra,
    });
    open.push(made);
    return made;
  };

  beforeAll(async () => {
    keyring = await startPrivateKeyring();
  });
  afterAll(() => keyring.close());
  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(memory, "portcullis-vault-"));
    store = "keychain";
  });
  afterEach(async () => {
    for (const one of open.splice(0)) await one.close();
    fs.rmSync(folder, { recursive: true, force: true });
  });

  /** Also where the test fails: the next one would find it locked. */
  const restartAfterwards = (): void => onTestFinished(() => keyring.restart());

  it("puts, lists, lends and deletes, and knows every value for the redactor", async () => {
    const one = await vault();
    let changes = 0;
    const stop = one.onChange(() => changes++);
    expect(one.status()).toMatchObject({ kind: "unavailable" });
    expect(await one.refresh()).toEqual({ kind: "ready", store: "keychain" });
    expect((await one.put("github/TOKEN", "ghp_value_1")).ok).toBe(true);
    expect(one.list()).toMatchObject([{ name: "github/TOKEN", lastUsedBy: null }]);
    expect(await one.get("github/TOKEN", "github")).toEqual({ kind: "found", value: "ghp_value_1" });
    expect(one.list()).toMatchObject([{ name: "github/TOKEN", lastUsedBy: "github" }]);
    expect((await one.put("github/TOKEN", "ghp_value_2")).ok).toBe(true);
    expect(one.knownValues()).toEqual(["ghp_value_1", "ghp_value_2"]);
    expect(one.knownValues()).toBe(one.knownValues());
    expect(changes).toBeGreaterThanOrEqual(4);
    stop();
    expect((await one.restore("github/TOKEN")).ok).toBe(true);
    expect(await one.get("github/TOKEN", null)).toEqual({ kind: "found", value: "ghp_value_1" });
    expect((await one.delete("github/TOKEN")).ok).toBe(true);
    expect(await one.delete("github/TOKEN")).toMatchObject({ ok: false, error: { code: "not-found" } });
    expect(one.list()).toEqual([]);
  });

  it("is the same for the next process: index, secrets and the sentinel's note", async () => {
    restartAfterwards();
    const one = await vault();
    await one.put("kept", "kept-value");
    await one.get("kept", "some-server");
    await one.close();
    await keyring.lock();
    const locked = await vault();
    expect(locked.list()).toMatchObject([{ name: "kept", lastUsedBy: "some-server" }]);
    expect(locked.knownValues()).toEqual([]);
    expect(await locked.refresh()).toEqual({ kind: "locked", store: "keychain" });
    expect(await locked.get("kept", "s")).toEqual({ kind: "locked" });
    expect(await resolveReferences(["${keychain:kept}"], (name) => locked.get(name, "s"))).toMatchObject({
      ok: false,
      error: { code: "vault-locked" },
    });
    await keyring.restart();
    expect((await locked.unlock("not asked for")).ok).toBe(true);
    expect(await locked.get("kept", "s")).toEqual({ kind: "found", value: "kept-value" });
  });

  it("homes do not see each other's secrets", async () => {
    const [one, other] = [await vault(), await vault({ service: keychainService("/another/home", true) })];
    await one.put("mine", "mine-value");
    expect(await other.get("mine", "s")).toEqual({ kind: "missing" });
    expect(keychainService("/x", false)).toBe("Portcullis");
    expect(keychainService("/x", true)).toBe(`Portcullis ${createHash("sha256").update("/x").digest("hex").slice(0, 12)}`);
  });

  it("keeps values of its own out of the index and the redactor", async () => {
    const one = await vault();
    expect(await one.readPrivate("journal-anchor")).toEqual({ kind: "missing" });
    expect((await one.writePrivate("journal-anchor", '{"seq":12}')).ok).toBe(true);
    expect(await one.readPrivate("journal-anchor")).toEqual({ kind: "found", value: '{"seq":12}' });
    expect([one.list(), one.knownValues()]).toEqual([[], []]);
    for (const name of ["portcullis.probe", "portcullis.private.journal-anchor"]) {
      expect(await one.put(name, "value")).toMatchObject({ ok: false, error: { code: "bad-input" } });
      expect(await one.get(name, "s")).toEqual({ kind: "missing" });
    }
  });

  it("refuses names and values that cannot be", async () => {
    const one = await vault();
    for (const name of ["", "../x", "a b", "a#1", "x".repeat(200)]) {
      expect(await one.put(name, "value")).toMatchObject({ ok: false, error: { code: "bad-input" } });
    }
    expect(await one.put("x", "a\0b")).toMatchObject({ ok: false, error: { code: "bad-input" } });
    expect(one.list()).toEqual([]);
  });

  it("says how the store is when a call shows it", async () => {
    restartAfterwards();
    const one = await vault({ deadlines: { get: 4000 } });
    await one.put("kept", "kept-value");
    expect(one.status()).toEqual({ kind: "ready", store: "keychain" });
    await keyring.lock();
    expect(await one.get("kept", "s")).toEqual({ kind: "locked" });
    expect(one.status()).toEqual({ kind: "locked", store: "keychain" });
    await keyring.restart();
    await until("the secret", async () => (await one.get("kept", "s")).kind === "found");
    expect(one.status()).toEqual({ kind: "ready", store: "keychain" });
    keyring.signal("SIGSTOP");
    expect(await one.get("kept", "s")).toEqual({ kind: "timed-out" });
    await until("the status", () => Promise.resolve(one.status().kind === "unavailable"));
    keyring.signal("SIGCONT");
    await until("the secret again", async () => (await one.get("kept", "s")).kind === "found");
    expect(one.status()).toEqual({ kind: "ready", store: "keychain" });
  });

  it("finds a secret again whose index was lost", async () => {
    const one = await vault();
    await one.put("kept", "kept-value");
    await one.close();
    fs.writeFileSync(path.join(folder, "data", "secrets.json"), "damaged");
    const next = await vault();
    expect(next.list()).toEqual([]);
    expect(await next.get("kept", "s")).toEqual({ kind: "found", value: "kept-value" });
    expect(next.list().map(({ name }) => name)).toEqual(["kept"]);
  });

  it("the encrypted file is chosen explicitly, stays locked until its passphrase is given, and copies nothing", async () => {
    const one = await vault();
    await one.put("in-keychain", "keychain-value");
    expect(await one.choose("file", undefined)).toMatchObject({ ok: false, error: { code: "bad-input" } });
    expect(await one.choose("file", "short")).toMatchObject({ ok: false, error: { code: "bad-input" } });
    expect(store).toBe("keychain");
    expect(await one.fileExists()).toBe(false);
    expect((await one.choose("file", "correct horse")).ok).toBe(true);
    expect(await one.fileExists()).toBe(true);
    expect(one.status()).toEqual({ kind: "ready", store: "file" });
    expect(one.list()).toEqual([]);
    expect(await one.get("in-keychain", "s")).toEqual({ kind: "missing" });
    expect((await one.put("in-file", "file-value")).ok).toBe(true);
    await one.close();

    const next = await vault({ env: {} });
    expect(next.status()).toEqual({ kind: "locked", store: "file" });
    expect(await next.get("in-file", "s")).toEqual({ kind: "locked" });
    expect(await next.unlock("wrong horse")).toMatchObject({ ok: false, error: { code: "not-allowed" } });
    expect((await next.unlock("correct horse")).ok).toBe(true);
    expect(await next.get("in-file", "s")).toEqual({ kind: "found", value: "file-value" });
    expect((await next.changePassphrase("correct horse", "battery staple")).ok).toBe(true);
    expect((await next.writePrivate("journal-anchor", "1")).ok).toBe(true);
    await next.close();

    const locked = await vault({ env: {} });
    expect(locked.status()).toEqual({ kind: "locked", store: "file" });
    expect((await locked.changePassphrase("battery staple", "battery stapler")).ok).toBe(true);
    expect(locked.status()).toEqual({ kind: "ready", store: "file" });
    expect((await locked.changePassphrase("battery stapler", "battery staple")).ok).toBe(true);
    await locked.close();

    const third = await vault();
    expect((await third.choose("keychain", undefined)).ok).toBe(true);
    expect(third.list().map(({ name }) => name)).toEqual(["in-keychain"]);
    expect(await third.get("in-keychain", "s")).toEqual({ kind: "found", value: "keychain-value" });
    expect(await third.choose("file", "correct horse")).toMatchObject({ ok: false, error: { code: "not-allowed" } });
    expect(store).toBe("keychain");
  });

  it("without a keychain it stands, and says why it lends nothing", async () => {
    const one = await vault({ env: { PATH: "/usr/bin" }, platform: "linux" });
    expect(await one.refresh()).toMatchObject({ kind: "unavailable", store: "keychain" });
    const put = await one.put("x", "x-value");
    expect(put).toMatchObject({ ok: false, error: { code: "vault-unavailable" } });
    expect(JSON.stringify(put)).not.toContain("x-value");
    expect(await one.get("x", "s")).toMatchObject({ kind: "unavailable" });
    expect(await resolveReferences(["no reference"], (name) => one.get(name, "s"))).toEqual({ ok: true, value: ["no reference"] });
    expect(fs.existsSync(path.join(folder, "data", "secrets.vault"))).toBe(false);
  });
});
