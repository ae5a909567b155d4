import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import path from "node:path";
import { assertNever } from "../shared/errors.ts";
import type { AnchorStore } from "./journal/journal.ts";
import { NoAnchorStore } from "./journal/journal.ts";
import type { Vault } from "./vault/vault.ts";

const sharedName = "journal-anchor";
/** In the place of the shared anchor once a home has taken it over. */
const takenOver = "taken over";

/**
 * The head of the journal in `file`, kept where the secrets are. Homes of one person share a keychain, so there each data folder has an
 * anchor of its own. One under the name that all of them had before is taken over, once, by a journal that is there already and has none
 * of its own yet; a home that begins has nothing to be checked against. The encrypted file stands in the data folder and belongs to it.
 */
export function anchorStore(vault: Pick<Vault, "status" | "readPrivate" | "writePrivate" | "wasUsed">, file: string): AnchorStore {
  const ownName = `${sharedName}.${createHash("sha256").update(path.dirname(file)).digest("hex").slice(0, 12)}`;
  const name = (): string => (vault.status().store === "file" ? sharedName : ownName);
  const begun = existsSync(file);
  // Reading it is often the first thing that is asked of the store, before anybody asked how the store is.
  let isThere = false;
  let shared = false;
  return {
    get kind() {
      const status = vault.status();
      return status.kind === "unavailable" && !isThere ? "none" : status.store === "keychain" ? "keychain" : "encrypted file";
    },
    async read() {
      const asked = name();
      let outcome = await vault.readPrivate(asked);
      if (outcome.kind === "missing" && asked !== sharedName && begun) {
        outcome = await vault.readPrivate(sharedName);
        if (outcome.kind === "found" && outcome.value === takenOver) outcome = { kind: "missing" };
        shared = outcome.kind === "found";
      }
      // A locked or silent store is there, and may hold a head; so may one that is out of reach now (no session bus) and was not before.
      isThere = outcome.kind !== "unavailable" || vault.wasUsed();
      switch (outcome.kind) {
        case "found":
          return outcome.value;
        case "missing":
          return null;
        case "locked":
          throw new Error("it is locked");
        case "timed-out":
          throw new Error("it did not answer in time");
        case "unavailable":
          throw isThere ? new Error(outcome.reason) : new NoAnchorStore(outcome.reason);
        default:
          return assertNever(outcome);
      }
    },
    async write(text) {
      const written = await vault.writePrivate(name(), text);
      if (!written.ok) throw new Error(written.error.message);
      if (!shared) return;
      shared = false;
      await vault.writePrivate(sharedName, takenOver);
    },
  };
}
