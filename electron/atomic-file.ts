import { randomBytes } from "node:crypto";
import { renameSync } from "node:fs";
import fs from "node:fs/promises";
import path from "node:path";

/** As many as Linux follows. */
const mostLinks = 40;

/**
 * Replaces a file so that a reader, a crash or a kill sees the old bytes or the new ones and nothing else: temporary file beside
 * it, fsync, rename, fsync of the folder. Missing folders are made with mode 0700. A symlink is followed to the file it stands for, also
 * where that is not there yet.
 *
 * @param data a text in pieces is asked for them one by one
 * @param mode of the new file; 0600 unless told otherwise
 * @throws the file system's error; the old file is then untouched and the temporary one removed. What fails after the rename is none:
 *   the new bytes are there.
 */
export async function writeFileAtomic(file: string, data: string | Uint8Array | Iterable<string>, mode = 0o600): Promise<void> {
  await replaceFileIf(file, data, mode, () => true);
}

/**
 * As `writeFileAtomic`, if `stillSo` says so when everything but the rename is done; nothing of this process runs between the two.
 *
 * @returns whether the file was replaced
 */
export async function replaceFileIf(
  file: string,
  data: string | Uint8Array | Iterable<string>,
  mode: number,
  stillSo: () => boolean,
): Promise<boolean> {
  await fs.mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
  const target = await standsFor(file);
  const temporary = path.join(path.dirname(target), `.${path.basename(target)}.${randomBytes(6).toString("hex")}.tmp`);
  try {
    const handle = await fs.open(temporary, "wx", mode);
    try {
      await handle.writeFile(data);
      await handle.sync();
    } finally {
      await handle.close();
    }
    if (!stillSo()) {
      await fs.rm(temporary, { force: true });
      return false;
    }
    renameSync(temporary, target);
  } catch (error) {
    await fs.rm(temporary, { force: true });
    throw error;
  }
  // The new file is there: some file systems have no sync of a folder, and to say that it failed would be false.
  await syncFolder(path.dirname(target)).catch(() => undefined);
  return true;
}

/** Where a file is that may be a link, and may not be there. */
async function standsFor(file: string): Promise<string> {
  let at = file;
  for (let links = 0; links < mostLinks; links++) {
    const real = await fs.realpath(at).catch(() => null);
    if (real !== null) return real;
    const leads = await fs.readlink(at).catch(() => null);
    if (leads === null) return at;
    // From the folder that the link really is in.
    at = path.resolve(await fs.realpath(path.dirname(at)), leads);
  }
  return at;
}

async function syncFolder(folder: string): Promise<void> {
  if (process.platform === "win32") return; // a folder cannot be opened there, and the rename is journaled by the file system
  const handle = await fs.open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
