// No tree outlives the app, however that ends (threat 37). The kernel does most of it: bubblewrap asks to die with its parent, and its pid
// namespace dies with it. But bubblewrap asks only after it has been started, does not look whether its parent is still there, and its
// second process asks later still, so what was being started when we are killed would live on; and a waived server without bubblewrap, or
// any server on macOS, has no such kernel at all. So one tiny shell waits on a pipe that closes when we are gone, and then kills what
// carries the mark of this run. A shell and not one of our helper processes, because Electron ends its utility processes at once with the app.
import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import path from "node:path";
import { withoutStrays } from "../stray-files.ts";
import { RUN_VARIABLE } from "./marks.ts";

export interface Reaper {
  /** To be in the environment of everything that is to end with us. */
  readonly environment: Readonly<Record<string, string>>;
  /** Sees to it that somebody watches. Before anything is started. Windows has no marks: there it begins with the first tree. */
  ready(): void;
  /**
   * For a tree that the OS does not hold together: its group (on Windows: its first process) is watched too, until the returned function is
   * called.
   */
  watch(group: number): () => void;
  /** Everything has ended in good order: nobody needs to watch any more. */
  close(): void;
}

/** The groups named with `+` and not taken back with `-`, until `done` (then nothing is to be done) or the end of the input. */
const READ_GROUPS = [
  'groups=" "',
  "while read -r word; do",
  "  group=${word#?}",
  "  case $word in",
  "    done) exit 0 ;;",
  '    +*) groups="$groups$group " ;;',
  '    -*) case $groups in *" $group "*) groups="${groups%%" $group "*} ${groups#*" $group "}" ;; esac ;;',
  "  esac",
  "done",
  // With -s: dash takes no `--` after `-KILL`, and a group is no number without.
  'for group in $groups; do kill -s KILL -- "-$group" 2>/dev/null; done',
].join("\n");

/**
 * More than one round: what is killed may have been starting another just then, and what we had just forked carries the mark only when it has
 * become the program it was to be.
 */
const sweep = (killMarked: string): string =>
  [READ_GROUPS, 'for pause in 0.05 0.2 1 ""; do', `  ${killMarked}`, '  [ -z "$pause" ] || sleep "$pause"', "done"].join("\n");

const LINUX = sweep(
  'for file in $(grep -lsF -e "$1" /proc/[0-9]*/environ); do pid=${file#/proc/}; kill -KILL "${pid%/environ}" 2>/dev/null; done',
);
const MACOS = sweep(
  'ps -AEww -o pid= -o command= | grep -F -e "$1" | while read -r pid rest; do [ "$pid" = "$$" ] || kill -KILL "$pid" 2>/dev/null; done',
);

const WINDOWS = [
  "$roots = New-Object System.Collections.Generic.HashSet[int]",
  "while ($null -ne ($line = [Console]::In.ReadLine())) {",
  "if ($line -eq 'done') { exit }",
  "if ($line[0] -eq '+') { [void]$roots.Add([int]$line.Substring(1)) } else { [void]$roots.Remove([int]$line.Substring(1)) } }",
  "foreach ($root in $roots) { taskkill.exe /T /F /PID $root }",
].join("\n");

/** The watcher's command line. `mark` is the `NAME=value` to look for. */
export function reaperCommand(platform: NodeJS.Platform, systemRoot: string, mark: string): readonly string[] {
  if (platform === "win32") {
    const powershell = path.win32.join(systemRoot, "System32", "WindowsPowerShell", "v1.0", "powershell.exe");
    return [powershell, "-NoProfile", "-NonInteractive", "-Command", WINDOWS];
  }
  return ["/bin/sh", "-c", platform === "darwin" ? MACOS : LINUX, "portcullis-reaper", mark];
}

interface Watcher {
  say(line: string): void;
}

/** Nothing is started yet. */
export function createReaper(deps: {
  readonly platform: NodeJS.Platform;
  readonly env: Readonly<Record<string, string | undefined>>;
}): Reaper {
  const windows = deps.platform === "win32";
  const run = randomUUID();
  const groups = new Set<number>();
  let watcher: Watcher | undefined;
  let closed = false;

  const start = (): Watcher => {
    const systemRoot = deps.env["SystemRoot"] ?? deps.env["SYSTEMROOT"] ?? "C:\\Windows";
    const [program = "", ...args] = reaperCommand(deps.platform, systemRoot, `${RUN_VARIABLE}=${run}`);
    const env = windows ? { SystemRoot: systemRoot, PATH: path.win32.join(systemRoot, "System32") } : { PATH: "/usr/bin:/bin" };
    const child = withoutStrays(["pipe", "ignore", "ignore"], (stdio) =>
      spawn(program, args, { env, stdio, detached: true, windowsHide: true }),
    );
    const started: Watcher = { say: (line) => child.stdin.write(`${line}\n`) };
    const ended = (): void => {
      if (watcher === started) watcher = undefined;
    };
    child.on("error", ended);
    child.on("exit", ended);
    child.stdin.on("error", () => {});
    child.unref();
    for (const group of groups) started.say(`+${group}`);
    return started;
  };

  return {
    environment: windows ? {} : { [RUN_VARIABLE]: run },
    ready() {
      if (!closed && !windows) watcher ??= start();
    },
    watch(group) {
      if (!Number.isInteger(group) || group < 2) throw new Error(`not a process group: ${group}`);
      groups.add(group);
      if (watcher === undefined) watcher = start();
      else watcher.say(`+${group}`);
      return () => {
        if (groups.delete(group)) watcher?.say(`-${group}`);
      };
    },
    close() {
      closed = true;
      watcher?.say("done");
    },
  };
}
