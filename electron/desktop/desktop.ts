import path from "node:path";
import { app as electronApp, ipcMain, Menu, nativeTheme, powerMonitor, session } from "electron";
import type { Snapshot } from "../../shared/model/snapshot.ts";
import type { Approval } from "../../shared/model/approval.ts";
import type { Role } from "../../shared/ipc/contract.ts";
import type { App } from "../app.ts";
import { createAppProtocol } from "./app-protocol.ts";
import { createApprovalWindow } from "./approval-window.ts";
import { armingMs, createArming } from "./arming.ts";
import { hardenSession } from "./harden.ts";
import { confirmServer } from "./confirm-server.ts";
import { createIpcServer } from "./ipc-server.ts";
import { createMainWindow } from "./main-window.ts";
import { messages } from "./messages.ts";
import { createNotifier } from "./notify.ts";
import { watchPower } from "./power.ts";
import { appScheme } from "./security-settings.ts";
import { createTrayView } from "./tray.ts";
import type { TrayAction } from "./tray-model.ts";
import { createWindows } from "./windows.ts";

export interface DesktopDeps {
  /** The folder with package.json, dist and assets. */
  readonly root: string;
  /** Our data folder. */
  readonly dataDir: string;
  readonly platform: NodeJS.Platform;
  readonly packaged: boolean;
  /** XDG_CURRENT_DESKTOP */
  readonly desktop: string;
  readonly now: () => number;
  quit(): void;
}

/** The tray app around a started core. After `ready`. */
export interface Desktop {
  open(screen: string | undefined): Promise<void>;
  close(): void;
}

export async function startDesktop(app: App, deps: DesktopDeps): Promise<Desktop> {
  const dist = path.join(deps.root, "dist");
  // In memory only: no cache, cookie or storage of a page reaches the disk.
  const pages = session.fromPartition("portcullis");
  hardenSession(pages, deps.packaged);
  const appProtocol = await createAppProtocol(path.join(dist, "renderer"));
  pages.protocol.handle(appScheme, (request) => appProtocol.handle(request));
  Menu.setApplicationMenu(deps.platform === "darwin" ? macMenu() : null);

  let snapshot = app.publisher.snapshot().snapshot;
  const windows = createWindows({
    preload: path.join(dist, "preload.cjs"),
    session: pages,
    packaged: deps.packaged,
    icon: path.join(deps.root, "assets", "icons", "256x256.png"),
  });
  const mainWindow = createMainWindow({ windows, boundsFile: path.join(deps.dataDir, "window.json") });
  const arming = createArming(() => performance.now());
  const tray = createTrayView({
    icons: path.join(deps.root, "assets", "tray"),
    platform: deps.platform,
    desktop: deps.desktop,
    act: (action) => act(action),
  });
  const approvals = createApprovalWindow({
    windows,
    arming,
    platform: deps.platform,
    trayBounds: () => tray.bounds(),
    deny: (approval) => deny(approval),
  });
  const notifier = createNotifier({ onClick: () => approvals.focus() });

  const deny = (approval: Approval): void => {
    const { id, fingerprint } = approval;
    void app.dispatch("approval", "approval.answer", { id, fingerprint, verdict: "deny", remember: "once" });
  };
  const act = (action: TrayAction): void => {
    switch (action.kind) {
      case "open":
        return void mainWindow.open(undefined);
      case "approvals":
        return approvals.focus();
      case "pause":
        return void app.dispatch("window", "gate.pause", undefined);
      case "resume":
        return void app.dispatch("window", "gate.resume", undefined);
      case "start":
        return void app.dispatch("window", "server.start", { name: action.server });
      case "stop":
        return void app.dispatch("window", "server.stop", { name: action.server });
      case "quit":
        return deps.quit();
    }
  };

  /** What no page can be trusted to keep to: an Allow comes from a question that was seen, and not in the first half second. */
  const refuse = (role: Role, answer: { readonly id: string; readonly verdict: string }): string | null => {
    if (answer.verdict === "deny") return null;
    const asked = snapshot.approvals.find((approval) => approval.id === answer.id);
    const age = asked === undefined ? armingMs : deps.now() - asked.createdAt;
    if (age >= 0 && age < armingMs) return messages.tooSoon;
    if (role === "approval" && (!approvals.shows(answer.id) || !arming.armed())) return messages.tooSoon;
    return null;
  };

  const closeIpc = createIpcServer({
    ipcMain,
    app,
    roleOf: (id) => windows.roleOf(id),
    onShown: (id) => approvals.shown(id),
    onResize: (height) => approvals.resize(height),
    onAnswered: (id) => approvals.answered(id),
    confirm: (name, fingerprint) =>
      confirmServer(
        mainWindow.current(),
        app.publisher.snapshot().snapshot.servers.find((server) => server.name === name),
        fingerprint,
      ),
    refuse,
  });

  const show = (changed: Partial<Snapshot>): void => {
    if (changed.settings !== undefined) nativeTheme.themeSource = changed.settings.theme;
    if (changed.app !== undefined || changed.approvals !== undefined || changed.servers !== undefined) tray.show(snapshot);
    if (changed.approvals !== undefined || changed.clients !== undefined) {
      approvals.update(snapshot.approvals, { warm: snapshot.clients.length > 0, focus: snapshot.settings.focusApprovals });
    }
    if (changed.approvals !== undefined) notifier.show(snapshot.approvals, snapshot.settings.notify);
  };
  show(snapshot);
  const unsubscribe = app.publisher.subscribe(({ slices }) => {
    snapshot = { ...snapshot, ...slices };
    show(slices);
  });
  const stopPower = watchPower({
    power: powerMonitor,
    platform: deps.platform,
    waiting: () => snapshot.approvals.length > 0,
    deny: () => void app.denyWaiting("closing"),
  });

  return {
    open: (screen) => mainWindow.open(screen),
    close() {
      unsubscribe();
      stopPower();
      closeIpc();
      notifier.close();
      approvals.close();
      mainWindow.close();
      tray.close();
    },
  };
}

/** macOS takes copy, paste and quit from the menu; there is nothing else in it. */
function macMenu(): Menu {
  return Menu.buildFromTemplate([
    { label: electronApp.name, submenu: [{ role: "about" }, { type: "separator" }, { role: "hide" }, { role: "quit" }] },
    { role: "editMenu" },
    { role: "windowMenu" },
  ]);
}
