// Where the OS does not end a server's tree with us (a waived server without bubblewrap, macOS), a tiny shell of its own watches us: it
// waits on a pipe, and when the pipe closes because we are gone, however that happened, it kills the tree (threat 37). A shell and not
// one of our helper processes, because Electron ends its utility processes at once with the app.
import { spawn } from "node:child_process";
import path from "node:path";

export interface Reaper {
  /**
   * Watches one tree until the returned function is called.
   *
   * @param group the process group its first process leads; on Windows that process
   * @param mark `NAME=value` in the environment of everything it starts
   */
  watch(group: number, mark: string): () => void;
}

const LINUX = [
  'read -r word; [ "$word" = done ] && exit 0',
  "for round in 1 2 3; do",
  '  kill -KILL -- "-$1" 2>/dev/null',
  '  for file in /proc/[0-9]*/environ; do if grep -qsF -e "$2" "$file"; then pid=${file#/proc/}; kill -KILL "${pid%/environ}" 2>/dev/null; fi; done',
  "done",
].join("\n");

const MACOS = [
  'read -r word; [ "$word" = done ] && exit 0',
  "for round in 1 2 3; do",
  '  kill -KILL -- "-$1" 2>/dev/null',
  '  ps -AEww -o pid= -o command= | grep -F -e "$2" | while read -r pid rest; do [ "$pid" = "$$" ] || kill -KILL "$pid" 2>/dev/null; done',
  "done",
].join("\n");

const WINDOWS = "if ([Console]::In.ReadLine() -ne 'done') { taskkill.exe /T /F /PID $args[0] }";

/** The watcher's command line. */
export function reaperCommand(platform: NodeJS.Platform, systemRoot: string, group: number, mark: string): readonly string[] {
  if (!Number.isInteger(group) || group < 2) throw new Error(`not a process group: ${group}`);
  if (platform === "win32") {
    const powershell = path.win32.join(systemRoot, "System32", "WindowsPowerShell", "v1.0", "powershell.exe");
    return [powershell, "-NoProfile", "-NonInteractive", "-Command", `& { ${WINDOWS} } ${group}`];
  }
  return ["/bin/sh", "-c", platform === "darwin" ? MACOS : LINUX, "portcullis-reaper", String(group), mark];
}

export function createReaper(deps: {
  readonly platform: NodeJS.Platform;
  readonly env: Readonly<Record<string, string | undefined>>;
}): Reaper {
  return {
    watch(group, mark) {
      const systemRoot = deps.env["SystemRoot"] ?? deps.env["SYSTEMROOT"] ?? "C:\\Windows";
      const [program = "", ...args] = reaperCommand(deps.platform, systemRoot, group, mark);
      const watcher = spawn(program, args, {
        env:
          deps.platform === "win32" ? { SystemRoot: systemRoot, PATH: path.win32.join(systemRoot, "System32") } : { PATH: "/usr/bin:/bin" },
        stdio: ["pipe", "ignore", "ignore"],
        detached: true,
        windowsHide: true,
      });
      watcher.on("error", () => {});
      watcher.stdin.on("error", () => {});
      watcher.unref();
      return () => {
        watcher.stdin.end("done\n");
      };
    },
  };
}
