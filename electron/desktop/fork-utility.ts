import { spawn } from "node:child_process";
import { utilityProcess } from "electron";
import type { ForkHelper, HelperName, HelperProcess } from "../helper-process.ts";

export interface ForkUtilityDeps {
  /** The entry file of each helper, absolute. */
  readonly entries: Readonly<Record<HelperName, string>>;
  /** Absolute path of a Node binary, for the reaper. */
  readonly nodePath: string;
}

/**
 * Helpers as Electron's utility processes, with exactly the environment they are given. The reaper is a plain Node process instead:
 * Chromium ends its own children the moment the main process dies, which is when the reaper has its work to do.
 */
export function createForkUtility({ entries, nodePath }: ForkUtilityDeps): ForkHelper {
  return (name, { env }) => (name === "reaper" ? spawnNode(nodePath, entries.reaper, env) : forkUtility(name, entries[name], env));
}

function forkUtility(name: HelperName, entry: string, env: Readonly<Record<string, string>>): HelperProcess {
  const child = utilityProcess.fork(entry, [], { env: { ...env }, stdio: "ignore", serviceName: `Portcullis ${name}` });
  const exit = createExit();
  let ended = false;
  child.on("exit", (code) => {
    ended = true;
    exit.settle(code);
  });
  return {
    get pid() {
      return child.pid;
    },
    send(message) {
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a process, not a window
      if (!ended) child.postMessage(message);
    },
    onMessage: (listener) => void child.on("message", listener),
    onExit: (listener) => exit.listen(listener),
    // The gentle end of a utility process is SIGTERM, which a native call that hangs would not notice.
    kill() {
      if (ended) return;
      const { pid } = child;
      if (pid === undefined) child.kill();
      else killPid(pid);
    },
  };
}

function spawnNode(node: string, entry: string, env: Readonly<Record<string, string>>): HelperProcess {
  const child = spawn(node, [entry], {
    env: { ...env },
    stdio: ["ignore", "ignore", "ignore", "ipc"],
    // Ctrl+C in the terminal is for the app.
    detached: process.platform !== "win32",
    windowsHide: true,
  });
  const exit = createExit();
  child.on("error", () => exit.settle(null));
  child.on("exit", (code) => exit.settle(code));
  return {
    get pid() {
      return child.pid;
    },
    send(message) {
      // Whether it is gone is told by onExit; a message to a process that just died is lost like any other.
      if (child.connected) child.send(message as object, () => undefined);
    },
    onMessage: (listener) => void child.on("message", listener),
    onExit: (listener) => exit.listen(listener),
    kill: () => void child.kill("SIGKILL"),
  };
}

function killPid(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // Gone already: what was wanted.
  }
}

/** An exit that is told once to each listener, also to one that comes after it. */
function createExit() {
  const listeners: ((code: number | null) => void)[] = [];
  let settled: { readonly code: number | null } | null = null;
  return {
    settle(code: number | null): void {
      if (settled !== null) return;
      settled = { code };
      for (const listener of listeners) listener(code);
    },
    listen(listener: (code: number | null) => void): void {
      if (settled === null) listeners.push(listener);
      else listener(settled.code);
    },
  };
}
