import { readdir, readFile } from "node:fs/promises";
import path from "node:path";

/**
 * The files of the built renderer, listed once. A request is looked up in that list by its exact path and never joined to a folder,
 * so there is no path that leads out. Links and files of unknown types are not on it.
 */
export interface Bundle {
  read(path: string): Promise<{ readonly bytes: Buffer; readonly type: string } | null>;
}

const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".ico": "image/x-icon",
  ".woff2": "font/woff2",
  ".json": "application/json; charset=utf-8",
};

/** Rejects when the folder cannot be read. */
export async function createBundle(folder: string): Promise<Bundle> {
  const files = new Map<string, { readonly file: string; readonly type: string }>();
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const type = types[path.extname(entry.name)];
    if (!entry.isFile() || type === undefined) continue;
    const file = path.join(entry.parentPath, entry.name);
    files.set(`/${path.relative(folder, file).split(path.sep).join("/")}`, { file, type });
  }
  return {
    async read(wanted) {
      const found = files.get(wanted);
      if (found === undefined) return null;
      return { bytes: await readFile(found.file), type: found.type };
    },
  };
}
