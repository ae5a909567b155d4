// `npm run bench`: the same work direct, through a plain Node relay (the floor) and through Portcullis (a rule allows, journal and
// redaction on), boxed and not, over the bridge and straight on the socket. Starts are measured as a person feels them; calls warm,
// with the load, the app and the servers on one core, because what waking an idle core costs would hide the rest; the desktop app in a
// real Electron where there is one. `--quick` for a short look, `--unpinned` for calls on all cores, `--json` prints the report as
// JSON, `--dist DIR` measures another build, `--packages` compares the start of real packages with `npx -y`.
import { execFileSync } from "node:child_process";
import os from "node:os";
import process from "node:process";
import { distFolder, startApp } from "./app.mjs";
import { measureCalls } from "./calls.mjs";
import { measureDesktop } from "./desktop-run.mjs";
import { measureStarts } from "./starts.mjs";
import { compare } from "./targets.mjs";
import { printReport } from "./report.mjs";

/** Everything from here on, and what it starts, on one core; false where that cannot be had. */
function pin() {
  if (process.platform !== "linux" || process.argv.includes("--unpinned")) return false;
  try {
    execFileSync("taskset", ["-a", "-c", "-p", String(os.cpus().length - 1), String(process.pid)], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

async function packages(dist) {
  const { comparePackages } = await import("./packages.mjs");
  const app = await startApp(dist);
  try {
    await comparePackages({ portcullis: app.portcullis, connect: app.bridgeCommand, env: app.env });
  } finally {
    await app.close();
  }
}

async function main() {
  const dist = distFolder(process.argv);
  const quick = process.argv.includes("--quick");
  delete process.env.NODE_EXTRA_CA_CERTS; // costs every Node start 35 ms
  if (process.argv.includes("--packages")) return packages(dist);
  const desktop = measureDesktop(quick);
  const starts = await measureStarts(dist, quick ? 1 : 11);
  const pinned = pin();
  const { calls, appAfter } = await measureCalls(dist, quick);
  const machine = `node ${process.version}, ${os.cpus()[0]?.model ?? "cpu"} × ${String(os.cpus().length)}, calls ${pinned ? "pinned to one core" : "not pinned"}`;
  const report = { machine, calls, starts, desktop, targets: compare({ calls, starts, desktop }), appAfter };
  if (process.argv.includes("--json")) console.log(JSON.stringify(report));
  else printReport(report);
}

await main();
