import { spawn } from "node:child_process";
import path from "node:path";
import { fail, ok } from "../shared/errors.ts";
import type { Result } from "../shared/errors.ts";
import type { AppView } from "../shared/model/snapshot.ts";
import { createApp } from "./app.ts";
import type { App, AppDeps } from "./app.ts";
import type { ForkHelper, HelperName, HelperProcess } from "./helper-process.ts";
import { withoutStrays } from "./stray-files.ts";
import type { Paths } from "./settings/paths.ts";
import type { UiServer } from "./web/ui-server.ts";

/** The app on plain Node, without Electron: for servers, WSL, SSH boxes and tests. */
export interface HeadlessDeps {
  readonly paths: Paths;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
  readonly version: string;
  /** Absolute paths of what was built beside portcullis.js. */
  readonly files: HeadlessFiles;
  readonly answerer: AppView["answerer"];
  /** Serve the browser UI on loopback. */
  readonly ui: boolean;
  readonly relaunch: AppDeps["relaunch"];
  /** A person asked for the end: close and exit. */
  quit(): void;
}

export interface HeadlessFiles {
  readonly helpers: Readonly<Record<HelperName, string>>;
  readonly bridge: string;
  readonly renderer: string;
}

export interface Headless {
  readonly app: App;
  /** A fresh one-time link to the browser UI; null without `ui`. */
  url(): string | null;
  close(): Promise<void>;
}

/** Where the build puts them, beside portcullis.js. */
export function filesBeside(programFolder: string): HeadlessFiles {
  const helper = (name: string): string => path.join(programFolder, "helpers", `${name}-helper.js`);
  return {
    helpers: { keychain: helper("keychain"), "sandbox-supervisor": helper("supervisor") },
    bridge: path.join(programFolder, "bridge.cjs"),
    renderer: path.join(programFolder, "renderer"),
  };
}

/** Starts the app, then the browser UI. A failure leaves nothing running. */
export async function startHeadless(deps: HeadlessDeps): Promise<Result<Headless>> {
  let web: UiServer | null = null;
  const created = await createApp({
    paths: deps.paths,
    env: deps.env,
    platform: deps.platform,
    version: deps.version,
    fork: forkNode(deps.files.helpers),
    nodePath: process.execPath,
    bridgePath: deps.files.bridge,
    answerer: deps.answerer,
    relaunch: deps.relaunch,
    open: (screen) => Promise.resolve(web === null ? { kind: "nothing" } : { kind: "browser", url: web.newUrl(screen) }),
    quit: () => deps.quit(),
  });
  if (!created.ok) return created;
  const app = created.value;
  if (deps.ui) {
    try {
      // Node's http brings the whole of fetch along: not for an app without a browser UI.
      const { createUiServer } = await import("./web/ui-server.ts");
      web = await createUiServer({ folder: deps.files.renderer, dispatch: app.dispatch, subscribe: app.subscribe, now: Date.now });
    } catch (error) {
      await app.close();
      return fail("cannot-start", `the browser UI cannot be served: ${error instanceof Error ? error.message : "unknown reason"}`);
    }
  }
  const server = web;
  return ok({
    app,
    url: () => server?.newUrl() ?? null,
    async close() {
      app.denyWaiting("closing");
      await server?.close();
      await app.close();
    },
  });
}

/**
 * Helpers as Node processes with exactly the environment they are given. In a process group of their own: Ctrl+C in the terminal is
 * for the app, which still needs them to close well.
 */
export function forkNode(entries: Readonly<Record<HelperName, string>>): ForkHelper {
  return (name, { env }): HelperProcess => {
    const detached = process.platform !== "win32";
    const child = withoutStrays(["ignore", "ignore", "ignore", "ipc"], (stdio) =>
      spawn(process.execPath, [entries[name]], { env: { ...env }, stdio, detached, windowsHide: true }),
    );
    let exit: { readonly code: number | null } | null = null;
    const listeners: ((code: number | null) => void)[] = [];
    const settle = (code: number | null): void => {
      if (exit !== null) return;
      exit = { code };
      for (const listener of listeners) listener(code);
    };
    child.once("error", () => settle(null));
    child.once("exit", (code) => settle(code));
    return {
      get pid() {
        return child.pid;
      },
      send(message) {
        // That it is gone is told by onExit; a message to it is lost like any other.
        if (child.connected) child.send(message as object, () => undefined);
      },
      onMessage: (listener) => void child.on("message", listener),
      onExit(listener) {
        if (exit === null) listeners.push(listener);
        else listener(exit.code);
      },
      kill: () => void child.kill("SIGKILL"),
    };
  };
}
