import fs from "node:fs";
import Database from "libsql";

// A lock that is the operating system's own, on a file that SQLite holds exclusively: it ends with its process, however that ends, so
// there is no stale lock to judge and none to steal.

export type Hold =
  | { readonly kind: "held"; release(): void }
  /** Somebody else has it, in this process or in another. */
  | { readonly kind: "taken" }
  | { readonly kind: "failed"; readonly reason: string };

/** Takes `file` for this process until `release`; its folder exists. Does not wait. The file is made with mode 0600, stays, and says nothing. */
export function holdFile(file: string): Hold {
  let database: Database.Database | undefined;
  try {
    createFile(file);
    const opened = new Database(file, { timeout: 0 });
    database = opened;
    // No journal file beside it: nothing is ever written.
    opened.exec("PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE");
    return { kind: "held", release: () => void opened.close() };
  } catch (error) {
    database?.close();
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    const message = error instanceof Error ? error.message : "";
    if (/BUSY|LOCKED/.test(`${code} ${message}`.toUpperCase())) return { kind: "taken" };
    return { kind: "failed", reason: code === "" ? message || "unknown reason" : code };
  }
}

/** One that is there is not opened: closing it again would end the lock that this process may have on it (POSIX). */
function createFile(file: string): void {
  try {
    fs.closeSync(fs.openSync(file, "wx", 0o600));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
}
