import { mkdirSync } from "node:fs";
import path from "node:path";
import { app, dialog, protocol } from "electron";
import { createApp, type App, type AppDeps } from "./app.ts";
import { createForkUtility } from "./desktop/fork-utility.ts";
import { hardenApp } from "./desktop/harden.ts";
import { messages } from "./desktop/messages.ts";
import { installRuntime, type InstalledRuntime } from "./desktop/runtime.ts";
import { startDesktop, type Desktop } from "./desktop/desktop.ts";
import { keepMemoryOutOfDumps } from "./memory-dumps.ts";
import { resolvePaths } from "./settings/paths.ts";
import { ok, type Result } from "../shared/errors.ts";
import type { Opened } from "../shared/ipc/contract.ts";
import { boundYoungHeap } from "./young-heap.ts";

/**
 * The desktop entry: harden, one instance, the core, then the tray. `ready` waits for this module, so nothing here awaits it at the
 * top. `--background` (a bridge or the login starts it) opens no window.
 */
const backgroundSwitch = "--background";
const closeWithinMs = 10_000;

function main(): void {
  process.umask(0o077);
  keepMemoryOutOfDumps();
  // A terminal that went away must not take the gate with it.
  process.stdout.on("error", () => undefined);
  process.stderr.on("error", () => undefined);

  const paths = resolvePaths(process.env, process.platform);
  const ownFolder = path.join(paths.data, "desktop");
  mkdirSync(ownFolder, { recursive: true, mode: 0o700 });
  app.setName(messages.appName);
  // Windows shows notifications of an app that has this.
  if (process.platform === "win32") app.setAppUserModelId("dev.portcullis.app");
  // Chromium's own files below ours: one home, and one running instance for each home.
  app.setPath("userData", ownFolder);
  const noSandbox = app.commandLine.hasSwitch("no-sandbox");
  hardenApp({ app, protocol, packaged: app.isPackaged, chromiumSandbox: !noSandbox });
  if (!app.requestSingleInstanceLock()) {
    app.exit(0);
    return;
  }

  let core: App | null = null;
  let desktop: Desktop | null = null;
  let opened: { readonly screen: string | undefined } | null = process.argv.includes(backgroundSwitch) ? null : { screen: undefined };
  let leaving = false;

  const open = async (screen: string | undefined): Promise<Opened> => {
    if (desktop === null) opened = { screen };
    else await desktop.open(screen);
    return { kind: "window" };
  };
  const leave = (status: number): void => {
    if (leaving) return;
    leaving = true;
    setTimeout(() => app.exit(1), closeWithinMs);
    core?.denyWaiting("closing");
    const end = (): void => {
      desktop?.close();
      app.exit(status);
    };
    (core?.close() ?? Promise.resolve()).then(end, () => app.exit(1));
  };
  const failToStart = (reason: string): void => {
    process.stderr.write(`${messages.cannotStart}: ${reason}\n`);
    if (!process.argv.includes(backgroundSwitch)) dialog.showErrorBox(messages.cannotStart, reason);
    leave(1);
  };

  app.on("second-instance", (_event, argv) => {
    if (!argv.includes(backgroundSwitch)) void open(undefined);
  });
  app.on("activate", () => void open(undefined));
  // Closing the window leaves the gate in the tray.
  app.on("window-all-closed", () => undefined);
  app.on("before-quit", (event) => {
    if (leaving) return;
    event.preventDefault();
    leave(0);
  });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => leave(0));
  // A bug: its message may hold anything, so only the place is told. Nothing goes on in a state that nobody knows.
  process.on("uncaughtException", (error) => {
    const frames = (error.stack ?? "").split("\n").filter((line) => line.startsWith("    at "));
    process.stderr.write(`Portcullis: ${error.name}\n${frames.join("\n")}\n`);
    leave(1);
  });

  boundYoungHeap();
  const start = async (): Promise<void> => {
    const root = app.getAppPath();
    const runtime = await findRuntime(root, paths.data);
    if (!runtime.ok) return failToStart(runtime.error.message);
    const { nodePath, bridgePath } = runtime.value;
    const helper = (name: string): string => path.join(realFolder(root), "dist", "helpers", `${name}.js`);
    const deps: AppDeps = {
      paths,
      env: environment(),
      platform: process.platform,
      version: app.getVersion(),
      fork: createForkUtility({ keychain: helper("keychain-helper"), "sandbox-supervisor": helper("supervisor-helper") }),
      nodePath,
      bridgePath,
      answerer: "ui",
      relaunch: relaunch(root, noSandbox),
      open,
      quit: () => leave(0),
    };
    const created = await createApp(deps);
    if (!created.ok) return failToStart([created.error.message, created.error.hint ?? ""].join(" ").trim());
    core = created.value;
    if (leaving) return void core.close();
    desktop = await startDesktop(core, {
      root,
      dataDir: paths.data,
      platform: process.platform,
      packaged: app.isPackaged,
      desktop: process.env["ORIGINAL_XDG_CURRENT_DESKTOP"] ?? process.env["XDG_CURRENT_DESKTOP"] ?? "",
      now: Date.now,
      quit: () => leave(0),
    });
    if (opened !== null) await desktop.open(opened.screen);
  };
  app
    .whenReady()
    .then(start)
    .catch((error: unknown) => failToStart(error instanceof Error ? error.message : "an unknown error"));
}

/** In a packaged app the runtime is copied out of it first; in the checkout it runs where it is. */
async function findRuntime(root: string, dataDir: string): Promise<Result<InstalledRuntime>> {
  const name = process.platform === "win32" ? "node.exe" : "node";
  if (!app.isPackaged) {
    return ok({
      nodePath: path.join(root, "node_modules", "node", "bin", name),
      bridgePath: path.join(root, "dist", "bridge.cjs"),
    });
  }
  const resources = process.resourcesPath;
  const sources = {
    node: path.join(resources, name),
    bridge: path.join(resources, "bridge.cjs"),
  };
  return installRuntime(sources, dataDir, app.getVersion(), process.platform);
}

/** Ours, without what Chromium puts there for itself: where there is no session bus it writes an address that only it understands. */
function environment(): NodeJS.ProcessEnv {
  const { DBUS_SESSION_BUS_ADDRESS: bus, ...env } = process.env;
  return bus === undefined || bus.startsWith("disabled:") ? env : { ...env, DBUS_SESSION_BUS_ADDRESS: bus };
}

/** Where the files are that must be real ones: an archive cannot hold a native module, nor a program that others start. */
function realFolder(root: string): string {
  return app.isPackaged ? root.replace(/app\.asar$/, "app.asar.unpacked") : root;
}

/** An AppImage is mounted elsewhere at each start: what can be started again is the image. */
function relaunch(root: string, noSandbox: boolean): AppDeps["relaunch"] {
  const switches = [...(noSandbox ? ["--no-sandbox"] : []), backgroundSwitch];
  if (app.isPackaged) return { command: process.env["APPIMAGE"] ?? process.execPath, args: switches };
  return { command: process.execPath, args: [...switches, root] };
}

main();
