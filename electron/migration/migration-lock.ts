import fs from "node:fs";
import path from "node:path";
import Database from "libsql";
import { fail, ok } from "../../shared/errors.ts";
import type { Result } from "../../shared/errors.ts";

/**
 * One run at a time over all processes on this home. The lock is the operating system's own, on a file that SQLite holds exclusively:
 * it ends with its process, however that ends, so there is no stale lock to judge and none to steal.
 */
export interface MigrationLock {
  release(): void;
}

/** Fails at once with `too-many` while another run holds it. The file stays; it says nothing. */
export function takeMigrationLock(dataDir: string): Result<MigrationLock> {
  const file = path.join(dataDir, "migration.lock");
  let database: Database.Database | undefined;
  try {
    fs.mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    fs.closeSync(fs.openSync(file, "a", 0o600));
    const opened = new Database(file, { timeout: 0 });
    database = opened;
    // No journal file beside it: nothing is ever written.
    opened.exec("PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE");
    return ok({ release: () => void opened.close() });
  } catch (error) {
    database?.close();
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    if (/BUSY|LOCKED/.test(`${code} ${error instanceof Error ? error.message : ""}`.toUpperCase())) {
      return fail("too-many", "Another migration is running on this machine.", "Wait until it is done, then try again.");
    }
    return fail("internal", `The lock for migrations cannot be taken (${code || "unknown reason"}).`, file);
  }
}
