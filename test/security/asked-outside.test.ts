import { spawn } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { until } from "../fixtures/registry/rig.ts";

// Threat 37: what we ask outside of any box (the login shell for its PATH, a version manager's shim, npm) does not outlive us either.
const app = fileURLToPath(new URL("../fixtures/sandbox/asking-app.ts", import.meta.url));

/** Command lines of the processes that hold the text. */
function carrying(text: string): readonly string[] {
  return fs.readdirSync("/proc").flatMap((name) => {
    if (!/^[0-9]+$/.test(name)) return [];
    try {
      if (/\) [ZX] /.test(fs.readFileSync(`/proc/${name}/stat`, "latin1"))) return [];
      const command = fs.readFileSync(`/proc/${name}/cmdline`, "latin1").replaceAll("\0", " ");
      return command.includes(text) ? [command] : [];
    } catch {
      return [];
    }
  });
}

describe.skipIf(process.platform !== "linux")("when the app is killed while it waits for an answer", () => {
  it.each([
    ["shell", "sh"],
    ["shim", "node"],
    ["npm", "npm"],
  ])("%s: nothing of it lives on", async (what, name) => {
    const home = fs.mkdtempSync(path.join(os.tmpdir(), "asked-"));
    const seconds = `${70_000 + what.length}.${process.pid}`;
    const program = path.join(home, name);
    fs.writeFileSync(program, `#!/bin/sh\nsleep ${seconds} &\nsleep ${seconds}\n`, { mode: 0o755 });
    const child = spawn(process.execPath, [app, what, home, program], { stdio: "ignore" });
    try {
      await until("it is asked", () => carrying(`sleep ${seconds}`).length === 2, 20_000);
      child.kill("SIGKILL");
      await until("all of it is gone", () => carrying(`sleep ${seconds}`).length === 0 && carrying(home).length === 0, 10_000);
      expect(carrying(home)).toEqual([]);
    } finally {
      child.kill("SIGKILL");
      fs.rmSync(home, { recursive: true, force: true });
    }
  });
});
