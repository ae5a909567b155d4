import type { AnchorStore } from "./journal/journal.ts";
import type { Vault } from "./vault/vault.ts";

/** The journal's head, kept where the secrets are. */
export function anchorStore(vault: Vault): AnchorStore {
  const name = "journal-anchor";
  return {
    get kind() {
      const status = vault.status();
      return status.kind === "unavailable" ? "none" : status.store === "keychain" ? "keychain" : "encrypted file";
    },
    async read() {
      const outcome = await vault.readPrivate(name);
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
