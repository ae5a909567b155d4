import fs from "node:fs/promises";
import path from "node:path";

/**
 * What a program that is started by its path needs to be read besides the system: itself, its package, its interpreter's
 * installation. As little as works; never the home folder itself or anything above it. What else it needs is opened by the person.
 */
export interface ProgramFolders {
  /** argv of the program alone: an interpreter named by `#!` is put before it, because the box has no login shell's PATH. */
  readonly argv: readonly string[];
  readonly programs: readonly string[];
  /** Whether Node runs it: only then can secrets stand in its arguments. */
  readonly isNode: boolean;
}

export interface ProgramQuestion {
  /** Absolute; may be a symlink (a virtual environment's python must be called by its own name). */
  readonly program: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly home: string;
  /** An interpreter's absolute path by its name, or null. */
  readonly findInterpreter: (name: string) => Promise<string | null>;
}

/** Looks at the disk, changes nothing. What does not exist is left out: the start will say so. */
export async function programFolders(question: ProgramQuestion): Promise<ProgramFolders> {
  const { program, args, cwd, home } = question;
  const programs = new Set<string>();
  const real = await realPath(program);
  const interpreter = await interpreterOf(real, question.findInterpreter);
  const argv = interpreter === null ? [program] : [...interpreter, real];
  for (const file of [program, ...(interpreter ?? []).slice(0, 1)]) await addProgram(file, home, programs);
  const runner = interpreterName(interpreter?.[0] ?? program);
  if (interpreter === null && runner !== null) {
    const script = firstScript(args, runner);
    if (script !== null) {
      const file = path.resolve(cwd, script);
      if (await exists(file)) await addProgram(file, home, programs);
    }
  }
  return { argv, programs: [...programs], isNode: runner === "node" };
}

async function addProgram(file: string, home: string, programs: Set<string>): Promise<void> {
  const real = await realPath(file);
  programs.add(real);
  // An interpreter is no part of the package that happens to lie around it.
  const own = interpreterName(real) === null ? await packageOf(real, home) : installationOf(real, home);
  for (const folder of [await environmentOf(file), own]) {
    for (const one of folder) if (!isHomeOrAbove(one, home)) programs.add(one);
  }
}

/** A Python virtual environment: its folder, and the installation it was made from (`home = …/bin` in pyvenv.cfg). */
async function environmentOf(file: string): Promise<readonly string[]> {
  const folder = path.dirname(path.dirname(file));
  const config = await fs.readFile(path.join(folder, "pyvenv.cfg"), "utf8").catch(() => null);
  if (config === null) return [];
  const base = /^home\s*=\s*(.+)$/mu.exec(config)?.[1]?.trim();
  return base === undefined || !path.isAbsolute(base) ? [folder] : [folder, path.dirname(await realPath(base))];
}

/** The package a script belongs to: the nearest folder with a manifest, and the node_modules it takes its dependencies from. */
async function packageOf(real: string, home: string): Promise<readonly string[]> {
  const parts = real.split(path.sep);
  const first = parts.indexOf("node_modules");
  if (first > 0) {
    const modules = parts.slice(0, first + 1).join(path.sep);
    const depth = parts[first + 1]?.startsWith("@") === true ? 3 : 2;
    // Global packages are complete in themselves; a project's share the project's node_modules.
    return path.basename(path.dirname(modules)) === "lib" ? [parts.slice(0, first + depth).join(path.sep)] : [modules];
  }
  for (let folder = path.dirname(real); !isHomeOrAbove(folder, home) && path.dirname(folder) !== folder; folder = path.dirname(folder)) {
    for (const manifest of ["package.json", "pyproject.toml", "setup.py", "deno.json"]) {
      if (await exists(path.join(folder, manifest))) return [folder];
    }
  }
  return [];
}

/** Where an interpreter of the person's own (pyenv, mise, uv …) keeps its library: the folder above its bin. */
function installationOf(real: string, home: string): readonly string[] {
  const name = interpreterName(real);
  if (name === null || name === "node" || path.basename(path.dirname(real)) !== "bin") return [];
  const folder = path.dirname(path.dirname(real));
  return isHomeOrAbove(folder, home) || folder === "/usr/local" ? [] : [folder];
}

/** `node`, `python`, `ruby` … for a program that runs scripts; null for any other. */
export function interpreterName(program: string): string | null {
  const name = path
    .basename(program)
    .replace(/\.exe$/iu, "")
    .replace(/[\d.]+$/u, "")
    .toLowerCase();
  return ["node", "nodejs", "python", "pypy", "ruby", "perl", "bun", "deno", "php"].includes(name)
    ? name === "nodejs"
      ? "node"
      : name
    : null;
}

// Options of interpreters that take the next word as their value, as far as servers use them.
const valueOptions = new Set(["-r", "--require", "--import", "--loader", "--env-file", "-C", "--conditions", "-W", "-X", "-I", "--config"]);

/** The script in an interpreter's arguments, or null (`-m module`, `-c code`, `-e code`). */
export function firstScript(args: readonly string[], interpreter: string): string | null {
  for (let at = 0; at < args.length; at += 1) {
    const arg = args[at] ?? "";
    if (["-m", "-c", "-e", "--eval", "-p", "--print"].includes(arg)) return null;
    if (valueOptions.has(arg)) at += 1;
    else if (arg === "--") return args[at + 1] ?? null;
    else if (arg === "run" && (interpreter === "bun" || interpreter === "deno")) continue;
    else if (!arg.startsWith("-")) return arg;
  }
  return null;
}

async function interpreterOf(real: string, find: (name: string) => Promise<string | null>): Promise<readonly string[] | null> {
  const handle = await fs.open(real, "r").catch(() => null);
  if (handle === null) return null;
  try {
    const head = Buffer.alloc(256);
    const { bytesRead } = await handle.read(head, 0, head.length, 0);
    const line = /^#!\s*(\S+)(?:[ \t]+([^\r\n]*))?/u.exec(head.toString("latin1", 0, bytesRead));
    if (line === null) return null;
    const [, program = "", rest = ""] = line;
    if (!program.endsWith("/env"))
      return interpreterName(program) === null ? null : [program, ...(rest.trim() === "" ? [] : [rest.trim()])];
    const words = rest.split(/\s+/u).filter((word) => word !== "" && word !== "-S" && !word.includes("="));
    const found = words[0] === undefined || interpreterName(words[0]) === null ? null : await find(words[0]);
    return found === null ? null : [found, ...words.slice(1)];
  } finally {
    await handle.close();
  }
}

export function isHomeOrAbove(folder: string, home: string): boolean {
  const relative = path.relative(folder, home);
  return relative === "" || (!relative.startsWith("..") && !path.isAbsolute(relative));
}

async function realPath(file: string): Promise<string> {
  return fs.realpath(file).catch(() => file);
}

async function exists(file: string): Promise<boolean> {
  return fs.access(file).then(
    () => true,
    () => false,
  );
}
