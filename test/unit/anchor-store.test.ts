import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { anchorStore } from "../../electron/anchor-store.ts";
import { NoAnchorStore } from "../../electron/journal/journal.ts";
import type { SecretOutcome } from "../../electron/vault/vault.ts";
import { ok } from "../../shared/errors.ts";
import type { VaultStatus } from "../../shared/model/secret-reference.ts";

function storeOf(status: VaultStatus, outcome: SecretOutcome, wasUsed = status.store === "file") {
  const vault = {
    status: () => status,
    wasUsed: () => wasUsed,
    readPrivate: () => Promise.resolve(outcome),
    writePrivate: () => Promise.resolve(ok(undefined)),
  };
  return anchorStore(vault, "/home/me/.local/share/portcullis/journal.db");
}

/** A vault with something in it. */
function vaultWith(kept: Map<string, string>, store: "keychain" | "file") {
  return {
    status: (): VaultStatus => ({ kind: "ready", store }),
    wasUsed: () => true,
    readPrivate: (name: string): Promise<SecretOutcome> => {
      const value = kept.get(name);
      return Promise.resolve(value === undefined ? { kind: "missing" } : { kind: "found", value });
    },
    writePrivate: (name: string, value: string) => {
      kept.set(name, value);
      return Promise.resolve(ok(undefined));
    },
  };
}

const notAsked: VaultStatus = { kind: "unavailable", store: "keychain", reason: "The keychain has not answered yet." };

describe("the store of the journal's anchor", () => {
  it("is called by its name once it has answered, also where nobody asked how it is", async () => {
    const store = storeOf(notAsked, { kind: "found", value: "{}" });
    expect(store.kind).toBe("none");
    expect(await store.read()).toBe("{}");
    expect(store.kind).toBe("keychain");
    const file = storeOf({ ...notAsked, store: "file" }, { kind: "missing" });
    expect(await file.read()).toBeNull();
    expect(file.kind).toBe("encrypted file");
  });

  it("is none where there is no keychain, and says why", async () => {
    const store = storeOf(notAsked, { kind: "unavailable", reason: "no session bus" });
    const reading = store.read();
    await expect(reading).rejects.toBeInstanceOf(NoAnchorStore);
    await expect(reading).rejects.toThrow("no session bus");
    expect(store.kind).toBe("none");
  });

  it("is there where a keychain that was used before is out of reach, as without a session bus", async () => {
    const store = storeOf(notAsked, { kind: "unavailable", reason: "no session bus" }, true);
    const reading = store.read();
    await expect(reading).rejects.toThrow("no session bus");
    await expect(reading).rejects.not.toBeInstanceOf(NoAnchorStore);
    expect(store.kind).toBe("keychain");
  });

  describe("in a keychain that several homes share", () => {
    let folder: string;
    beforeEach(() => {
      folder = fs.mkdtempSync(path.join(os.tmpdir(), "portcullis-anchor-"));
    });
    afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

    it("is of one home, not of another", async () => {
      const vault = vaultWith(new Map(), "keychain");
      await anchorStore(vault, "/one/journal.db").write("first");
      expect(await anchorStore(vault, "/one/journal.db").read()).toBe("first");
      expect(await anchorStore(vault, "/two/journal.db").read()).toBeNull();
    });

    it("checks a journal that was there before by the name that all had, until it has an anchor of its own; a new home never", async () => {
      const vault = vaultWith(new Map([["journal-anchor", "old"]]), "keychain");
      const file = path.join(folder, "journal.db");
      expect(await anchorStore(vault, file).read()).toBeNull();
      fs.writeFileSync(file, "");
      const store = anchorStore(vault, file);
      expect(await store.read()).toBe("old");
      await store.write("own");
      expect(await store.read()).toBe("own");
      // Once: another home's journal is not held against it.
      const other = path.join(folder, "other", "journal.db");
      fs.mkdirSync(path.dirname(other));
      fs.writeFileSync(other, "");
      expect(await anchorStore(vault, other).read()).toBeNull();
    });

    it("goes along with the encrypted file when the data folder is moved", async () => {
      const vault = vaultWith(new Map(), "file");
      await anchorStore(vault, "/one/journal.db").write("first");
      expect(await anchorStore(vault, "/two/journal.db").read()).toBe("first");
    });
  });

  it.each<readonly [VaultStatus["store"], SecretOutcome, string]>([
    ["keychain", { kind: "locked" }, "keychain"],
    ["keychain", { kind: "timed-out" }, "keychain"],
    ["file", { kind: "locked" }, "encrypted file"],
    ["file", { kind: "unavailable", reason: "it is damaged" }, "encrypted file"],
  ])("is there where it cannot be read: %s, %o", async (kind, outcome, name) => {
    const store = storeOf({ ...notAsked, store: kind }, outcome);
    const reading = store.read();
    await expect(reading).rejects.toThrow(/^it /);
    await expect(reading).rejects.not.toBeInstanceOf(NoAnchorStore);
    expect(store.kind).toBe(name);
  });
});
