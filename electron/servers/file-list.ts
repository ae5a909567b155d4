import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { setImmediate as turn } from "node:timers/promises";

/**
 * What an installation consists of, by the path of each part below its folder: a file's SHA-256 (hex), a link's target (`link TARGET`), or
 * `folder`. Not in it are type declarations and source maps: nothing that runs reads them, and they are half of all files.
 */
export type FileList = readonly (readonly [part: string, is: string])[];

/** Files that are hashed at once; bytes that are, and files that are looked at, before others get a turn. */
const HASHED_AT_ONCE = 16;
const HASHED_IN_A_TURN = 256 * 1024;
const LOOKED_AT_IN_A_TURN = 256;

/** Lists a folder, sorted. `leftOut`: names at the top that are not listed. Rejects when there is anything but files, folders and links. */
export async function listFiles(folder: string, leftOut: RegExp): Promise<FileList> {
  const found = (await fs.promises.readdir(folder, { recursive: true, withFileTypes: true }))
    .map((entry) => ({ entry, part: path.relative(folder, path.join(entry.parentPath, entry.name)) }))
    .filter(({ entry, part }) => !leftOut.test(part) && !(entry.isFile() && /\.(?:d\.[cm]?ts|map)$/u.test(part)))
    .toSorted((a, b) => (a.part < b.part ? -1 : 1));
  const list: (readonly [string, string])[] = [];
  for (let at = 0; at < found.length; at += HASHED_AT_ONCE) {
    const some = found.slice(at, at + HASHED_AT_ONCE).map(async ({ entry, part }) => {
      const file = path.join(folder, part);
      if (entry.isDirectory()) return [part, "folder"] as const;
      if (entry.isSymbolicLink()) return [part, `link ${await fs.promises.readlink(file)}`] as const;
      if (!entry.isFile()) throw new Error(`${part} is no file`);
      return [part, await hashFile(file)] as const;
    });
    list.push(...(await Promise.all(some)));
  }
  return list;
}

/** SHA-256 (hex) of a file's bytes, piece by piece: how large a file is, is up to whoever made the package. */
export async function hashFile(file: string): Promise<string> {
  const hash = createHash("sha256");
  const handle = await fs.promises.open(file);
  try {
    const piece = Buffer.allocUnsafe(HASHED_IN_A_TURN);
    for (;;) {
      const { bytesRead } = await handle.read(piece, 0, piece.length);
      if (bytesRead === 0) return hash.digest("hex");
      hash.update(piece.subarray(0, bytesRead));
    }
  } finally {
    await handle.close();
  }
}

/** The first part that is not there any more or is something else now; null: there is none. */
export function firstLost(was: FileList, is: FileList): string | null {
  const now = new Map(is);
  return was.find(([part, what]) => now.get(part) !== what)?.[0] ?? null;
}

/** The first part that is in one list only or is something else in the other; null: they are the same. */
export function firstDifference(was: FileList, is: FileList): string | null {
  const lost = firstLost(was, is);
  if (lost !== null) return lost;
  const before = new Set(was.map(([part]) => part));
  return is.find(([part]) => !before.has(part))?.[0] ?? null;
}

/**
 * One hash over size, time of writing and time of change of all that is listed, and the names at the top: the same hash means the same list
 * and bytes, because a file that is written to gets another time of change, which cannot be set, and so does a folder in which anything is
 * made, renamed or removed. Reads no file.
 */
export async function hashTimes(folder: string, list: FileList, leftOut: RegExp): Promise<string> {
  const hash = createHash("sha256");
  let text = fs
    .readdirSync(folder)
    .filter((name) => !leftOut.test(name))
    .toSorted()
    .join("\0");
  // Synchronous and in turns: as promises the same calls take three times as long.
  for (const [at, [part]] of list.entries()) {
    const stat = fs.lstatSync(`${folder}${path.sep}${part}`, { bigint: true, throwIfNoEntry: false });
    text += stat === undefined ? `\n${part}` : `\n${part}\0${stat.mode}\0${stat.size}\0${stat.mtimeNs}\0${stat.ctimeNs}`;
    if (at % LOOKED_AT_IN_A_TURN !== LOOKED_AT_IN_A_TURN - 1) continue;
    hash.update(text);
    text = "";
    await turn();
  }
  return hash.update(text).digest("hex");
}
