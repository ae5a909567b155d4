import os from "node:os";
import path from "node:path";

/** Where our own files are. Every folder is ours alone and created with mode 0700. */
export interface Paths {
  /** config.json */
  readonly config: string;
  /** journal, rules, acceptances, secret index, installed packages, server state, bin */
  readonly data: string;
  readonly logs: string;
  /** socket and token; short, because a unix socket's path holds about 100 bytes */
  readonly run: string;
}

/**
 * `PORTCULLIS_HOME` moves everything below one folder; otherwise the folders each OS has for it (XDG base directories,
 * ~/Library, %APPDATA% and %LOCALAPPDATA%).
 */
export function resolvePaths(env: Readonly<Record<string, string | undefined>>, platform: NodeJS.Platform): Paths {
  const own = env["PORTCULLIS_HOME"];
  if (own !== undefined && own !== "") {
    const root = path.resolve(own);
    return { config: path.join(root, "config"), data: path.join(root, "data"), logs: path.join(root, "logs"), run: path.join(root, "run") };
  }
  const home = env["HOME"] ?? env["USERPROFILE"] ?? os.homedir();
  if (platform === "win32") {
    const roaming = env["APPDATA"] ?? path.join(home, "AppData", "Roaming");
    const local = env["LOCALAPPDATA"] ?? path.join(home, "AppData", "Local");
    const root = path.join(local, "Portcullis");
    return {
      config: path.join(roaming, "Portcullis"),
      data: path.join(root, "data"),
      logs: path.join(root, "logs"),
      run: path.join(root, "run"),
    };
  }
  if (platform === "darwin") {
    const support = path.join(home, "Library", "Application Support", "Portcullis");
    return {
      config: support,
      data: path.join(support, "data"),
      logs: path.join(home, "Library", "Logs", "Portcullis"),
      run: path.join(support, "run"),
    };
  }
  const xdg = (name: string, fallback: string): string => {
    const value = env[name];
    return value !== undefined && path.isAbsolute(value) ? value : path.join(home, fallback);
  };
  const state = path.join(xdg("XDG_STATE_HOME", ".local/state"), "portcullis");
  const runtime = env["XDG_RUNTIME_DIR"];
  return {
    config: path.join(xdg("XDG_CONFIG_HOME", ".config"), "portcullis"),
    data: path.join(xdg("XDG_DATA_HOME", ".local/share"), "portcullis"),
    logs: path.join(state, "logs"),
    run: runtime !== undefined && path.isAbsolute(runtime) ? path.join(runtime, "portcullis") : path.join(state, "run"),
  };
}

/** The app's local socket: a unix socket in `run`, on Windows a named pipe whose name is derived from it. */
export function socketPath(paths: Paths, platform: NodeJS.Platform): string {
  if (platform !== "win32") return path.join(paths.run, "portcullis.sock");
  return `\\\\.\\pipe\\portcullis-${Buffer.from(paths.run).toString("hex").slice(-48)}`;
}

/** The file with the token that a bridge or a command shows on the socket; mode 0600, new at each start of the app. */
export function tokenPath(paths: Paths): string {
  return path.join(paths.run, "token");
}
