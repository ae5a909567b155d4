// The ladder that ends a server (threat 37): its input ends, then SIGTERM, then SIGKILL of everything it started. Nothing survives it.
import { setTimeout as sleep } from "node:timers/promises";
import fs from "node:fs/promises";
import { descendants, readProcesses } from "../sandbox/process-tree.ts";
import type { ProcessEntry } from "../sandbox/process-tree.ts";

export interface Grace {
  /** Milliseconds from the end of its input until SIGTERM. */
  readonly inputMs: number;
  /** Milliseconds from SIGTERM until SIGKILL. */
  readonly termMs: number;
}

export const DEFAULT_GRACE: Grace = { inputMs: 2000, termMs: 2000 };

/** The box's own processes: they end with the server, and must not be told to end before it. */
const wrappers = new Set(["bwrap", "seccomp", "socat"]);

/** How a tree is found: by its root; and where the OS does not hold it together, by its group and a mark in its environment. */
export interface Tree {
  readonly root: number;
  /** Set when the root leads a process group of its own. */
  readonly grouped: boolean;
  /** `NAME=value` that every process of it has inherited. */
  readonly mark: string | undefined;
  readonly platform: NodeJS.Platform;
  /** The root has ended: its number may belong to another process by now, so only what carries the mark or the group counts. */
  readonly rootEnded?: boolean;
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It is gone already.
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Processes that left the tree and the group (double fork and a new session) but carry the mark. Linux only. */
async function findMarked(processes: readonly ProcessEntry[], tree: Tree): Promise<readonly number[]> {
  const { mark } = tree;
  if (mark === undefined || tree.platform !== "linux") return [];
  const found = await Promise.all(
    processes.map(async ({ pid }) => {
      try {
        return (await fs.readFile(`/proc/${pid}/environ`, "latin1")).split("\0").includes(mark) ? [pid] : [];
      } catch {
        return [];
      }
    }),
  );
  return found.flat().filter((pid) => pid !== process.pid);
}

/** Everything of the tree that lives now, the root included if it does. */
async function members(tree: Tree): Promise<readonly ProcessEntry[]> {
  const processes = await readProcesses(tree.platform);
  const marked = new Set(await findMarked(processes, tree));
  if (tree.rootEnded === true) {
    return processes.filter(({ pid, group }) => (tree.platform === "linux" ? marked.has(pid) : tree.grouped && group === tree.root));
  }
  const below = new Set(descendants(processes, tree.root).map((entry) => entry.pid));
  return processes.filter(
    ({ pid, group }) => pid === tree.root || below.has(pid) || marked.has(pid) || (tree.grouped && group === tree.root),
  );
}

/** SIGTERM for the server itself and what it started; the box around it stays until they are gone. */
export async function terminateTree(tree: Tree): Promise<void> {
  if (tree.platform === "win32") return signal(tree.root, "SIGTERM");
  const found = await members(tree);
  const own = found.filter((entry) => !wrappers.has(entry.name));
  for (const entry of own.length > 0 ? own : found) signal(entry.pid, "SIGTERM");
  return undefined;
}

/**
 * SIGKILL for the whole tree, again until nothing of it is left or `deadlineMs` have passed.
 *
 * @returns whether nothing is left
 */
export async function killTree(tree: Tree, deadlineMs = 5000): Promise<boolean> {
  const deadline = Date.now() + deadlineMs;
  for (;;) {
    if (tree.platform === "win32") {
      if (tree.rootEnded === true || !isAlive(tree.root)) return true;
      await taskkill(tree.root);
    } else {
      const found = await members(tree);
      if (found.length === 0) return true;
      if (tree.grouped && tree.rootEnded !== true) signal(-tree.root, "SIGKILL");
      for (const { pid } of found) signal(pid, "SIGKILL");
    }
    if (Date.now() > deadline) return false;
    await sleep(10);
  }
}

async function taskkill(pid: number): Promise<void> {
  const { execFile } = await import("node:child_process");
  await new Promise<void>((resolve) => {
    execFile("taskkill.exe", ["/T", "/F", "/PID", String(pid)], { windowsHide: true, timeout: 5000 }, () => resolve());
  });
}

export interface LadderDeps {
  readonly grace: Grace;
  /** Resolves when the tree is gone. */
  readonly gone: Promise<unknown>;
  endInput(): void;
  terminate(): Promise<void>;
  kill(): Promise<void>;
}

/** A `stop` that climbs the ladder once; every further call skips the rung it stands on. Resolves when the tree is gone. */
export function createLadder(deps: LadderDeps): () => Promise<void> {
  let climbing: Promise<void> | undefined;
  let skip = (): void => {};
  const wait = async (ms: number): Promise<"gone" | "late"> => {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<"late">((resolve) => {
      skip = () => resolve("late");
      timer = setTimeout(skip, ms);
    });
    const outcome = await Promise.race([deps.gone.then(() => "gone" as const), late]);
    clearTimeout(timer);
    return outcome;
  };
  const climb = async (): Promise<void> => {
    deps.endInput();
    if ((await wait(deps.grace.inputMs)) === "gone") return;
    await deps.terminate();
    if ((await wait(deps.grace.termMs)) === "gone") return;
    await deps.kill();
    await deps.gone;
  };
  return () => {
    if (climbing === undefined) climbing = climb();
    else skip();
    return climbing;
  };
}
