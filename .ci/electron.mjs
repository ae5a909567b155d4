// Where Electron's binary is, or why there is none.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import process from "node:process";

const packageFolder = path.join(import.meta.dirname, "..", "node_modules", "electron");

/**
 * The path of the Electron binary: the one that ELECTRON_OVERRIDE_DIST_PATH names, the one the electron package has fetched, or,
 * with `fetch`, one it fetches now. `null` where none can be had.
 */
export function findElectron({ fetch = false } = {}) {
  const override = process.env.ELECTRON_OVERRIDE_DIST_PATH;
  const executable = { darwin: "Electron.app/Contents/MacOS/Electron", win32: "electron.exe" }[process.platform] ?? "electron";
  if (override) return existsSync(path.join(override, executable)) ? path.join(override, executable) : null;
  const fetched = fetchedBinary();
  if (fetched !== null || !fetch) return fetched;
  console.error("start: fetching Electron's binary …");
  spawnSync(process.execPath, [path.join(packageFolder, "install.js")], { stdio: ["ignore", "ignore", "ignore"], timeout: 300_000 });
  return fetchedBinary();
}

function fetchedBinary() {
  const pathFile = path.join(packageFolder, "path.txt");
  if (!existsSync(pathFile)) return null;
  const binary = path.join(packageFolder, "dist", readFileSync(pathFile, "utf8"));
  return existsSync(binary) ? binary : null;
}
