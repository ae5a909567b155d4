import { assertNever, type AppError } from "../../shared/errors.ts";
import type { VaultStatus } from "../../shared/model/secret-reference.ts";
import type { KeychainFailure } from "./keychain-link.ts";
import type { SecretOutcome } from "./vault.ts";

/** What is wrong with the keychain, as far as it lets itself be told. */
export type KeychainTrouble = Extract<SecretOutcome, { kind: "locked" | "unavailable" | "timed-out" }>;

/** Sorts a failed step: what the operating systems say is matched loosely, and what matches nothing is `unavailable` in their words. */
export function troubleOf(failure: KeychainFailure, platform: NodeJS.Platform): KeychainTrouble {
  switch (failure.kind) {
    case "timed-out":
      return { kind: "timed-out" };
    case "gone":
      return { kind: "unavailable", reason: "The keychain's helper process ended unexpectedly." };
    case "error": {
      const words = failure.message.slice(0, 300);
      if (/locked|interaction is not allowed|dismissed|cancell?ed/i.test(words)) return { kind: "locked" };
      return { kind: "unavailable", reason: reasonOf(words, platform) };
    }
    default:
      return assertNever(failure);
  }
}

function reasonOf(words: string, platform: NodeJS.Platform): string {
  if (platform !== "linux") return `The keychain cannot be used: ${words}`;
  if (/autolaunch|Could not connect|dbus-launch|address is invalid/i.test(words)) return `${noBus} (${words})`;
  if (/not provided by any|ServiceUnknown|NameHasNoOwner|not activatable|StartServiceByName/i.test(words)) {
    return `No keyring answers on the D-Bus session. ${installKeyring} (${words})`;
  }
  if (/native addon|libsecret|shared object/i.test(words)) return "libsecret is missing. Install it: sudo apt install libsecret-1-0";
  return `The keychain cannot be used: ${words}`;
}

const installKeyring = "Install one and log in again: sudo apt install gnome-keyring, or KWallet with its Secret Service.";

export const noBus =
  "There is no D-Bus session here, so no keychain. Start Portcullis in a desktop session or below `dbus-run-session`, with gnome-keyring installed; or choose the encrypted file.";

/** In words, for whoever wanted to store, delete or read something. */
export function keychainError(trouble: KeychainTrouble, doing: string): AppError {
  switch (trouble.kind) {
    case "locked":
      return {
        code: "vault-locked",
        message: `The keychain is locked: ${doing} was not possible.`,
        hint: "Unlock it and try again. If it was reset since, store the secrets again.",
      };
    case "timed-out":
      return {
        code: "timed-out",
        message: `The keychain did not answer in time: ${doing} was given up, and it is not certain whether it took effect.`,
        hint: "If it shows an unlock prompt, answer it and try again.",
      };
    case "unavailable":
      return { code: "vault-unavailable", message: `${doing} was not possible. ${trouble.reason}`, hint: "portcullis doctor" };
    default:
      return assertNever(trouble);
  }
}

export function keychainStatus(trouble: KeychainTrouble): VaultStatus {
  switch (trouble.kind) {
    case "locked":
      return { kind: "locked", store: "keychain" };
    case "timed-out":
      return {
        kind: "unavailable",
        store: "keychain",
        reason: "The keychain did not answer in time. If it shows an unlock prompt, answer it.",
      };
    case "unavailable":
      return { kind: "unavailable", store: "keychain", reason: trouble.reason };
    default:
      return assertNever(trouble);
  }
}
