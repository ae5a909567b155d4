import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { expect, it } from "vitest";
import { askApp } from "../fixtures/desktop/ask-app.ts";
import { findElectron, root, until, whyNoElectron } from "../fixtures/desktop/launch-desktop.ts";

const reason = whyNoElectron() ?? (process.platform === "linux" ? null : "looks at the windows of an X display");
if (reason !== null) console.warn(`skipped: npm start with a display: ${reason}`);

// What `npm start` runs, after its set-up step, on what was built.
it.skipIf(reason !== null)("npm start shows the tray app, hands its window to a command, and ends it with a signal", async () => {
  const home = mkdtempSync(path.join(os.tmpdir(), "pc-"));
  const windows = (): string => spawnSync("xdotool", ["search", "--onlyvisible", "--name", "^Portcullis"], { encoding: "utf8" }).stdout;
  const started = spawn(process.execPath, [path.join(root, ".ci", "start.mjs")], {
    stdio: ["ignore", "ignore", "pipe"],
    env: { ...process.env, PORTCULLIS_HOME: home, HOME: home, ELECTRON_OVERRIDE_DIST_PATH: path.dirname(findElectron() ?? "") },
  });
  let errors = "";
  started.stderr.on("data", (chunk: Buffer) => (errors += chunk.toString("utf8")));
  try {
    const socket = path.join(home, "run", "portcullis.sock");
    await until("the app", () => Promise.resolve(existsSync(socket)), 30_000);
    await until("its window", () => Promise.resolve(windows() !== ""));
    expect(errors).not.toContain("Serving the same app in the browser");
    const opened = spawnSync(process.execPath, [path.join(root, "dist", "portcullis.js"), "open", "rules"], {
      encoding: "utf8",
      env: { ...process.env, PORTCULLIS_HOME: home },
    });
    expect([opened.status, opened.stdout]).toEqual([0, "The window is up.\n"]);
    expect(await askApp(home, "state.get", undefined)).toMatchObject({ ok: true, value: { snapshot: { app: { answerer: "ui" } } } });
    started.kill("SIGTERM");
    expect(await once(started, "exit")).toEqual([0, null]);
    expect(existsSync(socket)).toBe(false);
  } finally {
    started.kill("SIGKILL");
    rmSync(home, { recursive: true, force: true, maxRetries: 5 });
  }
});
