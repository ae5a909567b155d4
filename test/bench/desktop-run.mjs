// Runs desktop.mjs in a process of its own, on a display: the one there is, or one of its own.
import { spawnSync } from "node:child_process";
import path from "node:path";
import process from "node:process";
import { findElectron } from "../../.ci/electron.mjs";

/** The figures of desktop.mjs, or `missing`: why there are none. */
export function measureDesktop(quick) {
  const electron = findElectron();
  if (electron === null) return { missing: "no Electron binary here (set ELECTRON_OVERRIDE_DIST_PATH)" };
  const command = [process.execPath, path.join(import.meta.dirname, "desktop.mjs"), ...(quick ? ["--quick"] : [])];
  const display = process.platform !== "linux" || process.env.DISPLAY ? [] : ["xvfb-run", "-a", "-s", "-screen 0 1440x1000x24"];
  const [file, ...args] = [...display, ...command];
  const run = spawnSync(file, args, {
    env: { ...process.env, PORTCULLIS_TEST_ELECTRON: electron },
    encoding: "utf8",
    timeout: 120_000,
    stdio: ["ignore", "pipe", "pipe"],
  });
  if (run.error?.code === "ENOENT") return { missing: "no display here, and no xvfb-run" };
  if (run.status === 0) return JSON.parse(run.stdout);
  return {
    missing: `it did not work: ${run.error?.message ?? run.stderr.split("\n").find((line) => line.includes("rror")) ?? "no reason given"}`,
  };
}
