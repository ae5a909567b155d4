import { createHash } from "node:crypto";
import { constants } from "node:fs";
import fs from "node:fs/promises";
import path from "node:path";
import { fail, ok } from "../../shared/errors.ts";
import type { Result } from "../../shared/errors.ts";
import { diskError } from "./disk-error.ts";

/**
 * Another app's file, read and replaced (threat 27). Replacing writes beside it, syncs and renames, so that a reader or a crash sees
 * the old bytes or the new ones; it follows symlinks, keeps mode and owner, and does nothing if the bytes are not those that
 * were looked at. What cannot be replaced without losing something (a read-only file, a second hard link) is refused.
 */
export interface FileNow {
  /** Where its symlinks lead. */
  readonly target: string;
  readonly bytes: Uint8Array;
  readonly hash: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

const mostBytes = 64 << 20;

/** SHA-256, hex. */
export function hashOf(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** Fails with `not-found` where there is nothing. */
export async function readFileNow(file: string): Promise<Result<FileNow>> {
  try {
    const target = await fs.realpath(file);
    // Without O_NONBLOCK opening a pipe would wait for its other end.
    const handle = await fs.open(target, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    try {
      const stat = await handle.stat();
      if (!stat.isFile()) return fail("not-allowed", "It is not an ordinary file.", file);
      if (stat.size > mostBytes) return fail("too-large", "It is larger than 64 MiB.", file);
      const bytes = await handle.readFile();
      return ok({ target, bytes, hash: hashOf(bytes), mode: stat.mode & 0o7777, uid: stat.uid, gid: stat.gid });
    } finally {
      await handle.close();
    }
  } catch (error) {
    return diskError(error, "The file cannot be read", file);
  }
}

/** Why this file would not be replaced as it stands, without trying. */
export async function whyNotReplaced(target: string): Promise<Result<void>> {
  try {
    const stat = await fs.lstat(target);
    if (!stat.isFile()) return fail("not-allowed", "It is not an ordinary file.", target);
    if ((stat.mode & 0o222) === 0) return fail("not-allowed", "The file is read-only, so it is left as it is.", "Make it writable first.");
    if (stat.nlink > 1) {
      return fail(
        "not-allowed",
        "The file has a second name (a hard link), under which the old text would stay.",
        "Remove the other name, or make it a symlink.",
      );
    }
    return ok(undefined);
  } catch (error) {
    return diskError(error, "The file cannot be looked at", target);
  }
}

/** The name of the temporary file; always the same for one target and migration, so that a killed run's can be found and removed. */
export function temporaryName(target: string, migration: string): string {
  return path.join(path.dirname(target), `.${path.basename(target)}.portcullis-${migration}.tmp`);
}

/**
 * @param now the file as it was looked at; if its bytes are others by now, `cancelled` and nothing is done
 * @returns the new file's hash
 */
export async function replaceFile(now: Omit<FileNow, "bytes">, bytes: Uint8Array, migration: string): Promise<Result<string>> {
  const may = await whyNotReplaced(now.target);
  if (!may.ok) return may;
  const temporary = temporaryName(now.target, migration);
  try {
    await fs.rm(temporary, { force: true });
    // Nobody else may read it while it has not got its own mode.
    const handle = await fs.open(temporary, "wx", 0o600);
    try {
      await handle.writeFile(bytes);
      const made = await handle.stat();
      if (process.platform !== "win32") {
        if (made.uid !== now.uid || made.gid !== now.gid) await handle.chown(now.uid, now.gid);
        await handle.chmod(now.mode);
      }
      await handle.sync();
    } finally {
      await handle.close();
    }
    const still = await readFileNow(now.target);
    if (!still.ok || still.value.hash !== now.hash) {
      return fail("cancelled", "The file was changed by another program at this very moment.", "Try again.");
    }
    await fs.rename(temporary, now.target);
    // It is done: some file systems have no sync of a folder, and to say that it failed would have its secrets taken away.
    await syncFolder(path.dirname(now.target)).catch(() => undefined);
    return ok(hashOf(bytes));
  } catch (error) {
    return diskError(error, "The file cannot be written", now.target);
  } finally {
    await fs.rm(temporary, { force: true }).catch(() => undefined); // what is left is found by its name at the next start
  }
}

/** Takes away what a killed run left beside its target. */
export async function removeTemporary(target: string, migration: string): Promise<void> {
  await fs.rm(temporaryName(target, migration), { force: true }).catch(() => undefined);
}

async function syncFolder(folder: string): Promise<void> {
  if (process.platform === "win32") return;
  const handle = await fs.open(folder, "r").catch(() => null); // a folder that may be written but not read
  if (handle === null) return;
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
