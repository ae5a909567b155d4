// `npm test`: every check, then every test, on real parts. A keyring and a display of the tests' own are brought along, so that
// neither the person's keychain nor their screen is touched. Ends with `N passed, N failed`.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import process from "node:process";
import { findElectron } from "../.ci/electron.mjs";

const root = path.join(import.meta.dirname, "..");
const place = mkdtempSync(path.join(os.tmpdir(), "portcullis-test-"));

function has(name) {
  return (process.env.PATH ?? "").split(path.delimiter).some((folder) => folder !== "" && existsSync(path.join(folder, name)));
}

/** Wraps a command so that it has a Secret Service of its own, unlocked, empty and gone afterwards. */
function withKeyring(command) {
  if (process.platform !== "linux" || process.env.WITH_KEYRING_DATA) return command;
  if (!has("dbus-run-session") || !has("gnome-keyring-daemon")) {
    console.error("test: no gnome-keyring here: tests on a real keychain are skipped");
    return command;
  }
  return ["bash", path.join(root, "test", "with-keyring.sh"), ...command];
}

/** Wraps a command so that windows open on a display of its own. */
function withDisplay(command) {
  if (process.platform !== "linux") return command;
  if (!has("xvfb-run")) {
    console.error("test: no xvfb-run here: tests in real windows are skipped");
    return command;
  }
  return ["xvfb-run", "-a", "-s", "-screen 0 1440x1000x24", ...command];
}

function run(label, command, env = {}) {
  const started = Date.now();
  console.log(`\n== ${label}`);
  const { status } = spawnSync(command[0], command.slice(1), {
    cwd: root,
    stdio: ["ignore", "inherit", "inherit"],
    env: { ...process.env, ...env },
  });
  console.log(`== ${label}: ${status === 0 ? "ok" : "FAILED"} (${((Date.now() - started) / 1000).toFixed(1)} s)`);
  return status === 0;
}

const bin = (name) => path.join(root, "node_modules", ".bin", name);
const checks = [
  ["format", [bin("prettier"), "--check", "--log-level", "warn", "."]],
  ["lint", [bin("oxlint"), "--type-aware", "--deny-warnings"]],
  ["types: shared", [bin("tsc"), "-p", "shared"]],
  ["types: electron", [bin("tsc"), "-p", "electron"]],
  ["types: preload", [bin("tsc"), "-p", "electron/preload.tsconfig.json"]],
  ["types: renderer", [bin("tsc"), "-p", "renderer"]],
  ["types: test", [bin("tsc"), "-p", "test"]],
  ["unused code", [bin("knip")]],
  ["build", [process.execPath, "build.mjs"]],
];

let passed = 0;
let failed = 0;
let isBuilt = false;
for (const [label, command] of checks) {
  const isFine = run(label, command);
  if (isFine) passed += 1;
  else failed += 1;
  if (label === "build") isBuilt = isFine;
}

const electron = findElectron();
// What tests start is compiled once, and taken from the build where it is in there: half of the time of a start in TypeScript.
const compiled = {
  NODE_COMPILE_CACHE: path.join(place, "compiled"),
  ...(isBuilt ? { PORTCULLIS_TEST_BUILT: path.join(root, "dist") } : {}),
};
const env = electron === null ? compiled : { ...compiled, PORTCULLIS_TEST_ELECTRON: electron };
if (electron === null)
  console.error(
    "test: no Electron binary here: desktop tests are skipped (set ELECTRON_OVERRIDE_DIST_PATH, or run npx install-electron --no)",
  );

/** One run of vitest, on a keyring and a display of its own; with `output` what it prints goes into that file. */
async function runTests(label, args, output = null) {
  const results = path.join(place, `${label.replaceAll(" ", "-")}.json`);
  const vitest = path.join(root, "node_modules", "vitest", "vitest.mjs");
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${results}`];
  const [file, ...rest] = withKeyring(withDisplay([process.execPath, vitest, "run", ...reporters, ...args]));
  const printed = output === null ? "inherit" : openSync(output, "w");
  const started = Date.now();
  const child = spawn(file, rest, { cwd: root, stdio: ["ignore", printed, printed], env: { ...process.env, ...env } });
  const [status] = await once(child, "close");
  if (output !== null) closeSync(printed);
  const time = `${((Date.now() - started) / 1000).toFixed(1)} s`;
  return { label, status, time, output, report: existsSync(results) ? JSON.parse(readFileSync(results, "utf8")) : null };
}

// The desktop's tests, one after the other, beside all others; those that are named run alone.
const named = process.argv.slice(2);
const others = ["unit", "integration", "security", "renderer"].flatMap((project) => ["--project", project]);
console.log("\n== tests");
const runs = await Promise.all(
  named.length > 0
    ? [runTests("tests", named)]
    : [runTests("tests", others), runTests("desktop tests", ["--project", "desktop"], path.join(place, "desktop.txt"))],
);
let skipped = 0;
const again = [];
for (const { label, status, time, output, report } of runs) {
  if (output !== null) console.log(`\n== ${label}\n${readFileSync(output, "utf8")}`);
  console.log(`== ${label}: ${status === 0 ? "ok" : "FAILED"} (${time})`);
  passed += report?.numPassedTests ?? 0;
  skipped += (report?.numPendingTests ?? 0) + (report?.numTodoTests ?? 0);
  for (const { assertionResults } of report?.testResults ?? [])
    for (const test of assertionResults)
      if (test.status === "passed" && test.failureMessages.length > 0)
        again.push(`${test.fullName}: ${test.failureMessages[0].split("\n")[0]}`);
  // A file that could not be loaded has no failed test of its own.
  const broken = (report?.testResults ?? []).filter(
    (file) => file.status === "failed" && !file.assertionResults.some((test) => test.status === "failed"),
  ).length;
  const wrong = (report?.numFailedTests ?? 0) + broken;
  failed += status !== 0 && wrong === 0 ? 1 : wrong;
}
rmSync(place, { recursive: true, force: true });

if (again.length > 0) console.log(`\nPassed at the second try only:\n${again.map((line) => `- ${line}`).join("\n")}`);
console.log(`\n${String(passed)} passed, ${String(failed)} failed${skipped === 0 ? "" : `, ${String(skipped)} skipped`}`);
process.exitCode = failed === 0 ? 0 : 1;
