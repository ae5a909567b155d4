import { createHash } from "node:crypto";
import fs from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import { fail, ok } from "../../shared/errors.ts";
import type { Result } from "../../shared/errors.ts";
import { installedPackageSchema } from "../../shared/model/server.ts";
import type { InstalledPackage } from "../../shared/model/server.ts";
import { writeFileAtomic } from "../atomic-file.ts";
import { firstDifference, hashTimes, listFiles } from "./file-list.ts";
import type { FileList } from "./file-list.ts";
import type { LockKind } from "./kept-locks.ts";

/**
 * A package in our own folder, the note beside it that says what it was when it was installed, and the list of its files. At each start the
 * times of all of them are compared, and where these differ (also in a copied home folder) the bytes: an installation that was edited is
 * not run.
 */
const noteSchema = installedPackageSchema.extend({
  /** SHA-256 (hex) of the list of files, and of the times of what is in it. Absent in the notes of earlier versions. */
  files: z.object({ list: z.string(), times: z.string() }).optional(),
  /** Of earlier versions: SHA-256 of some files, by path. */
  hashes: z.record(z.string(), z.string()).optional(),
});
type Note = z.infer<typeof noteSchema>;

const listSchema = z.array(z.tuple([z.string(), z.string()]));

const noteName = "portcullis-package.json";
const listName = "portcullis-files.json";
/** Those two, and what they are while they are written. */
const ours = /^(?:portcullis-(?:package|files)\.json|\.portcullis-(?:package|files)\.json\.[0-9a-f]+\.tmp)$/u;

export interface InstalledFolder {
  readonly folder: string;
  readonly package: InstalledPackage;
}

/** Writes note and list of a finished installation. */
export async function writeNote(folder: string, installed: InstalledPackage): Promise<void> {
  const list = await listFiles(folder, ours);
  const text = `[\n${list.map((entry) => JSON.stringify(entry)).join(",\n")}\n]\n`;
  await writeFileAtomic(path.join(folder, listName), text);
  await replaceNote(folder, { ...installed, files: { list: sha256(text), times: await hashTimes(folder, list, ours) } });
}

function replaceNote(folder: string, note: Note): Promise<void> {
  return writeFileAtomic(path.join(folder, noteName), `${JSON.stringify(note, null, 2)}\n`);
}

/** What an installation's note says; its files are not looked at. Null: there is none. */
export async function readInstalled(folder: string): Promise<Result<InstalledFolder> | null> {
  const note = await readNote(folder);
  if (note === null) return null;
  return note === "broken" ? edited(folder, noteName) : ok({ folder, package: installedOf(note) });
}

/**
 * Reads an installation and checks it against its note and list. Null: there is none. A failure: there is one, and it is not as it was.
 *
 * @param kind what pins its dependencies, for one that was noted before that was part of the note
 */
export async function checkInstalled(folder: string, kind: LockKind): Promise<Result<InstalledFolder> | null> {
  const note = await readNote(folder);
  if (note === null) return null;
  if (note === "broken") return edited(folder, noteName);
  try {
    if (note.files === undefined) return await takeOver(folder, note, kind);
    const installed = installedOf(note);
    const text = await fs.readFile(path.join(folder, listName), "utf8");
    if (sha256(text) !== note.files.list) return edited(folder, listName);
    // Checked by its hash: what we wrote ourselves has the shape it should have.
    const list = JSON.parse(text) as FileList;
    const times = await hashTimes(folder, list, ours);
    if (times === note.files.times) return ok({ folder, package: installed });
    const difference = firstDifference(listSchema.parse(list), await listFiles(folder, ours));
    if (difference !== null) return edited(folder, difference);
    // The times from before the bytes were read: what is written to meanwhile is seen at the next start.
    await replaceNote(folder, { ...note, files: { ...note.files, times } });
    return ok({ folder, package: installed });
  } catch {
    return edited(folder, null);
  }
}

/** An installation of an earlier version: as far as that noted it, it is checked; from now on as a whole. */
async function takeOver(folder: string, note: Note, kind: LockKind): Promise<Result<InstalledFolder>> {
  for (const [file, hash] of Object.entries(note.hashes ?? {})) {
    if (sha256(await fs.readFile(path.join(folder, file))) !== hash) return edited(folder, file);
  }
  const installed = { ...installedOf(note), lock: kind.hash(await kind.text(folder)) };
  await writeNote(folder, installed);
  return ok({ folder, package: installed });
}

async function readNote(folder: string): Promise<Note | "broken" | null> {
  let text: string;
  try {
    text = await fs.readFile(path.join(folder, noteName), "utf8");
  } catch {
    return null;
  }
  try {
    return noteSchema.parse(JSON.parse(text));
  } catch {
    return "broken";
  }
}

function installedOf(note: Note): InstalledPackage {
  return installedPackageSchema.parse(note);
}

function edited(folder: string, part: string | null): Result<InstalledFolder> {
  return fail(
    "install-failed",
    `The installed package in ${folder} is not as it was installed${part === null ? "." : `: ${JSON.stringify(part)} differs.`}`,
    "If you changed it yourself, delete that folder: it is installed again at the next start.",
  );
}

function sha256(data: string | Uint8Array): string {
  return createHash("sha256").update(data).digest("hex");
}
/** What else decides what is installed under a name and a version, for Python: `uvx --python 3.12 NAME[EXTRA,…]`. */
export interface Variant {
  readonly extras: readonly string[];
  readonly python: string | null;
}

/**
 * `@scope/name@1.2.3` or `name[extra]@1.2.3~3.12` below the ecosystem's folder. The version is what a registry said, so it is looked at here,
 * before it becomes a path.
 */
export function packageFolder(
  packagesDir: string,
  ecosystem: "npm" | "pypi",
  name: string,
  version: string,
  { extras, python }: Variant = { extras: [], python: null },
): string {
  const wrong =
    !/^(?:@[\w~][\w.~-]*\/)?[\w~][\w.~-]*$/u.test(name) ||
    !/^\d[\w.+!-]*$/u.test(version) ||
    !extras.every((extra) => /^[\w.-]+$/u.test(extra)) ||
    !/^[\w.@]*$/u.test(python ?? "");
  if (wrong) throw new Error("not a package's name and version");
  // The same extras in another order or case are the same.
  const chosen = [...new Set(extras.map((extra) => extra.toLowerCase()))].toSorted().join(",");
  const folder = `${name}${chosen === "" ? "" : `[${chosen}]`}@${version}${python === null ? "" : `~${python}`}`;
  return path.join(packagesDir, ecosystem, folder);
}
