import { execFile } from "node:child_process";
import path from "node:path";
import { interpreterName } from "./program-folders.ts";

/**
 * Version managers (pyenv, mise, asdf, volta, nodenv) put shims on PATH: small programs that look up the real one in the home folder, which a
 * box does not show. The interpreter itself knows where it is, so it is asked, outside of the box and after the server was accepted, and with
 * nothing but its own code.
 */
export function isShim(program: string, real: string): boolean {
  return /[\\/](?:shims|\.volta[\\/]bin)[\\/]/u.test(program) || ["mise", "volta-shim", "asdf"].includes(path.basename(real));
}

/** Executable and installation folder of the Python at this path (which may be a shim), or null if it does not answer. */
export async function askPython(python: string): Promise<{ readonly executable: string; readonly installation: string } | null> {
  const [executable, installation] = await ask(python, ["-I", "-c", "import sys; print(sys.executable); print(sys.base_prefix)"]);
  return executable === undefined || installation === undefined ? null : { executable, installation };
}

/** The interpreter behind a shim, or null if this is none that can be asked. */
export async function behindShim(program: string): Promise<string | null> {
  switch (interpreterName(program)) {
    case "python":
      return (await askPython(program))?.executable ?? null;
    case "node":
      return (await ask(program, ["-p", "process.execPath"]))[0] ?? null;
    default:
      return null;
  }
}

function ask(program: string, args: readonly string[]): Promise<readonly string[]> {
  return new Promise((resolve) => {
    execFile(program, [...args], { timeout: 10_000, windowsHide: true }, (error, stdout) => {
      const lines = stdout
        .split("\n")
        .map((line) => line.trim())
        .filter((line) => path.isAbsolute(line));
      resolve(error === null ? lines : []);
    });
  });
}
