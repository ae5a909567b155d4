import type { App, Protocol, Session, WebContents } from "electron";
import { appOrigin, appScheme, debuggingSwitches, mayRequest, schemePrivileges } from "./security-settings.ts";

/**
 * Applies security-settings.ts. `hardenApp` runs before `ready`, `hardenSession` once for the one session that our windows have.
 * Windows that were not made by windows.ts get the same refusals: they hang on the app, not on the window.
 */
export interface HardenAppDeps {
  readonly app: App;
  readonly protocol: Protocol;
  readonly packaged: boolean;
  /** Chromium's sandbox does not start for root, who says --no-sandbox; asking for it all the same would crash every page. */
  readonly chromiumSandbox: boolean;
}

/** Before `ready`. From here on no page navigates, opens a window or embeds anything. */
export function hardenApp({ app, protocol, packaged, chromiumSandbox }: HardenAppDeps): void {
  if (packaged && debuggingSwitches.some((name) => app.commandLine.hasSwitch(name))) app.exit(1);
  if (chromiumSandbox) app.enableSandbox();
  // A dump of a process that holds secrets must not reach the disk.
  app.commandLine.appendSwitch("disable-breakpad");
  app.commandLine.appendSwitch("disable-crash-reporter");
  protocol.registerSchemesAsPrivileged([{ scheme: appScheme, privileges: { ...schemePrivileges } }]);
  app.on("web-contents-created", (_event, contents) => hardenContents(contents));
}

function hardenContents(contents: WebContents): void {
  contents.on("will-navigate", (event) => event.preventDefault());
  contents.on("will-frame-navigate", (event) => event.preventDefault());
  contents.on("will-redirect", (event) => event.preventDefault());
  contents.on("will-attach-webview", (event) => event.preventDefault());
  contents.setWindowOpenHandler(() => ({ action: "deny" }));
}

/** Every permission refused, asked for or looked up; every request but for our own files cancelled; only what a page of ours made can be saved. */
export function hardenSession(session: Session, packaged: boolean): void {
  session.setPermissionRequestHandler((_contents, _permission, answer) => answer(false));
  session.setPermissionCheckHandler(() => false);
  session.setDevicePermissionHandler(() => false);
  session.setSpellCheckerEnabled(false);
  session.webRequest.onBeforeRequest((details, answer) => answer({ cancel: !mayRequest(details.url, packaged) }));
  // The journal's export: text that the page already has, to where the person says.
  session.on("will-download", (event, item) => {
    if (!item.getURL().startsWith(`blob:${appOrigin}/`)) event.preventDefault();
  });
}
