import fs from "node:fs/promises";
import path from "node:path";
import { fail, ok } from "../../shared/errors.ts";
import type { Result } from "../../shared/errors.ts";

/** A command that was found. */
export interface ResolvedCommand {
  /** What to start: absolute. Not always the real file: version managers and Python environments go by the name they are called by. */
  readonly path: string;
  /** The real file behind it; what the person's acceptance is bound to. */
  readonly real: string;
  /** Arguments that come before the configured ones: the script of a Windows `.cmd` shim, which is run without cmd.exe. */
  readonly prefix: readonly string[];
}

export interface ResolveOptions {
  readonly platform: NodeJS.Platform;
  readonly home: string;
  /** For a command with a slash that is not absolute. */
  readonly cwd: string;
  /** Windows: the extensions that are tried. */
  readonly pathExt?: string | undefined;
}

async function realProgram(file: string, platform: NodeJS.Platform): Promise<string | undefined> {
  try {
    if (platform !== "win32") await fs.access(file, fs.constants.X_OK);
    const real = await fs.realpath(file);
    return (await fs.stat(real)).isFile() ? real : undefined;
  } catch {
    return undefined;
  }
}

/** The names that a command may have on Windows: with its extension, or with each of PATHEXT. Only kinds that can be run without cmd.exe. */
export function windowsNames(command: string, pathExt: string | undefined): readonly string[] {
  const runnable = (pathExt ?? ".COM;.EXE;.BAT;.CMD")
    .split(";")
    .map((extension) => extension.trim().toLowerCase())
    .filter((extension) => [".com", ".exe", ".cmd", ".bat"].includes(extension));
  return runnable.includes(path.win32.extname(command).toLowerCase()) ? [command] : runnable.map((extension) => `${command}${extension}`);
}

/**
 * The script behind a shim as npm, pnpm and yarn write them, relative to the shim's folder; undefined for every other batch file. A batch
 * file itself is never run: cmd.exe would read the arguments a second time, and a model's text could become a command (threat 6).
 */
export function readCmdShim(text: string): string | undefined {
  const matches = [...text.matchAll(/"%(?:~dp0|dp0%)\\?([^"%]+\.(?:js|cjs|mjs))"\s+%\*/gi)];
  const scripts = new Set(matches.map((match) => match[1]));
  const [script] = scripts;
  return scripts.size === 1 ? script : undefined;
}

async function resolveShim(file: string, folders: readonly string[]): Promise<Result<ResolvedCommand>> {
  const script = readCmdShim(await fs.readFile(file, "utf8"));
  if (script === undefined) {
    return fail("cannot-start", `“${file}” is a batch file, which Portcullis does not run.`, "Name the program or script that it starts.");
  }
  const folder = path.dirname(file);
  const real = await realProgram(path.resolve(folder, script.replaceAll("\\", path.sep)), "win32");
  if (real === undefined) return fail("cannot-start", `The script of “${file}” is missing.`, "Install it again.");
  for (const candidate of [folder, ...folders]) {
    const node = await realProgram(path.join(candidate, "node.exe"), "win32");
    if (node !== undefined) return ok({ path: node, real, prefix: [real] });
  }
  return fail("not-found", "Node is not installed on this machine.", "Install it from nodejs.org.");
}

/** Finds a command as a shell would, on this `searchPath`. Failures are `not-found` or `cannot-start`, in words. */
export async function resolveCommand(command: string, searchPath: string, options: ResolveOptions): Promise<Result<ResolvedCommand>> {
  const windows = options.platform === "win32";
  if (command === "" || command.includes("\0")) return fail("bad-input", "The command is empty or holds a NUL character.");
  const expanded = command.startsWith("~/") ? path.join(options.home, command.slice(2)) : command;
  const folders = searchPath.split(windows ? ";" : ":").filter((folder) => path.isAbsolute(folder));
  const named = path.isAbsolute(expanded) || expanded.includes("/") || (windows && expanded.includes("\\"));
  const bases = named ? [path.resolve(options.cwd, expanded)] : folders.map((folder) => path.join(folder, expanded));
  for (const base of bases) {
    for (const file of windows ? windowsNames(base, options.pathExt) : [base]) {
      const real = await realProgram(file, options.platform);
      if (real === undefined) continue;
      if (windows && /\.(cmd|bat)$/i.test(real)) return resolveShim(real, folders);
      return ok({ path: file, real, prefix: [] });
    }
  }
  if (named) return fail("not-found", `There is no program “${command}”.`, "Check the server's command.");
  return fail(
    "not-found",
    `“${command}” was not found in any folder of your PATH.`,
    `Install it, or name it with its whole path. Searched: ${searchPath}`,
  );
}
