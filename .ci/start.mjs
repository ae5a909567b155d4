// `npm start`: the tray app; where there is no Electron binary or no display it says so and serves the same UI in the browser.
import { spawn } from "node:child_process";
import path from "node:path";
import process from "node:process";
import { findElectron } from "./electron.mjs";

const root = path.join(import.meta.dirname, "..");

function plan() {
  if (process.platform === "linux" && !process.env.DISPLAY && !process.env.WAYLAND_DISPLAY) {
    return { why: "There is no display here (neither DISPLAY nor WAYLAND_DISPLAY is set), so there is no tray app to show." };
  }
  const electron = findElectron({ fetch: true });
  if (electron === null) {
    return {
      why:
        "Electron's binary could not be fetched (no network, or a proxy is in the way). To use one you have, set ELECTRON_OVERRIDE_DIST_PATH " +
        "to its folder; to try again later, run: npx install-electron --no",
    };
  }
  // Chromium's own sandbox does not start for root; everything else keeps it on.
  const asRoot = process.platform === "linux" && process.getuid() === 0;
  return { electron, args: [...(asRoot ? ["--no-sandbox"] : []), root, ...process.argv.slice(2)] };
}

const { why, electron, args } = plan();
if (why !== undefined) console.error(`start: ${why}\nstart: Serving the same app in the browser instead.`);
const child =
  electron === undefined
    ? spawn(process.execPath, [path.join(root, "dist", "portcullis.js"), "serve", "--ui", ...process.argv.slice(2)], { stdio: "inherit" })
    : spawn(electron, args, { stdio: "inherit" });
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => child.kill(signal));
child.on("error", (error) => {
  console.error(`start: ${error.message}`);
  process.exitCode = 1;
});
child.on("exit", (code, signal) => {
  process.exitCode = signal === null ? (code ?? 1) : 1;
});
