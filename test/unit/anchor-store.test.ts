import { describe, expect, it } from "vitest";
import { anchorStore } from "../../electron/anchor-store.ts";
import type { SecretOutcome } from "../../electron/vault/vault.ts";
import { ok } from "../../shared/errors.ts";
import type { VaultStatus } from "../../shared/model/secret-reference.ts";

function storeOf(status: VaultStatus, outcome: SecretOutcome) {
  return anchorStore({
    status: () => status,
    readPrivate: () => Promise.resolve(outcome),
    writePrivate: () => Promise.resolve(ok(undefined)),
  });
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

  it("is none while it cannot be asked, and says why", async () => {
    const store = storeOf(notAsked, { kind: "timed-out" });
    await expect(store.read()).rejects.toThrow("timed-out");
    expect(store.kind).toBe("none");
  });
});
