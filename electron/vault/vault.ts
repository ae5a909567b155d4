import type { Result } from "../../shared/errors.ts";
import type { VaultStatus } from "../../shared/model/secret-reference.ts";

/** The five outcomes of asking for a secret. Never null, never an empty string in place of a value. */
export type SecretOutcome =
  | { readonly kind: "found"; readonly value: string }
  | { readonly kind: "missing" }
  | { readonly kind: "locked" }
  | { readonly kind: "unavailable"; readonly reason: string }
  | { readonly kind: "timed-out" };

/** A place that keeps secrets: the OS keychain behind its helper process, or the encrypted file. Every call has a deadline. */
export interface SecretStore {
  readonly kind: "keychain" | "file";
  status(): Promise<VaultStatus>;
  get(name: string): Promise<SecretOutcome>;
  put(name: string, value: string): Promise<Result<void>>;
  delete(name: string): Promise<Result<void>>;
  close(): Promise<void>;
}

/** What the index knows of a secret: everything but its value. */
export interface SecretEntry {
  readonly name: string;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly lastUsedAt: number | null;
  readonly lastUsedBy: string | null;
}

/** Lends secrets. The index of names is our own file: a store is never enumerated. */
export interface Vault {
  /** As last seen; asking the store is `refresh`. */
  status(): VaultStatus;
  refresh(): Promise<VaultStatus>;
  list(): readonly SecretEntry[];
  /** Written, then read back from a fresh helper process before this succeeds. */
  put(name: string, value: string): Promise<Result<void>>;
  delete(name: string): Promise<Result<void>>;
  /** Puts back what `put` replaced or `delete` took within the last minute, with its dates; `not-found` afterwards. */
  restore(name: string): Promise<Result<void>>;
  /** `by` is the server it is lent to; remembered as last use (null: it is lent to nobody). A name in the index that the store does not have is `locked` or lost, never "no secret". */
  get(name: string, by: string | null): Promise<SecretOutcome>;
  /** Every value that passed through this process, for the redactor; never published. The same array until there is another value. */
  knownValues(): readonly string[];
  /** Called after knownValues, the index or the status changed. Returns the unsubscribe. */
  onChange(listener: () => void): () => void;
  /** The encrypted file takes the passphrase; a keychain does not, it is asked with a longer deadline so that its own prompt can be answered. */
  unlock(passphrase: string): Promise<Result<void>>;
  /** Whether there is an encrypted file, which one that cannot be read is too. */
  fileExists(): Promise<boolean>;
  /** Of the encrypted file; `not-allowed` for a wrong one. */
  changePassphrase(current: string, next: string): Promise<Result<void>>;
  /** Nothing is copied from one store to the other. A new encrypted file is made; one that is there is unlocked. */
  choose(store: "keychain" | "file", passphrase: string | undefined): Promise<Result<void>>;
  /** Small values of our own (the journal's anchor): not in the index, not shown. */
  readPrivate(name: string): Promise<SecretOutcome>;
  writePrivate(name: string, value: string): Promise<Result<void>>;
  /** Whether the store that is chosen ever held something of this home: where it cannot be asked now, that may still be there. */
  wasUsed(): boolean;
  close(): Promise<void>;
}
