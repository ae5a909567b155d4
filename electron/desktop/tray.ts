import path from "node:path";
import { Menu, nativeImage, nativeTheme, Tray, type MenuItemConstructorOptions, type NativeImage } from "electron";
import { trayIconFile, trayModel, type TrayAction, type TrayEntry, type TraySlices, type TrayState } from "./tray-model.ts";

export interface TrayDeps {
  /** The folder with the tray's drawings. */
  readonly icons: string;
  readonly platform: NodeJS.Platform;
  /** XDG_CURRENT_DESKTOP */
  readonly desktop: string;
  act(action: TrayAction): void;
}

export interface TrayView {
  show(slices: TraySlices): void;
  /** Where it is on the screen, or null where the system does not say. */
  bounds(): Electron.Rectangle | null;
  close(): void;
}

/** The tray icon. Where no tray host runs it draws nothing and harms nothing: the app is reached by starting it a second time. */
export function createTrayView(deps: TrayDeps): TrayView {
  let state: TrayState = "idle";
  let shown = "";
  const icon = (): NativeImage => {
    const file = trayIconFile(state, deps.platform, nativeTheme.shouldUseDarkColors, deps.desktop);
    return nativeImage.createFromPath(path.join(deps.icons, file));
  };
  const tray = new Tray(icon());
  const recolour = (): void => tray.setImage(icon());
  const template = (entries: readonly TrayEntry[]): MenuItemConstructorOptions[] =>
    entries.map((entry) => {
      if (entry.kind === "separator") return { type: "separator" };
      // An ampersand would mark a letter as the shortcut and vanish.
      const label = entry.label.replaceAll("&", "&&");
      if (entry.kind === "submenu") return { label, enabled: entry.enabled, submenu: template(entry.entries) };
      return { label, enabled: entry.enabled, click: () => deps.act(entry.action) };
    });

  nativeTheme.on("updated", recolour);
  tray.on("click", () => {
    if (deps.platform !== "darwin") deps.act(shown !== "" && state === "waiting" ? { kind: "approvals" } : { kind: "open" });
  });

  return {
    show(slices) {
      const model = trayModel(slices);
      const key = JSON.stringify(model);
      if (key === shown) return;
      shown = key;
      if (model.state !== state) {
        state = model.state;
        recolour();
      }
      tray.setToolTip(model.tooltip);
      if (deps.platform === "darwin") tray.setTitle(model.title);
      tray.setContextMenu(Menu.buildFromTemplate(template(model.menu)));
    },
    bounds() {
      const bounds = tray.getBounds();
      return bounds.width > 0 && bounds.height > 0 ? bounds : null;
    },
    close() {
      nativeTheme.off("updated", recolour);
      tray.destroy();
    },
  };
}
