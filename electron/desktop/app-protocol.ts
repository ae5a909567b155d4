import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { appOrigin, responseHeaders } from "./security-settings.ts";

/**
 * Serves the built pages at app://bundle/. The files are listed once at start and a request can only name one of that list, so that
 * there is no path to climb out with: not by dots, encodings, links or a file that appears later.
 */
export interface AppProtocol {
  handle(request: { readonly url: string; readonly method: string }): Promise<Response>;
}

const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".woff2": "font/woff2",
};

/** @throws when the folder cannot be read: the app was not built */
export async function createAppProtocol(folder: string): Promise<AppProtocol> {
  const files = new Map<string, string>();
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const file = path.join(entry.parentPath, entry.name);
    if (!entry.isFile() || types[path.extname(entry.name)] === undefined) continue;
    files.set(`/${path.relative(folder, file).split(path.sep).join("/")}`, file);
  }
  return {
    async handle({ url, method }) {
      const asked = URL.canParse(url) ? new URL(url) : null;
      const file = asked !== null && `${asked.protocol}//${asked.host}` === appOrigin ? files.get(asked.pathname) : undefined;
      if (method !== "GET" || file === undefined) return new Response(null, { status: 404, headers: responseHeaders });
      const body = await readFile(file);
      return new Response(new Uint8Array(body), {
        headers: { ...responseHeaders, "content-type": types[path.extname(file)] ?? "application/octet-stream" },
      });
    },
  };
}
