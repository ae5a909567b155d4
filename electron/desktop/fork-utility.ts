import { utilityProcess } from "electron";
import type { ForkHelper, HelperName, HelperProcess } from "../helper-process.ts";

/**
 * Helpers as Electron's utility processes, with exactly the environment they are given. They end with the main process, however it ends.
 *
 * @param entries the entry file of each helper, absolute and outside the archive: they load native modules
 */
export function createForkUtility(entries: Readonly<Record<HelperName, string>>): ForkHelper {
  return (name, { env }) => forkUtility(name, entries[name], env);
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
