import { closeSync, mkdirSync, openSync, readFileSync, rmSync, statSync, writeSync } from "node:fs";
import path from "node:path";
import { withoutStrays } from "../stray-files.ts";
import type { Paths } from "../settings/paths.ts";
import type { LaunchRecord } from "../settings/launch-file.ts";

/**
 * Starts the app for a client that found it not running. A client launches a bridge for each of its servers at the same moment, so
 * only the one that creates `starting.lock` starts it; the others wait for its socket. Variables that would run code in the app
 * (threat 30) are left out of its environment: they come from the client's config, not from the person's session.
 */
export interface Starting {
  /** Why it ended before it listened, or null while it may still come up. */
  failed(): string | null;
  /** Lets another bridge try again. */
  release(): void;
}

const lockMaxAgeMs = 20_000;
const codeNames = /^(?:NODE_|ELECTRON_|LD_|DYLD_|npm_|BASH_ENV$|ENV$)/i;

export function startApp(launch: Pick<LaunchRecord, "command" | "args" | "env">, paths: Paths, env: NodeJS.ProcessEnv): Starting {
  const lock = path.join(paths.data, "starting.lock");
  if (!takeLock(paths, lock)) return { failed: () => null, release: () => undefined };

  let reason: string | null = null;
  const release = (): void => rmSync(lock, { force: true });
  const appEnv: NodeJS.ProcessEnv = {};
  for (const [name, value] of Object.entries(env)) if (!codeNames.test(name) || name === "NODE_EXTRA_CA_CERTS") appEnv[name] = value;
  Object.assign(appEnv, launch.env);

  const log = openLog(paths);
  // Asked for here: most bridges find the app running and start nothing, and loading it takes a tenth of their own start.
  const { spawn } = process.getBuiltinModule("node:child_process");
  // Nothing of the client's: it may be an Electron of its own.
  const child = withoutStrays(["ignore", "ignore", log ?? "ignore"], (stdio) =>
    spawn(launch.command, [...launch.args], { detached: true, stdio, env: appEnv, cwd: paths.data, windowsHide: true }),
  );
  if (log !== null) closeSync(log);
  child.once("error", (error) => {
    reason = `${launch.command}: ${error.message}`;
  });
  child.once("exit", (code, signal) => {
    // Another start may have won the socket: status 0 says nothing against waiting on.
    if (code !== 0) reason = `it ended at once (${signal ?? `status ${String(code)}`})${lastLine(paths)}`;
  });
  child.unref();
  return { failed: () => reason, release };
}

function takeLock(paths: Paths, lock: string): boolean {
  mkdirSync(paths.data, { recursive: true, mode: 0o700 });
  for (const attempt of [1, 2]) {
    try {
      const file = openSync(lock, "wx", 0o600);
      writeSync(file, String(process.pid));
      closeSync(file);
      return true;
    } catch {
      if (attempt === 1 && ageMs(lock) > lockMaxAgeMs) rmSync(lock, { force: true });
    }
  }
  return false;
}

function ageMs(file: string): number {
  try {
    return Date.now() - statSync(file).mtimeMs;
  } catch {
    return 0;
  }
}

const logFile = (paths: Paths): string => path.join(paths.logs, "start.log");

function openLog(paths: Paths): number | null {
  try {
    mkdirSync(paths.logs, { recursive: true, mode: 0o700 });
    return openSync(logFile(paths), "w", 0o600);
  } catch {
    return null;
  }
}

function lastLine(paths: Paths): string {
  try {
    const lines = readFileSync(logFile(paths), "utf8").trim().split("\n");
    const last = (lines.at(-1) ?? "").replace(/[^\x20-\x7e]/g, "?").slice(0, 300);
    return last === "" ? "" : `: ${last}`;
  } catch {
    return "";
  }
}
