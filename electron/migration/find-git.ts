import fs from "node:fs/promises";
import path from "node:path";
import type { Machine } from "./clients/client-definition.ts";
import { folderFromEnv, inHome, join, xdgConfig } from "./clients/places.ts";
import type { GitDeps } from "./git-standing.ts";

/**
 * The installed git, from absolute folders of PATH only: never one that lies in the current folder. On macOS `/usr/bin/git` may be the stand-in
 * that opens a dialog to install the developer tools, so the real one behind it is taken.
 */
export async function findGit(machine: Machine): Promise<GitDeps> {
  const ignore =
    folderFromEnv(machine, "XDG_CONFIG_HOME") === null ? inHome(machine, ".config", "git", "ignore") : xdgConfig(machine, "git", "ignore");
  const ignoreFile = (await machine.exists(ignore)) ? ignore : null;
  const name = machine.platform === "win32" ? "git.exe" : "git";
  const paths = machine.platform === "win32" ? path.win32 : path.posix;
  const searched = (machine.env["PATH"] ?? machine.env["Path"] ?? "").split(paths.delimiter).filter((folder) => paths.isAbsolute(folder));
  const candidates = searched
    .map((folder) => join(machine, folder, name))
    .filter((file) => machine.platform !== "darwin" || file !== "/usr/bin/git");
  if (machine.platform === "darwin") {
    candidates.push("/Library/Developer/CommandLineTools/usr/bin/git", "/Applications/Xcode.app/Contents/Developer/usr/bin/git");
  }
  for (const file of candidates) {
    if (await isProgram(file)) return { program: file, ignoreFile };
  }
  return { program: null, ignoreFile };
}

async function isProgram(file: string): Promise<boolean> {
  try {
    if (!(await fs.stat(file)).isFile()) return false;
    await fs.access(file, fs.constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
