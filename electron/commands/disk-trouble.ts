import { accessSync, constants, statSync, statfsSync, type Stats } from "node:fs";
import path from "node:path";
import type { AppError } from "../../shared/errors.ts";
import { isWithin } from "../sandbox/places.ts";
import type { Paths } from "../settings/paths.ts";

/**
 * A disk that does not let us is no bug of ours: it is said in words, with the command that mends it. That command only ever names a
 * folder of ours, or one that stands in the way of it.
 */

const words: Readonly<Record<string, string>> = {
  EACCES: "permission was refused",
  EPERM: "permission was refused",
  ENOTDIR: "a file stands where a folder has to be",
  EEXIST: "a file stands where a folder has to be",
  EISDIR: "a folder stands where a file has to be",
  EROFS: "the disk may only be read",
  ENOSPC: "the disk is full",
  EDQUOT: "the disk quota is used up",
  ELOOP: "its links lead in a circle",
  ENAMETOOLONG: "its path is too long",
  EMFILE: "too many files are open",
  EIO: "the disk failed",
};

/** The error in words and what mends it, or null for what is no error of the file system about a path. */
export function diskTrouble(error: unknown, paths: Paths): AppError | null {
  if (!(error instanceof Error) || !("code" in error) || typeof error.code !== "string") return null;
  const why = words[error.code];
  if (why === undefined || !("path" in error) || typeof error.path !== "string") return null;
  const fix = fixFor(error.path, paths);
  return { code: "not-allowed", message: `${error.path} cannot be used: ${why}`, ...(fix === null ? {} : { hint: fix }) };
}

/** The first of our folders that cannot be used or made, or null. Makes none. */
export function folderTrouble(paths: Paths): AppError | null {
  for (const folder of [paths.config, paths.data, paths.logs, paths.run]) {
    const there = nearest(folder);
    if (there === null) continue;
    const code = !there.stats.isDirectory() ? "ENOTDIR" : mayUse(there.at, there.at === folder) ? null : "EACCES";
    if (code !== null) return diskTrouble(Object.assign(new Error(code), { code, path: folder }), paths);
  }
  return null;
}

/** File systems of the kernel (proc, sysfs): no folder can be made there, and Node tries for ever. */
const kernelFileSystems: ReadonlySet<number> = new Set([0x9fa0, 0x62656572]);

/** That one of our folders would have to be made where no folder can be, or null. */
export function impossibleFolder(paths: Paths): AppError | null {
  if (process.platform !== "linux") return null;
  for (const folder of [paths.config, paths.data, paths.logs, paths.run]) {
    const there = nearest(folder);
    if (there === null || !kernelFileSystems.has(statfsSync(there.at).type)) continue;
    return {
      code: "not-allowed",
      message: `${folder} cannot be used: ${there.at} belongs to the kernel, and no folder can be made in it`,
      hint: "Let PORTCULLIS_HOME name a folder on a disk.",
    };
  }
  return null;
}

function fixFor(file: string, paths: Paths): string | null {
  if (process.platform === "win32") return null;
  const ours = [paths.config, paths.data, paths.logs, paths.run].find((folder) => isWithin(file, folder));
  if (ours === undefined) return null;
  const there = nearest(file);
  if (there === null) return null;
  const { at, stats } = there;
  if (at !== file && !stats.isDirectory())
    return `Let PORTCULLIS_HOME name a folder, or move what stands there: mv ${quoted(at)} ${quoted(`${at}.old`)}`;
  if (!isWithin(at, ours)) return `sudo install -d -m 700 -o "$(id -un)" ${quoted(ours)}`;
  if (stats.uid !== process.getuid?.()) return `sudo chown -R "$(id -un)" ${quoted(ours)}`;
  return `chmod -R u+rwX ${quoted(ours)}`;
}

/** What is there of a path: itself, or the nearest above it that can be looked at. Links are followed. */
function nearest(file: string): { readonly at: string; readonly stats: Stats } | null {
  for (let at = file; ; at = path.dirname(at)) {
    try {
      return { at, stats: statSync(at) };
    } catch {
      if (at === path.dirname(at)) return null;
    }
  }
}

/** Ours has to be readable; one that ours is made in need not be. */
function mayUse(folder: string, ours: boolean): boolean {
  try {
    accessSync(folder, constants.W_OK | constants.X_OK | (ours ? constants.R_OK : 0));
    return true;
  } catch {
    return false;
  }
}

/** For a POSIX shell. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
