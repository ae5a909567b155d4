import fs from "node:fs/promises";

/**
 * Resident memory of a process and all its descendants, in bytes, from /proc; null where there is no /proc or it is gone. Shared pages count
 * once for each process. Cheap enough for every few seconds (two small reads a process), too dear for every call.
 */
export async function sampleMemory(pid: number): Promise<number | null> {
  if (process.platform !== "linux") return null;
  let total = 0;
  let seen = 0;
  const waiting = [pid];
  for (let next = waiting.pop(); next !== undefined && seen < maxProcesses; next = waiting.pop()) {
    seen += 1;
    const status = await read(`/proc/${next}/status`);
    total += Number(/^VmRSS:\s+(\d+) kB$/mu.exec(status)?.[1] ?? 0) * 1024;
    for (const task of await tasks(next)) {
      for (const child of (await read(`/proc/${next}/task/${task}/children`)).split(" "))
        if (/^\d+$/u.test(child)) waiting.push(Number(child));
    }
  }
  return total === 0 ? null : total;
}

// A tree that forks without end must not keep us here.
const maxProcesses = 256;

async function read(file: string): Promise<string> {
  return fs.readFile(file, "utf8").catch(() => "");
}

async function tasks(pid: number): Promise<readonly string[]> {
  return fs.readdir(`/proc/${pid}/task`).catch(() => []);
}
