/**
 * Everything that keeps a page of ours from being more than a page, as data; harden.ts applies it and test/desktop/security.test.ts
 * reads each back from the real window. Sources: Electron's security checklist, threat 38.
 */

/** Our pages have an origin of their own instead of file://, which would carry the rights of every file. */
export const appScheme = "app";
export const appOrigin = "app://bundle";

export const schemePrivileges = {
  standard: true,
  secure: true,
  supportFetchAPI: true,
  bypassCSP: false,
  allowServiceWorkers: false,
  corsEnabled: false,
  stream: false,
  codeCache: false,
} as const;

/** Nothing but our own files: no inline script or style, no frame, no form, no connection. Main answers over IPC, not over the network. */
export const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "object-src 'none'",
].join("; ");

export const responseHeaders = {
  "content-security-policy": contentSecurityPolicy,
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "cache-control": "no-store",
} as const;

/** The same for every window; preload, session and role are added where a window is made. */
export const webPreferences = {
  contextIsolation: true,
  sandbox: true,
  nodeIntegration: false,
  nodeIntegrationInWorker: false,
  nodeIntegrationInSubFrames: false,
  webSecurity: true,
  allowRunningInsecureContent: false,
  experimentalFeatures: false,
  webviewTag: false,
  plugins: false,
  navigateOnDragDrop: false,
  // A modal alert() of the page would block the window that answers questions.
  disableDialogs: true,
  // Its dictionaries would be downloaded.
  spellcheck: false,
} as const;

/** What would let another program press our buttons; the fuses close Node's debugger, these are Chromium's. A packaged app does not start with them. */
export const debuggingSwitches = [
  "remote-debugging-port",
  "remote-debugging-pipe",
  "remote-debugging-address",
  "remote-allow-origins",
] as const;

/** The only requests a page may make; everything else is cancelled before it leaves. DevTools exist in development only. */
export function mayRequest(url: string, packaged: boolean): boolean {
  if (url.startsWith(`${appOrigin}/`) || url.startsWith(`blob:${appOrigin}/`)) return true;
  return !packaged && url.startsWith("devtools://");
}
