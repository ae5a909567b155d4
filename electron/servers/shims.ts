import path from "node:path";
import { runProgram } from "../run-program.ts";
import { interpreterName } from "./program-folders.ts";

/**
 * Version managers (pyenv, mise, asdf, volta, nodenv) put shims on PATH: small programs that look up the real one in the home folder, which a
 * box does not show. The interpreter itself knows where it is, so it is asked, outside of the box. Therefore only a shim in a manager's own
 * folder is asked (any other program runs in the box), after its server was accepted, with nothing but its own code to run, in the home folder
 * (a project's folder may hold settings of a manager), and with none of our environment but what a manager needs (threats 5, 25).
 */
export interface Shims {
  /** Whether this (absolute, not resolved) path is that of a manager's shim. */
  isShim(program: string): boolean;
  /** The interpreter behind a shim, or null if this is none that can be asked. */
  behind(program: string): Promise<string | null>;
  /** Executable and installation folder of the Python at this path (which may be a shim), or null if it does not answer. */
  python(program: string): Promise<{ readonly executable: string; readonly installation: string } | null>;
}

/** Each manager's folder: where it is below the home folder, and the variable that moves it. */
const managers = [
  { variable: "PYENV_ROOT", root: ".pyenv", shims: "shims" },
  { variable: "NODENV_ROOT", root: ".nodenv", shims: "shims" },
  { variable: "RBENV_ROOT", root: ".rbenv", shims: "shims" },
  { variable: "ASDF_DATA_DIR", root: ".asdf", shims: "shims" },
  { variable: "MISE_DATA_DIR", root: path.join(".local", "share", "mise"), shims: "shims" },
  { variable: "VOLTA_HOME", root: ".volta", shims: "bin" },
] as const;

export interface ShimsDeps {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  /** PATH as a login shell has it: shims find their manager by it. */
  readonly searchPath: () => Promise<string>;
  /** What a shim needs in its environment to end with us. */
  readonly mark: () => Readonly<Record<string, string>>;
}

export function createShims(deps: ShimsDeps): Shims {
  const folders = new Set<string>();
  const passedOn: Record<string, string> = {};
  for (const { variable, root, shims } of managers) {
    folders.add(path.join(deps.home, root, shims));
    const moved = deps.env[variable];
    if (moved === undefined || !path.isAbsolute(moved)) continue;
    folders.add(path.join(moved, shims));
    passedOn[variable] = moved;
  }
  // Programs on Windows do not start without it.
  const systemRoot = deps.env["SystemRoot"];
  if (systemRoot !== undefined) passedOn["SystemRoot"] = systemRoot;

  async function ask(program: string, args: readonly string[]): Promise<readonly string[]> {
    const env = { ...passedOn, PATH: await deps.searchPath(), HOME: deps.home, ...deps.mark() };
    const { stdout, problem } = await runProgram(program, args, { env, cwd: deps.home, timeoutMs: 10_000, maxBytes: 1024 * 1024 });
    if (problem !== null) return [];
    return stdout
      .split("\n")
      .map((line) => line.trim())
      .filter((line) => path.isAbsolute(line));
  }

  async function python(program: string): ReturnType<Shims["python"]> {
    const [executable, installation] = await ask(program, ["-I", "-c", "import sys; print(sys.executable); print(sys.base_prefix)"]);
    return executable === undefined || installation === undefined ? null : { executable, installation };
  }

  return {
    isShim: (program) => folders.has(path.dirname(program)),
    async behind(program) {
      switch (interpreterName(program)) {
        case "python":
          return (await python(program))?.executable ?? null;
        case "node":
          return (await ask(program, ["-p", "process.execPath"]))[0] ?? null;
        default:
          return null;
      }
    },
    python,
  };
}
