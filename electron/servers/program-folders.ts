import fs from "node:fs/promises";
import path from "node:path";
import { firstScript } from "./script-argument.ts";

/**
 * What a program that is started by its path needs to be read besides the system: itself, its package, its interpreter's
 * installation. As little as works; never the home folder itself or anything above it. What else it needs is opened by the person. A
 * server can write to some of what is looked at here, so only a file that is there opens anything, and no folder by its name alone.
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
  /** The working folder that the person configured, or null: what a server finds in its own folder is of its own making. */
  readonly cwd: string | null;
  readonly home: string;
  /** An interpreter's absolute path by its name, or null. */
  readonly findInterpreter: (name: string) => Promise<string | null>;
}

/** Looks at the disk, changes nothing. What does not exist is left out: the start will say so. */
export async function programFolders(question: ProgramQuestion): Promise<ProgramFolders> {
  const { program, args, cwd } = question;
  const home = [question.home, await realPath(question.home)];
  const programs = new Set<string>();
  const real = await realPath(program);
  const interpreter = await interpreterOf(real, question.findInterpreter);
  const argv = interpreter === null ? [program] : [...interpreter, real];
  for (const file of [program, ...(interpreter ?? []).slice(0, 1)]) if (await isFile(file)) await addProgram(file, home, programs);
  const script = interpreter === null ? await scriptOf(program, args, cwd) : null;
  if (script !== null) await addProgram(script, home, programs);
  return { argv, programs: [...programs], isNode: interpreterName(interpreter?.[0] ?? program) === "node" };
}

/** The file that a program runs, if it is an interpreter with a script among its arguments that is there; else null. */
export async function scriptOf(program: string, args: readonly string[], cwd: string | null): Promise<string | null> {
  const runner = interpreterName(program);
  return runner === null ? null : scriptFile(firstScript(args, runner), cwd);
}

/**
 * The file that a script's name leads to, or null. A folder stands for the file in it that the interpreter would run; that one is taken only
 * if it is a file itself, and no link.
 */
async function scriptFile(script: string | null, cwd: string | null): Promise<string | null> {
  if (script === null || (cwd === null && !path.isAbsolute(script))) return null;
  const file = path.resolve(cwd ?? "/", script);
  const found = await fs.stat(file).catch(() => null);
  if (found === null || !found.isDirectory()) return found?.isFile() === true ? file : null;
  for (const name of ["package.json", "index.js", "__main__.py"]) {
    const inside = path.join(file, name);
    if ((await fs.lstat(inside).catch(() => null))?.isFile() === true) return inside;
  }
  return null;
}

async function addProgram(file: string, home: readonly string[], programs: Set<string>): Promise<void> {
  const real = await realPath(file);
  // By the name it is called by: the links on its way are needed, too.
  programs.add(file);
  // An interpreter is no part of the package that happens to lie around it.
  const own = interpreterName(real) === null ? await packageOf(real, home) : installationOf(real);
  for (const one of [...(await environmentOf(file, real)), ...own]) {
    if (!isHomeOrAbove(await realPath(one), ...home)) programs.add(one);
  }
}

/**
 * A Python virtual environment: its folder, and the installation it was made from. Its `pyvenv.cfg` names that one (`home = …/bin`), but a
 * server may write what it likes there: only the folder that really holds the Python behind the environment's link is taken for it.
 */
async function environmentOf(file: string, real: string): Promise<readonly string[]> {
  const folder = path.dirname(path.dirname(file));
  const config = await readConfig(folder);
  if (config === null) return [];
  const base = /^home\s*=\s*(.+)$/mu.exec(config)?.[1]?.trim();
  if (base === undefined || !path.isAbsolute(base)) return [folder];
  const realBase = await realPath(base);
  if (realBase !== path.dirname(real)) return [folder];
  // Python looks for its library by the name in the file, which may lead through a version manager's link.
  return [folder, path.dirname(realBase), ...(realBase === path.resolve(base) ? [] : [base])];
}

/** The virtual environment that a program belongs to, by the name it is called by; null: none. */
export async function environmentFolder(file: string): Promise<string | null> {
  const folder = path.dirname(path.dirname(file));
  return (await readConfig(folder)) === null ? null : folder;
}

function readConfig(environment: string): Promise<string | null> {
  return readStart(path.join(environment, "pyvenv.cfg"), 64 * 1024);
}

/** The package a script belongs to: the nearest folder with a manifest, and the node_modules it takes its dependencies from. */
async function packageOf(real: string, home: readonly string[]): Promise<readonly string[]> {
  const parts = real.split(path.sep);
  const first = parts.indexOf("node_modules");
  if (first > 0) {
    const modules = parts.slice(0, first + 1).join(path.sep);
    const depth = parts[first + 1]?.startsWith("@") === true ? 3 : 2;
    // Global packages are complete in themselves; a project's share the project's node_modules.
    return path.basename(path.dirname(modules)) === "lib" ? [parts.slice(0, first + depth).join(path.sep)] : [modules];
  }
  for (let folder = path.dirname(real); !isHomeOrAbove(folder, ...home) && path.dirname(folder) !== folder; folder = path.dirname(folder)) {
    for (const manifest of ["package.json", "pyproject.toml", "setup.py", "deno.json"]) {
      if (await exists(path.join(folder, manifest))) return [folder];
    }
  }
  return [];
}

/** Where an interpreter of the person's own (pyenv, mise, uv …) keeps its library: the folder above its bin. */
function installationOf(real: string): readonly string[] {
  const name = interpreterName(real);
  if (name === null || name === "node" || path.basename(path.dirname(real)) !== "bin") return [];
  const folder = path.dirname(path.dirname(real));
  return folder === "/usr/local" ? [] : [folder];
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

async function interpreterOf(real: string, find: (name: string) => Promise<string | null>): Promise<readonly string[] | null> {
  const line = await firstLine(real);
  if (line === null || interpreterName(line.program) === null) return null;
  const program = line.byName ? await find(line.program) : line.program;
  return program === null ? null : [program, ...line.args];
}

interface FirstLine {
  readonly program: string;
  readonly args: readonly string[];
  /** Whether it is the name of a program on PATH. */
  readonly byName: boolean;
}

/** What a program's `#!` line runs it with: a path, or (`/usr/bin/env NAME`) the name of a program on PATH. Null: there is none. */
export async function firstLine(real: string): Promise<FirstLine | null> {
  return parseFirstLine((await readStart(real, 256)) ?? "");
}

/** The same, of the first bytes of a program. */
export function parseFirstLine(text: string): FirstLine | null {
  const line = /^#!\s*(\S+)(?:[ \t]+([^\r\n]*))?/u.exec(text);
  if (line === null) return null;
  const [, program = "", rest = ""] = line;
  if (!program.endsWith("/env")) return { program, args: rest.trim() === "" ? [] : [rest.trim()], byName: false };
  const words = rest.split(/\s+/u).filter((word) => word !== "");
  // Before the name: env's own options, and variables.
  const at = words.findIndex((word) => !word.startsWith("-") && !word.includes("="));
  const [name, ...args] = at < 0 ? [] : words.slice(at);
  return name === undefined ? null : { program: name, args, byName: !path.isAbsolute(name) };
}

/** The first bytes of a file, or null. A server may have put something in its place that never ends, or never begins. */
async function readStart(file: string, bytes: number): Promise<string | null> {
  const handle = await fs.open(file, fs.constants.O_RDONLY | (fs.constants.O_NONBLOCK ?? 0)).catch(() => null);
  if (handle === null) return null;
  try {
    if (!(await handle.stat()).isFile()) return null;
    const head = Buffer.alloc(bytes);
    const { bytesRead } = await handle.read(head, 0, head.length, 0);
    return head.toString("utf8", 0, bytesRead);
  } finally {
    await handle.close();
  }
}

/** Whether this is one of these folders, or above it. */
export function isHomeOrAbove(folder: string, ...homes: readonly string[]): boolean {
  return homes.some((home) => {
    const relative = path.relative(folder, home);
    return relative === "" || (relative !== ".." && !relative.startsWith(`..${path.sep}`) && !path.isAbsolute(relative));
  });
}

async function realPath(file: string): Promise<string> {
  return fs.realpath(file).catch(() => file);
}

async function isFile(file: string): Promise<boolean> {
  return (await fs.stat(file).catch(() => null))?.isFile() === true;
}

async function exists(file: string): Promise<boolean> {
  return fs.access(file).then(
    () => true,
    () => false,
  );
}
