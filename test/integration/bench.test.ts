import { execFile } from "node:child_process";
import path from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { findElectron, whyNoElectron } from "../fixtures/desktop/launch-desktop.ts";

// The benchmark runs, and measures everything it says it does. How fast anything is does not matter here.

const linux = process.platform === "linux";
if (!linux) console.log("skipped: the benchmark boxes servers and reads /proc, which is Linux's");

const noDesktop = whyNoElectron();
if (linux && noDesktop !== null) console.log(`skipped: the benchmark's figures of the desktop app: ${noDesktop}`);

test.skipIf(!linux)(
  "npm run bench -- --quick --json: every figure is a number",
  async () => {
    // The Electron that the other tests use.
    const electron = findElectron();
    const env = { ...process.env, ...(electron === null ? {} : { ELECTRON_OVERRIDE_DIST_PATH: path.dirname(electron) }) };
    const bench = ["test/bench/bench.mjs", "--quick", "--json"];
    const { stdout } = await promisify(execFile)(process.execPath, bench, { maxBuffer: 1 << 24, env });
    const report = JSON.parse(stdout) as Record<"calls" | "starts" | "desktop" | "targets" | "appAfter", unknown>;
    expect(noDesktop === null ? report.desktop : {}).not.toHaveProperty("missing");
    const figures = numbersOf(report);
    expect(figures.filter(([, value]) => typeof value !== "number" || !Number.isFinite(value) || value < -1e6)).toEqual([]);
    const names = figures.map(([name]) => name);
    for (const way of ["direct", "relay", "bridge, boxed", "bridge, waived", "socket, boxed", "socket, waived"]) {
      for (const column of ["64 B", "10 KB", "1 MB", "10 MB", "list"]) expect(names).toContain(`calls.${way}.${column}.0.0`);
      expect(names).toContain(`calls.${way}.rate.0`);
    }
    for (const way of ["direct", "bridge, waived", "bridge, boxed", "socket, hosts", "socket, hosts, at once"]) {
      expect(names).toContain(`starts.ways.${way}.cold`);
      expect(names).toContain(`starts.ways.${way}.warm.0`);
    }
    const desktop = noDesktop === null ? ["desktop.bare.pss", "desktop.idle.pss", "desktop.paintedMs.0"] : [];
    for (const name of ["starts.twenty.bridges.0", "starts.memory.busy.rss", "appAfter.pss", ...desktop]) expect(names).toContain(name);
    expect(report.targets).toHaveLength(noDesktop === null ? 19 : 17);
  },
  180_000,
);

/** Every leaf that should be a number, with its path. A number that is none becomes null in JSON. */
function numbersOf(value: unknown, name = ""): [string, unknown][] {
  if (typeof value === "string" || typeof value === "boolean") return [];
  if (typeof value !== "object" || value === null) return [[name, value]];
  return Object.entries(value).flatMap(([key, member]) => numbersOf(member, name === "" ? key : `${name}.${key}`));
}
