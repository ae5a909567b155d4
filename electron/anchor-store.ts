import type { AnchorStore } from "./journal/journal.ts";
import type { Vault } from "./vault/vault.ts";

/** The journal's head, kept where the secrets are. */
export function anchorStore(vault: Pick<Vault, "status" | "readPrivate" | "writePrivate">): AnchorStore {
  const name = "journal-anchor";
  // Reading it is often the first thing that is asked of the store, before anybody asked how the store is.
  let answered = false;
  return {
    get kind() {
      const status = vault.status();
      return status.kind === "unavailable" && !answered ? "none" : status.store === "keychain" ? "keychain" : "encrypted file";
    },
    async read() {
      const outcome = await vault.readPrivate(name);
      answered = outcome.kind === "found" || outcome.kind === "missing";
      if (outcome.kind === "found") return outcome.value;
      if (outcome.kind === "missing") return null;
      throw new Error(`the vault is ${outcome.kind}`);
    },
    async write(text) {
      const written = await vault.writePrivate(name, text);
      if (!written.ok) throw new Error(written.error.message);
    },
  };
}
