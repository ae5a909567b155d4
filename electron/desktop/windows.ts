import { BrowserWindow, nativeTheme, type BrowserWindowConstructorOptions, type Session } from "electron";
import type { Role } from "../../shared/ipc/contract.ts";
import { appOrigin, webPreferences } from "./security-settings.ts";

export interface WindowsDeps {
  readonly preload: string;
  readonly session: Session;
  readonly packaged: boolean;
  /** The app's own icon, for window lists on Linux. */
  readonly icon: string;
}

/** Makes every window, all alike in what their pages may do, and knows the role of each. */
export interface Windows {
  create(role: Role, page: "index.html" | "approval.html", options: BrowserWindowConstructorOptions, hash?: string): BrowserWindow;
  roleOf(contentsId: number): Role | undefined;
}

export function createWindows(deps: WindowsDeps): Windows {
  const roles = new Map<number, Role>();
  return {
    create(role, page, options, hash) {
      const window = new BrowserWindow({
        ...options,
        show: false,
        icon: deps.icon,
        autoHideMenuBar: true,
        webPreferences: {
          ...webPreferences,
          ...options.webPreferences,
          preload: deps.preload,
          session: deps.session,
          devTools: !deps.packaged,
          additionalArguments: [`--portcullis-role=${role}`],
        },
      });
      const { id } = window.webContents;
      roles.set(id, role);
      window.webContents.on("destroyed", () => roles.delete(id));
      // The title is ours: a page's own could carry words of a server.
      window.on("page-title-updated", (event) => event.preventDefault());
      // A page that cannot be loaded is an incomplete build; the window says so by staying empty, and main goes on.
      window.loadURL(pageUrl(page, hash)).catch(() => undefined);
      return window;
    },
    roleOf: (contentsId) => roles.get(contentsId),
  };
}

/** What is seen until the page paints: its own background, so that nothing flashes. */
export function backgroundColor(): string {
  return nativeTheme.shouldUseDarkColors ? "#1a1a1d" : "#fdfdfc";
}

export function pageUrl(page: string, hash?: string): string {
  return `${appOrigin}/${page}${hash === undefined ? "" : `#${hash}`}`;
}
