import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

// What `npm start` and `npm run demo` run, after their set-up step, on what was built.

const root = path.join(import.meta.dirname, "..", "..");
let home: string;
let child: ChildProcess | null = null;
let said = "";

beforeEach(() => {
  home = mkdtempSync(path.join(os.tmpdir(), "portcullis-start-"));
});

afterEach(async () => {
  if (child !== null && child.exitCode === null && child.signalCode === null) {
    child.kill("SIGKILL");
    await once(child, "exit");
  }
  rmSync(home, { recursive: true, force: true, maxRetries: 5 });
});

/** Starts one of the scripts; without a display, unless one is given. */
function script(name: string, args: readonly string[], given: Readonly<Record<string, string>> = {}): ChildProcess {
  const { DISPLAY: _display, WAYLAND_DISPLAY: _wayland, ...env } = process.env;
  said = "";
  child = spawn(process.execPath, [path.join(root, ".ci", name), ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...env, PORTCULLIS_HOME: home, HOME: home, ...given },
  });
  for (const stream of [child.stdout, child.stderr]) stream?.on("data", (chunk: Buffer) => (said += chunk.toString("utf8")));
  return child;
}

async function saying(pattern: RegExp): Promise<string> {
  for (let waited = 0; waited < 60_000; waited += 50) {
    const found = pattern.exec(said)?.[1];
    if (found !== undefined) return found;
    if (child?.exitCode !== null) break;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`it did not say ${String(pattern)}:\n${said}`);
}

describe.skipIf(process.platform === "win32")("npm start", () => {
  const noElectron = { DISPLAY: ":0", ELECTRON_OVERRIDE_DIST_PATH: "/nowhere" };
  it.each<[string, Record<string, string>, string]>([
    ["an Electron binary", noElectron, "Electron's binary could not be fetched"],
    // Elsewhere there always is one.
    ...(process.platform === "linux"
      ? ([["a display", {}, "There is no display here"]] as [string, Record<string, string>, string][])
      : []),
  ])("without %s says so, serves the same UI in the browser, and ends with a signal", async (_name, env, why) => {
    const started = script("start.mjs", [], env);
    const url = await saying(/Open \(works once\): (http:\S+)/);
    expect(said).toContain(why);
    expect(said).toContain("Serving the same app in the browser instead.");
    const entered = await fetch(url, { redirect: "manual" });
    const cookie = entered.headers.get("set-cookie")?.split(";")[0] ?? "";
    const page = await fetch(new URL(entered.headers.get("location") ?? "", url), { headers: { cookie } });
    expect(await page.text()).toContain("<title>Portcullis</title>");
    started.kill("SIGTERM");
    expect(await once(started, "exit")).toEqual([0, null]);
    expect(existsSync(path.join(home, "run", "portcullis.sock"))).toBe(false);
  });
});

describe.skipIf(process.platform === "win32")("npm run demo", () => {
  const place = (): Promise<string> => saying(/a throw-away home: (\S+)/);

  it("lists, reads and writes through a real server, and shows a journal that is whole", async () => {
    const demo = script("demo.mjs", ["--unattended"]);
    const files = await place();
    expect(await once(demo, "exit"), said).toEqual([0, null]);
    expect(said).toContain("[FILE] index.html");
    expect(said).toContain("Old text.");
    expect(said).toContain("it was allowed");
    expect(said).toContain("New text, written by the model.");
    expect(said).toMatch(/intact/i);
    expect(existsSync(files)).toBe(false);
  });

  it("waits for an answer, and Ctrl+C then ends it quietly and removes its files", async () => {
    const demo = script("demo.mjs", []);
    const files = await place();
    await saying(/(asks to write index\.html)/);
    demo.kill("SIGINT");
    expect(await once(demo, "exit"), said).toEqual([0, null]);
    expect(said).not.toContain("did not work");
    expect(existsSync(files)).toBe(false);
  });
});
