import { constants } from "node:fs";
import fs from "node:fs/promises";
import path from "node:path";
import { runProgram } from "../run-program.ts";

// Whether a client runs right now, so that the person is told to restart it. A guess by name that decides nothing: when it cannot be told,
// nothing is taken to run.

const mostProcesses = 20_000;
const deadlineMs = 5_000;
const mostOutput = 4 * 1024 * 1024;

/** Whether any of these programs runs. Names are compared without `.exe`, and on Windows without case: elsewhere `Claude` and `claude` are two. */
export type RunningPrograms = (names: readonly string[]) => boolean;

/** Looks once. */
export async function listRunning(platform: NodeJS.Platform = process.platform): Promise<RunningPrograms> {
  const found = await (platform === "linux" ? fromProc() : platform === "win32" ? fromTasklist() : fromPs());
  const plain = (name: string): string => (platform === "win32" ? name.toLowerCase() : name).replace(/\.exe$/, "");
  const running = new Set(found.map(plain));
  return (names) => names.some((name) => running.has(plain(name)));
}

const interpreters = /^(node|nodejs|bun|deno|electron|python[\d.]*|ruby)$/;

/**
 * The name, the executable, and for programs that run in an interpreter (`node …/gemini`) the script: the first two words of the command
 * line. What follows may hold secrets and is not read.
 */
async function fromProc(): Promise<readonly string[]> {
  const names: string[] = [];
  const processes = (await fs.readdir("/proc").catch((): string[] => [])).filter((name) => /^\d+$/.test(name)).slice(0, mostProcesses);
  for (const id of processes) {
    const comm = await readStart(`/proc/${id}/comm`, 64);
    if (comm !== null) names.push(comm.trim());
    const executable = await fs.readlink(`/proc/${id}/exe`).catch(() => null);
    if (executable !== null) names.push(path.basename(executable.replace(/ \(deleted\)$/, "")));
    const line = await readStart(`/proc/${id}/cmdline`, 1024);
    const [program = "", script = ""] = line?.split("\0") ?? [];
    names.push(path.basename(program));
    if (interpreters.test(path.basename(program)) && !script.startsWith("-")) names.push(scriptName(script));
  }
  return names;
}

function scriptName(word: string): string {
  return path.basename(word).replace(/\.[cm]?js$/, "");
}

async function readStart(file: string, length: number): Promise<string | null> {
  try {
    const handle = await fs.open(file, constants.O_RDONLY);
    try {
      const { bytesRead, buffer } = await handle.read(Buffer.alloc(length), 0, length, 0);
      return buffer.toString("utf8", 0, bytesRead);
    } finally {
      await handle.close();
    }
  } catch {
    return null;
  }
}

async function fromPs(): Promise<readonly string[]> {
  const output = await run("/bin/ps", ["-Axo", "comm="]);
  return output.split("\n").map((line) => path.basename(line.trim()));
}

async function fromTasklist(): Promise<readonly string[]> {
  const program = path.win32.join(process.env["SystemRoot"] ?? "C:\\Windows", "System32", "tasklist.exe");
  const output = await run(program, ["/fo", "csv", "/nh"]);
  return output.split(/\r?\n/).flatMap((line) => /^"([^"]+)"/.exec(line)?.[1] ?? []);
}

/** Its output, or nothing if it fails, is late or says too much. */
async function run(program: string, args: readonly string[]): Promise<string> {
  const { stdout, problem } = await runProgram(program, args, { timeoutMs: deadlineMs, maxBytes: mostOutput, env: {} });
  return problem === null ? stdout : "";
}
