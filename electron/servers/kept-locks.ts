import fs from "node:fs/promises";
import path from "node:path";
import { writeFileAtomic } from "../atomic-file.ts";

/** How the packages of an installation are pinned: an npm lock file, or a list of wheels. */
export interface LockKind {
  /** Of a finished installation. */
  text(folder: string): Promise<string>;
  /** SHA-256 (hex) over what in it says which bytes are installed. */
  hash(text: string): string;
}

/**
 * What pins the dependencies of each installed package, outside of its folder and by its hash: a package's own version says nothing of the
 * versions of what it depends on, so that an installation that was lost could come back with others than the accepted ones (threat 31).
 */
export async function keepLock(locksDir: string, lock: string, text: string): Promise<void> {
  await writeFileAtomic(fileOf(locksDir, lock), text);
}

/** Its text, or null: there is none, or it is not what its hash says. */
export async function keptLock(locksDir: string, lock: string | undefined, kind: LockKind): Promise<string | null> {
  if (lock === undefined) return null;
  try {
    const text = await fs.readFile(fileOf(locksDir, lock), "utf8");
    return kind.hash(text) === lock ? text : null;
  } catch {
    return null;
  }
}

/** Keeps what pins an installation that is there, if it is not kept yet. */
export async function keepLockOf(locksDir: string, folder: string, lock: string | undefined, kind: LockKind): Promise<void> {
  if (lock === undefined) return;
  const kept = await fs.access(fileOf(locksDir, lock)).then(
    () => true,
    () => false,
  );
  if (!kept) await keepLock(locksDir, lock, await kind.text(folder));
}

function fileOf(locksDir: string, lock: string): string {
  if (!/^[0-9a-f]{64}$/u.test(lock)) throw new Error("not a lock's hash");
  return path.join(locksDir, lock);
}
