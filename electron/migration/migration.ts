import type { Result } from "../../shared/errors.ts";
import type { Drift, Migration, MigrationStep, Plan, Scan, Selection } from "../../shared/model/migration.ts";

/**
 * Moving plaintext secrets out of other apps' configs. Nothing is written before `apply`; `apply` takes a plan by its id and works only
 * on the bytes the plan was made from. Whatever fails is rolled back file by file. One run at a time on this machine (lock file).
 */
export interface Migrations {
  /** Looks at every known client's files, executes and fetches nothing. `folders`: projects the person named. */
  scan(folders: readonly string[], onStep: (step: MigrationStep) => void): Promise<Result<Scan>>;
  /** From the files as they are now, at the places of the last scan; held in memory until applied, replaced, or an hour old. */
  plan(selection: Selection): Promise<Result<Plan>>;
  /**
   * Lock → re-read, compare → keep the original bytes, encrypted with a key in the vault → put the secrets, each read back from a fresh
   * process → add and accept the servers → start each once and list its tools → replace the files atomically, with the entries whose
   * server has proven to work. Every step is journaled. A file that could not be migrated says why in the result.
   */
  apply(planId: string, onStep: (step: MigrationStep) => void): Promise<Result<Migration>>;
  history(): readonly Migration[];
  /**
   * Restores the original bytes of every file (or one) if it has not changed since; otherwise takes out exactly our edit and puts the
   * secret back. Works without the app, too (`portcullis restore`).
   */
  undo(migrationId: string, file: string | undefined, onStep: (step: MigrationStep) => void): Promise<Result<Migration>>;
  /** What changed in migrated files since; kept up by a watcher while the app runs. */
  drift(): readonly Drift[];
  /** A plan that repairs one drift: shown as a diff, then applied like any other. */
  repair(driftId: string): Promise<Result<Plan>>;
  onChange(listener: () => void): () => void;
  close(): Promise<void>;
}
