import fs from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import { fail, ok } from "../../shared/errors.ts";
import type { Result } from "../../shared/errors.ts";
import { parseFirstLine } from "./program-folders.ts";

const manifestSchema = z.looseObject({ bin: z.union([z.string(), z.record(z.string(), z.string())]).optional() });

/** What of a package is run, and by whom. */
export interface PackageEntry {
  readonly file: string;
  /** `node`: by our Node; `self`: it is a program of its own; anything else: the interpreter its first line names. */
  readonly runner: string;
  /** What that line gives it before the file. */
  readonly runnerArgs: readonly string[];
}

/**
 * The executable of an installed npm package, chosen as npx does: the one asked for; the only one; the one named like the package.
 *
 * @param folder the installation's folder (the package is in its node_modules)
 * @returns `install-failed` in words when there is none or several
 */
export async function packageEntry(folder: string, name: string, bin: string | null): Promise<Result<PackageEntry>> {
  const root = path.join(folder, "node_modules", name);
  const manifest = await readManifest(path.join(root, "package.json"));
  if (manifest === null) return fail("install-failed", `The package.json of ${name} cannot be read.`);
  const chosen = chooseBin(manifest.bin, name, bin);
  if (!chosen.ok) return chosen;
  const file = await fs.realpath(path.join(root, chosen.value)).catch(() => null);
  if (file === null) return fail("install-failed", `${name} names ${chosen.value} as its program, but has no such file.`);
  if (!file.startsWith((await fs.realpath(root)) + path.sep)) return fail("install-failed", `${name} names a program outside of itself.`);
  const handle = await fs.open(file, "r");
  try {
    const head = Buffer.alloc(256);
    const { bytesRead } = await handle.read(head, 0, head.length, 0);
    return ok({ file, ...entryRunner(head.subarray(0, bytesRead), file) });
  } finally {
    await handle.close();
  }
}

/** The package's own words: whatever they are, they are no reason to throw. */
async function readManifest(file: string): Promise<z.infer<typeof manifestSchema> | null> {
  try {
    return manifestSchema.parse(JSON.parse(await fs.readFile(file, "utf8")));
  } catch {
    return null;
  }
}

/** Which of a manifest's executables is meant; its path in the package. */
export function chooseBin(bin: string | Readonly<Record<string, string>> | undefined, name: string, asked: string | null): Result<string> {
  const own = name.split("/").at(-1) ?? name;
  const bins = typeof bin === "string" ? { [own]: bin } : (bin ?? {});
  const names = Object.keys(bins);
  const pick = (key: string): Result<string> => ok(bins[key] ?? "");
  if (asked !== null) {
    if (Object.hasOwn(bins, asked)) return pick(asked);
    return fail("install-failed", `${name} has no executable named ${asked}; it has: ${names.join(", ") || "none"}.`);
  }
  const [first] = names;
  if (first === undefined) return fail("install-failed", `${name} is a library: it has no executable.`);
  if (new Set(Object.values(bins)).size === 1) return pick(first);
  if (Object.hasOwn(bins, own)) return pick(own);
  return fail("install-failed", `${name} has several executables (${names.join(", ")}).`, `Name the one: npx --package=${name} ${first}`);
}

/** Reads a program's first bytes: a `#!` line names who runs it; what has none is JavaScript by its name, else a program of its own. */
export function entryRunner(head: Uint8Array, file: string): Pick<PackageEntry, "runner" | "runnerArgs"> {
  const text = new TextDecoder("latin1").decode(head);
  const line = parseFirstLine(text);
  if (line !== null) return { runner: line.program.split("/").at(-1) ?? line.program, runnerArgs: line.args };
  const isScript = text.startsWith("#!") || /\.[cm]?js$/iu.test(file) || /^[\t\n\r -~]*$/u.test(text.slice(0, 64));
  return { runner: isScript ? "node" : "self", runnerArgs: [] };
}
