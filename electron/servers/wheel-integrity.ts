import { createHash } from "node:crypto";
import fs from "node:fs/promises";
import path from "node:path";
import type { LockKind } from "./kept-locks.ts";

/** Where a Python package is in its environment. */
export interface InstalledWheel {
  /** Normalised: lower case, dashes. */
  readonly name: string;
  readonly version: string;
  /** Absolute: the environment's packages, and this package's own folder of facts in it. */
  readonly packages: string;
  readonly distInfo: string;
}

/** The installed package of this (normalised) name in an environment, or null. */
export async function findWheel(venv: string, name: string): Promise<InstalledWheel | null> {
  return (await findWheels(venv)).find((wheel) => wheel.name === name) ?? null;
}

async function findWheels(venv: string): Promise<readonly InstalledWheel[]> {
  const lib = path.join(venv, "lib");
  const found: InstalledWheel[] = [];
  for (const python of await fs.readdir(lib)) {
    const packages = path.join(lib, python, "site-packages");
    for (const entry of await fs.readdir(packages)) {
      const [, name, version] = /^(.+)-([^-]+)\.dist-info$/u.exec(entry) ?? [];
      if (name === undefined || version === undefined) continue;
      found.push({ name: name.toLowerCase().replaceAll(/[._-]+/gu, "-"), version, packages, distInfo: path.join(packages, entry) });
    }
  }
  return found;
}

/** Pins an installation's environment: a line for each package, `NAME==VERSION INTEGRITY`, sorted. */
export const wheelLock: LockKind = {
  async text(folder) {
    const lines: string[] = [];
    for (const wheel of await findWheels(path.join(folder, "venv")))
      lines.push(`${wheel.name}==${wheel.version} ${await wheelIntegrity(wheel)}\n`);
    return lines.toSorted().join("");
  },
  hash: (text) => createHash("sha256").update(text).digest("hex"),
};

/** The packages of such a text, as an installer takes them. */
export function lockedWheels(text: string): readonly string[] {
  return text.split("\n").flatMap((line) => (line === "" ? [] : [line.split(" ")[0] ?? ""]));
}

/** What an installer adds to a package's facts: differs from one uv to the next, and is none of the package's own. */
const addedFacts = new Set(["RECORD", "INSTALLER", "REQUESTED", "direct_url.json", "uv_cache.json", "uv_build.json"]);
/** What uv puts into every environment. */
const addedFiles = new Set(["_virtualenv.py", "_virtualenv.pth"]);

/**
 * `sha256-…` of what a package brought: path and bytes of each of its files. The wheel's own list (RECORD) says which are its, not what is in
 * them, which nobody checks while it is installed; and what no package's list names counts as this one's. Left out is what the installer made:
 * its facts, and the programs it writes for the package's entry points.
 */
export async function wheelIntegrity(wheel: InstalledWheel): Promise<string> {
  const { packages, distInfo } = wheel;
  const own = new Set<string>();
  const others = new Set<string>();
  for (const entry of await fs.readdir(packages)) {
    if (!entry.endsWith(".dist-info")) continue;
    const folder = path.join(packages, entry);
    const mine = folder === distInfo;
    for (const file of await recorded(folder)) (mine ? own : others).add(path.resolve(packages, file));
  }
  const found = (await fs.readdir(packages, { recursive: true, withFileTypes: true }))
    .filter((entry) => !entry.isDirectory())
    .map((entry) => path.join(entry.parentPath, entry.name));
  const made = new Set([
    ...[...addedFacts].map((name) => path.join(distInfo, name)),
    ...[...addedFiles].map((name) => path.join(packages, name)),
    ...(await entryPrograms(wheel)),
  ]);
  const counted = [...new Set([...own, ...found.filter((file) => !others.has(file) && !path.dirname(file).endsWith(".dist-info"))])]
    .filter((file) => !made.has(file) && !file.endsWith(".pyc"))
    .toSorted();
  const hash = createHash("sha256");
  for (const file of counted) hash.update(`${path.relative(packages, file)}\0${await fingerprint(file)}\n`);
  return `sha256-${hash.digest("base64")}`;
}

async function fingerprint(file: string): Promise<string> {
  // A file that its list names and that is not there is a fact, too.
  const bytes = await fs.readFile(file).catch(() => null);
  return bytes === null ? "absent" : createHash("sha256").update(bytes).digest("hex");
}

/** The paths of a RECORD: CSV, where only a path with a comma or a quote stands in quotes. */
async function recorded(distInfo: string): Promise<readonly string[]> {
  const text = await fs.readFile(path.join(distInfo, "RECORD"), "utf8").catch(() => "");
  return text.split(/\r?\n/u).flatMap((line) => {
    const quoted = /^"((?:[^"]|"")*)"/u.exec(line)?.[1]?.replaceAll('""', '"');
    const file = quoted ?? line.split(",")[0] ?? "";
    return file === "" ? [] : [file];
  });
}

/** The programs that an installer writes itself, one for each entry point. */
async function entryPrograms({ packages, distInfo }: InstalledWheel): Promise<readonly string[]> {
  const text = await fs.readFile(path.join(distInfo, "entry_points.txt"), "utf8").catch(() => "");
  const bin = path.resolve(packages, "..", "..", "..", "bin");
  let programs = false;
  return text.split(/\r?\n/u).flatMap((line) => {
    const section = /^\s*\[(.*)\]\s*$/u.exec(line)?.[1];
    if (section !== undefined) programs = section === "console_scripts" || section === "gui_scripts";
    const name = programs ? /^\s*([^=\s][^=]*?)\s*=/u.exec(line)?.[1] : undefined;
    return name === undefined ? [] : [path.join(bin, name)];
  });
}
