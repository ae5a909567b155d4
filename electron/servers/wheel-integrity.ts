import { createHash } from "node:crypto";
import fs from "node:fs/promises";
import path from "node:path";
import { hashFile } from "./file-list.ts";
import type { LockKind } from "./kept-locks.ts";
import { pypiName } from "./recognise.ts";

/** Where a Python package is in its environment. */
interface InstalledWheel {
  /** Normalised: lower case, dashes. */
  readonly name: string;
  readonly version: string;
  /** Absolute: the environment's packages, and this package's own folder of facts in it. */
  readonly packages: string;
  readonly distInfo: string;
  /** Absolute: what its own list names, and what no package's list names. */
  readonly files: ReadonlySet<string>;
}

async function findWheels(venv: string): Promise<readonly InstalledWheel[]> {
  const lib = path.join(venv, "lib");
  const found: InstalledWheel[] = [];
  for (const python of await fs.readdir(lib)) found.push(...(await wheelsIn(path.join(lib, python, "site-packages"))));
  return found;
}

async function wheelsIn(packages: string): Promise<readonly InstalledWheel[]> {
  const entries = await fs.readdir(packages, { recursive: true, withFileTypes: true });
  const lists = new Map<string, readonly string[]>();
  for (const { name, parentPath } of entries) {
    if (parentPath !== packages || !name.endsWith(".dist-info")) continue;
    lists.set(
      name,
      (await recorded(packages, name)).map(({ file }) => file),
    );
  }
  const listed = new Set([...lists.values()].flat());
  const unlisted = entries
    .filter((entry) => !entry.isDirectory() && !(addedFacts.has(entry.name) && lists.has(path.relative(packages, entry.parentPath))))
    .map((entry) => path.join(entry.parentPath, entry.name))
    .filter((file) => !listed.has(file));
  return [...lists].flatMap(([entry, own]) => {
    const [, name, version] = /^(.+)-([^-]+)\.dist-info$/u.exec(entry) ?? [];
    if (name === undefined || version === undefined) return [];
    return [{ name: pypiName(name), version, packages, distInfo: path.join(packages, entry), files: new Set([...own, ...unlisted]) }];
  });
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

/** Version and integrity of the package of this (normalised) name in such a text, or null. */
export function pinnedWheel(text: string, name: string): { readonly version: string; readonly integrity: string } | null {
  const line = text.split("\n").find((each) => each.startsWith(`${name}==`));
  const [version, integrity] = line?.slice(`${name}==`.length).split(" ") ?? [];
  return version === undefined || integrity === undefined ? null : { version, integrity };
}

/** The packages of such a text, as an installer takes them. */
export function lockedWheels(text: string): readonly string[] {
  return text.split("\n").flatMap((line) => (line === "" ? [] : [line.split(" ")[0] ?? ""]));
}

/** What an installer adds to a package's facts: differs from one uv to the next, and is none of the package's own. */
const addedFacts = new Set(["RECORD", "INSTALLER", "REQUESTED", "direct_url.json", "uv_cache.json", "uv_build.json"]);
/** What uv puts into every environment; `installPypi` sees to it that no package replaces it. */
const addedFiles = new Set(["_virtualenv.py", "_virtualenv.pth"]);

/**
 * `sha256-…` of what a package brought: path and bytes of each of its files. The wheel's own list (RECORD) says which are its, not what is in
 * them, which nobody checks while it is installed; and what no package's list names counts as this one's. Left out is what the installer made:
 * its facts, and the programs it writes for the package's entry points.
 */
async function wheelIntegrity(wheel: InstalledWheel): Promise<string> {
  const { packages, distInfo, files } = wheel;
  const made = new Set([
    ...[...addedFacts].map((name) => path.join(distInfo, name)),
    ...[...addedFiles].map((name) => path.join(packages, name)),
    ...(await entryPrograms(wheel)),
  ]);
  const counted = [...files].filter((file) => !made.has(file)).toSorted();
  const hash = createHash("sha256");
  for (const file of counted) hash.update(`${path.relative(packages, file)}\0${await fingerprint(file)}\n`);
  return `sha256-${hash.digest("base64")}`;
}

function fingerprint(file: string): Promise<string> {
  // A file that its list names and that is not there is a fact, too.
  return hashFile(file).catch(() => "absent");
}

/** The lines of a RECORD, paths absolute: CSV, where only a path with a comma or a quote stands in quotes. */
async function recorded(packages: string, distInfo: string): Promise<readonly { readonly file: string; readonly hash: string }[]> {
  const text = await fs.readFile(path.join(packages, distInfo, "RECORD"), "utf8").catch(() => "");
  return text.split(/\r?\n/u).flatMap((line) => {
    const quoted = /^"((?:[^"]|"")*)"/u.exec(line)?.[1]?.replaceAll('""', '"');
    const file = quoted ?? line.split(",")[0] ?? "";
    return file === "" ? [] : [{ file: path.resolve(packages, file), hash: line.split(",").at(-2) ?? "" }];
  });
}

/**
 * The programs that an installer wrote itself, one for each entry point. A package can bring another file for the same place: then the list has
 * two lines for it, or the one that the installer added for its own does not fit.
 */
async function entryPrograms({ packages, distInfo }: InstalledWheel): Promise<readonly string[]> {
  const lines = await recorded(packages, distInfo);
  const own: string[] = [];
  for (const program of await entryPoints({ packages, distInfo })) {
    const [line, another] = lines.filter(({ file }) => file === program);
    if (line === undefined || another !== undefined || !line.hash.startsWith("sha256=")) continue;
    if (Buffer.from(line.hash.slice("sha256=".length), "base64url").toString("hex") === (await fingerprint(program))) own.push(program);
  }
  return own;
}

/** Where the programs of a package's entry points are. */
async function entryPoints({ packages, distInfo }: Pick<InstalledWheel, "packages" | "distInfo">): Promise<readonly string[]> {
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
