import { createHash } from "node:crypto";
import fs from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import { fail, ok } from "../../shared/errors.ts";
import type { Result } from "../../shared/errors.ts";
import { installedPackageSchema } from "../../shared/model/server.ts";
import type { InstalledPackage } from "../../shared/model/server.ts";

/**
 * A package in our own folder, and the note beside it that says what it was when it was installed. At each launch the lock file
 * and the package's own manifest are hashed again (well under a millisecond): an installation that was edited is not run.
 */
const noteSchema = installedPackageSchema.extend({
  /** SHA-256 (hex) of each file that is checked, by its path in the folder. */
  hashes: z.record(z.string(), z.string()),
});

const noteName = "portcullis-package.json";

export interface InstalledFolder {
  readonly folder: string;
  readonly package: InstalledPackage;
}

/** Writes the note of a finished installation. */
export async function writeNote(folder: string, installed: InstalledPackage, checked: readonly string[]): Promise<void> {
  const hashes: Record<string, string> = {};
  for (const file of checked) hashes[file] = await hashFile(path.join(folder, file));
  await fs.writeFile(path.join(folder, noteName), `${JSON.stringify({ ...installed, hashes }, null, 2)}\n`, { mode: 0o600 });
}

/** Reads an installation and checks it against its note. Null: there is none. A failure: there is one, and it is not as it was. */
export async function readInstalled(folder: string): Promise<Result<InstalledFolder> | null> {
  let text: string;
  try {
    text = await fs.readFile(path.join(folder, noteName), "utf8");
  } catch {
    return null;
  }
  const tampered = fail(
    "install-failed",
    `The installed package in ${folder} is not as it was installed.`,
    "If you changed it yourself, delete that folder: it is installed again at the next start.",
  );
  try {
    const { hashes, ...installed } = noteSchema.parse(JSON.parse(text));
    for (const [file, hash] of Object.entries(hashes)) if ((await hashFile(path.join(folder, file))) !== hash) return tampered;
    return ok({ folder, package: installed });
  } catch {
    return tampered;
  }
}

async function hashFile(file: string): Promise<string> {
  return createHash("sha256")
    .update(await fs.readFile(file))
    .digest("hex");
}

/** `@scope/name@1.2.3` below the ecosystem's folder. The version is what a registry said, so it is looked at here, before it becomes a path. */
export function packageFolder(packagesDir: string, ecosystem: "npm" | "pypi", name: string, version: string): string {
  if (!/^(?:@[\w~][\w.~-]*\/)?[\w~][\w.~-]*$/u.test(name) || !/^\d[\w.+!-]*$/u.test(version)) {
    throw new Error("not a package's name and version");
  }
  return path.join(packagesDir, ecosystem, `${name}@${version}`);
}
