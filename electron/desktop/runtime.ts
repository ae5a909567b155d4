import { randomBytes } from "node:crypto";
import { constants } from "node:fs";
import { chmod, copyFile, mkdir, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import path from "node:path";
import { fail, ok, type Result } from "../../shared/errors.ts";
import { writeFileAtomic } from "../atomic-file.ts";

/**
 * What a client's config launches must work on a machine without Node, with the app's runAsNode fuse off, and from a path that stays
 * the same while an AppImage is mounted somewhere else at each start. So a packaged app carries a Node binary and keeps a copy of it and
 * of the bridge in `<data>/bin`; there they are replaced, atomically, only when the app's own differ.
 */
export interface RuntimeSources {
  readonly node: string;
  readonly bridge: string;
}

export interface InstalledRuntime {
  readonly nodePath: string;
  readonly bridgePath: string;
}

const oldSuffix = ".old";

/**
 * Puts them there if they are not there as they are in the app, and says where they are.
 *
 * @param version of the app: another one replaces everything
 */
export async function installRuntime(
  sources: RuntimeSources,
  dataDir: string,
  version: string,
  platform: NodeJS.Platform,
): Promise<Result<InstalledRuntime>> {
  const folder = path.join(dataDir, "bin");
  const installed = {
    nodePath: path.join(folder, platform === "win32" ? "node.exe" : "node"),
    bridgePath: path.join(folder, "bridge.cjs"),
  };
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await removeLeftovers(folder);
    await installNode(sources.node, installed.nodePath, path.join(folder, "runtime.json"), version);
    await installText(sources.bridge, installed.bridgePath, 0o700);
    return ok(installed);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return fail(
      "internal",
      `The runtime could not be put into ${folder}: ${reason}`,
      "Check that the folder can be written and the disk is not full.",
    );
  }
}

/** A hundred megabytes are not read at each start: the copy is good while it and its source are as the stamp says. */
async function installNode(source: string, target: string, stampFile: string, version: string): Promise<void> {
  const from = await stat(source);
  const stamp = async (): Promise<string> => {
    const copy = await stat(target);
    return JSON.stringify({ version, source: [from.size, from.mtimeMs], copy: [copy.size, copy.mtimeMs] });
  };
  const known = await readFile(stampFile, "utf8").catch(() => "");
  if (known !== "" && known === (await stamp().catch(() => null))) return;
  const draft = `${target}.${randomBytes(6).toString("hex")}.new`;
  try {
    await copyFile(source, draft, constants.COPYFILE_FICLONE);
    await chmod(draft, 0o700);
    await replace(draft, target);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
  await writeFileAtomic(stampFile, await stamp());
}

async function installText(source: string, target: string, mode: number): Promise<void> {
  const wanted = await readFile(source);
  const present = await readFile(target).catch(() => null);
  if (present === null || !present.equals(wanted)) await writeFileAtomic(target, wanted, mode);
}

/** Windows does not replace a program that runs (a bridge of a client), but lets it be renamed. */
async function replace(draft: string, target: string): Promise<void> {
  try {
    await rename(draft, target);
  } catch {
    await rename(target, `${target}.${randomBytes(6).toString("hex")}${oldSuffix}`);
    await rename(draft, target);
  }
}

async function removeLeftovers(folder: string): Promise<void> {
  const names = await readdir(folder);
  const leftovers = names.filter((name) => name.endsWith(oldSuffix) || name.endsWith(".new"));
  // One that still runs cannot be removed on Windows; the next start tries again.
  await Promise.all(leftovers.map((name) => rm(path.join(folder, name), { force: true }).catch(() => undefined)));
}
