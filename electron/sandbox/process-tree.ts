import fs from "node:fs/promises";
import { runProgram } from "../run-program.ts";

export interface ProcessEntry {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  /** The short name the kernel keeps. */
  readonly name: string;
}

async function readLinux(): Promise<readonly ProcessEntry[]> {
  const names = (await fs.readdir("/proc")).filter((name) => /^[0-9]+$/.test(name));
  const entries = await Promise.all(
    names.map(async (name): Promise<ProcessEntry | undefined> => {
      try {
        const stat = await fs.readFile(`/proc/${name}/stat`, "utf8");
        // The name stands in parentheses and may itself hold spaces and parentheses.
        const close = stat.lastIndexOf(")");
        const [state, parent, group] = stat.slice(close + 2).split(" ");
        // A zombie has ended; only its parent has not looked yet.
        if (state === "Z" || state === "X") return undefined;
        return { pid: Number(name), parent: Number(parent), group: Number(group), name: stat.slice(stat.indexOf("(") + 1, close) };
      } catch {
        // It ended while we looked.
        return undefined;
      }
    }),
  );
  return entries.filter((entry) => entry !== undefined);
}

async function readWithPs(): Promise<readonly ProcessEntry[]> {
  const options = { env: {}, timeoutMs: 2000, maxBytes: 8 * 1024 * 1024 };
  const { stdout, problem } = await runProgram("/bin/ps", ["-A", "-o", "pid=,ppid=,pgid=,ucomm="], options);
  if (problem !== null) return [];
  const lines = stdout.split("\n").map((line) => /^\s*([0-9]+)\s+([0-9]+)\s+([0-9]+)\s+(.*)$/.exec(line));
  return lines.flatMap((m) => (m === null ? [] : [{ pid: Number(m[1]), parent: Number(m[2]), group: Number(m[3]), name: m[4] ?? "" }]));
}

/** All living processes of the machine as of now; empty where they can't be listed (Windows). */
export async function readProcesses(platform: NodeJS.Platform = process.platform): Promise<readonly ProcessEntry[]> {
  if (platform === "linux") return readLinux();
  return platform === "win32" ? [] : readWithPs();
}

/** The processes below `root`, parents before children, without `root` itself. */
export function descendants(processes: readonly ProcessEntry[], root: number): readonly ProcessEntry[] {
  const children = new Map<number, ProcessEntry[]>();
  for (const entry of processes) children.set(entry.parent, [...(children.get(entry.parent) ?? []), entry]);
  const found: ProcessEntry[] = [];
  const queue = [root];
  for (let pid = queue.shift(); pid !== undefined; pid = queue.shift()) {
    for (const child of children.get(pid) ?? []) {
      found.push(child);
      queue.push(child.pid);
    }
  }
  return found;
}
