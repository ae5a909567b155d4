// Where programs are found, and what a server's environment holds. A server gets an allow-list and what its settings name, never ours:
// our environment may hold tokens, and variables that make a program run other people's code (threat 30).
import { spawn } from "node:child_process";
import fs from "node:fs/promises";
import path from "node:path";
import { streamsOf, withoutStrays } from "../stray-files.ts";
import { knownFolders } from "./known-folders.ts";

export interface EnvironmentDeps {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
  readonly home: string;
  /** Milliseconds until a login shell that does not answer is killed. Default 5000. */
  readonly shellDeadlineMs?: number;
  /** Told the shell's process group while it runs, so that it does not outlive us. */
  readonly watch?: (group: number) => () => void;
}

export interface Environment {
  /** PATH as a login shell has it, absolute folders only. Asked once, at the first call; afterwards remembered. */
  searchPath(): Promise<string>;
}

const MARK = "@portcullis-path@";

/** PATH out of what a login shell printed, whatever its start files printed around it. */
export function readMarkedPath(output: string): string | undefined {
  const end = output.lastIndexOf(MARK);
  const start = output.lastIndexOf(MARK, end - 1);
  const found = start === -1 ? "" : output.slice(start + MARK.length, end).trim();
  return found === "" ? undefined : found;
}

/** The arguments with which a shell, as a login shell, prints its PATH between marks. `/bin/sh` does the printing: shells disagree on lists. */
export function shellArguments(shell: string): readonly string[] {
  // Start files may have the command itself printed (a window's title, from a DEBUG trap): no whole mark is in its text.
  const mark = `${MARK.slice(0, 4)}""${MARK.slice(4)}`;
  const print = `/bin/sh -c 'printf %s "${mark}$PATH${mark}"'`;
  // csh and tcsh take -l only alone.
  if (path.basename(shell).endsWith("csh")) return ["-i", "-c", print];
  return ["-l", "-i", "-c", print];
}

/** Becomes the command that is its arguments once a line has come. Without one it ends. */
const WHEN_TOLD = 'read -r pc_word && exec "$@" </dev/null';

/**
 * Runs the person's shell once: no stdin, no terminal, its own session, killed with all it started at the deadline. It begins only when its
 * group is watched, so that however we end, nothing of it lives on.
 */
function askShell(shell: string, deps: EnvironmentDeps): Promise<string | undefined> {
  return new Promise((resolve) => {
    const env = {
      ...deps.env,
      TERM: "dumb",
      DISABLE_AUTO_UPDATE: "true",
      // The name is the one editors use for this; start files that are slow or print things can look for it.
      PORTCULLIS_RESOLVING_ENVIRONMENT: "1",
      VSCODE_RESOLVING_ENVIRONMENT: "1",
    };
    const child = withoutStrays(["pipe", "pipe", "ignore"], (stdio) =>
      spawn("/bin/sh", ["-c", WHEN_TOLD, "portcullis", shell, ...shellArguments(shell)], { env, stdio, detached: true }),
    );
    const unwatch = child.pid === undefined ? undefined : deps.watch?.(child.pid);
    const { stdin, stdout } = streamsOf(child);
    stdin?.on("error", () => {});
    stdin?.end("begin\n");
    let output = "";
    let settled = false;
    const settle = (): void => {
      if (settled) return;
      settled = true;
      clearTimeout(timer);
      if (child.pid !== undefined) {
        try {
          process.kill(-child.pid, "SIGKILL");
        } catch {
          // All of it has ended.
        }
      }
      unwatch?.();
      stdout?.destroy();
      resolve(readMarkedPath(output));
    };
    const timer = setTimeout(settle, deps.shellDeadlineMs ?? 5000);
    // A letter may come in two pieces.
    stdout?.setEncoding("utf8");
    stdout?.on("data", (chunk: string) => {
      output = (output + chunk).slice(-256 * 1024);
      if (readMarkedPath(output) !== undefined) settle();
    });
    child.once("error", settle);
    child.once("close", settle);
  });
}

/** Absolute folders, each once, in order. A relative entry would let the folder a program starts in decide what it runs. */
export function cleanPath(folders: readonly string[], platform: NodeJS.Platform): readonly string[] {
  const flavour = platform === "win32" ? path.win32 : path.posix;
  return [...new Set(folders.map((folder) => folder.trim()).filter((folder) => flavour.isAbsolute(folder)))];
}

async function findShell(env: EnvironmentDeps["env"]): Promise<string | undefined> {
  for (const shell of [env["SHELL"], "/bin/zsh", "/bin/bash", "/bin/sh"]) {
    if (shell === undefined || !path.isAbsolute(shell) || /\/(nologin|false)$/.test(shell)) continue;
    try {
      await fs.access(shell, fs.constants.X_OK);
      return shell;
    } catch {
      // Try the next one.
    }
  }
  return undefined;
}

async function findSearchPath(deps: EnvironmentDeps): Promise<string> {
  const delimiter = deps.platform === "win32" ? ";" : ":";
  const own = (deps.env["PATH"] ?? deps.env["Path"] ?? "").split(delimiter);
  if (deps.platform === "win32") return cleanPath(own, "win32").join(delimiter);
  const shell = await findShell(deps.env);
  const asked = shell === undefined ? undefined : await askShell(shell, deps).catch(() => undefined);
  const folders = cleanPath(asked?.split(delimiter) ?? [], deps.platform);
  if (folders.length > 0) return folders.join(delimiter);
  return cleanPath([...(await knownFolders(deps.home)), ...own, "/usr/local/bin", "/usr/bin", "/bin"], deps.platform).join(delimiter);
}

/** The shell is asked at the first `searchPath`, never before, and once for everybody who waits. */
export function createEnvironment(deps: EnvironmentDeps): Environment {
  let found: Promise<string> | undefined;
  return {
    searchPath() {
      found ??= findSearchPath(deps);
      return found;
    },
  };
}

const passedOn = ["HOME", "LANG", "LANGUAGE", "LOGNAME", "SHELL", "TERM", "TZ", "USER"];
/** What programs on Windows need to start at all; the same list as the MCP SDK's. */
const passedOnWindows = [
  "APPDATA",
  "HOMEDRIVE",
  "HOMEPATH",
  "LOCALAPPDATA",
  "PATHEXT",
  "PROCESSOR_ARCHITECTURE",
  "PROGRAMDATA",
  "PROGRAMFILES",
  "SYSTEMDRIVE",
  "SYSTEMROOT",
  "TEMP",
  "TMP",
  "USERNAME",
  "USERPROFILE",
  "WINDIR",
];

/** What every server gets of our environment: an allow-list. In a box, HOME becomes the server's own folder. */
export function baseEnvironment(
  env: Readonly<Record<string, string | undefined>>,
  searchPath: string,
  platform: NodeJS.Platform,
): Readonly<Record<string, string>> {
  const result: Record<string, string> = { PATH: searchPath };
  const names = platform === "win32" ? new Set([...passedOn, ...passedOnWindows]) : new Set(passedOn);
  for (const [name, value] of Object.entries(env)) {
    if (value === undefined || value.startsWith("()")) continue;
    const upper = platform === "win32" ? name.toUpperCase() : name;
    if (names.has(upper) || upper.startsWith("LC_")) result[name] = value;
  }
  return result;
}
