import type { Result } from "../../shared/errors.ts";
import type { JournalDraft } from "../../shared/model/journal-entry.ts";
import type { MigrationStep } from "../../shared/model/migration.ts";
import type { ServerSettings } from "../../shared/model/server.ts";
import type { ClientDefinition, Machine } from "./clients/client-definition.ts";
import type { ScanOutcome } from "./scan.ts";

// What a migration needs of the rest of the house. The vault and the registry fit as they are.

/** Asking for a secret: as the vault answers. */
export type HeldSecret =
  | { readonly kind: "found"; readonly value: string }
  | { readonly kind: "missing" }
  | { readonly kind: "locked" }
  | { readonly kind: "unavailable"; readonly reason: string }
  | { readonly kind: "timed-out" };

export interface MigrationVault {
  list(): readonly { readonly name: string }[];
  /** `by` null: not noted as a use. */
  get(name: string, by: string | null): Promise<HeldSecret>;
  /** Read back from a fresh process before it succeeds; the redactor knows the value from then on. */
  put(name: string, value: string): Promise<Result<void>>;
  delete(name: string): Promise<Result<void>>;
  readPrivate(name: string): Promise<HeldSecret>;
  writePrivate(name: string, value: string): Promise<Result<void>>;
}

/** Our own servers. Without the app only `settings` and `remove` can do anything. */
export interface MigrationServers {
  /** As configured, with references in place of secrets. */
  settings(): Readonly<Record<string, ServerSettings>>;
  /** Why they cannot be read, for the person: then nothing is known of which server needs what. */
  problem(): string | null;
  /** Adds it as accepted: the person has seen the whole command in the plan. */
  add(name: string, settings: ServerSettings): Promise<Result<unknown>>;
  /** Starts it once, boxed, and lists its tools. */
  inspect(name: string): Promise<Result<unknown>>;
  remove(name: string): Promise<Result<unknown>>;
  /** Whether this program can be given secrets in its arguments without showing them to every other program. */
  lendsInArgs(settings: ServerSettings): Result<void>;
  /** The package that a command line runs, and the server's own arguments; null where it is no package. */
  packageOf(command: string, args: readonly string[]): { readonly name: string; readonly args: readonly string[] } | null;
  /** What in a command deserves a second look before it is accepted. */
  warnings(settings: ServerSettings): readonly string[];
}

export interface Launch {
  readonly command: string;
  readonly args: readonly string[];
}

export interface MigrationDeps {
  /** For reading migrated files again: what `scan` looks for. */
  readonly clients: readonly ClientDefinition[];
  readonly machine: Machine;
  readonly scan: (folders: readonly string[], onStep: (step: MigrationStep) => void) => Promise<ScanOutcome>;
  readonly vault: MigrationVault;
  readonly servers: MigrationServers;
  /** What a client's config launches for one of our servers. */
  readonly bridge: (server: string, client: string) => Launch;
  /** Before anything is changed; a journal that cannot be written refuses the change. */
  readonly record: (draft: JournalDraft) => Result<void>;
  /** Holds `migrations/`, `originals/` and the lock. */
  readonly dataDir: string;
  readonly now: () => number;
  readonly newId: () => string;
}
