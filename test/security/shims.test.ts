import fs from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createRig } from "../fixtures/registry/rig.ts";
import type { Rig } from "../fixtures/registry/rig.ts";

// A version manager's shim is asked outside of the box which program it leads to. Only those that the managers made are asked, and none
// is given what our own environment holds (threat 25).
let rig: Rig;
let marker: string;
const someone = { client: "a", sessionId: "a" };
const token = "ghp_0123456789012345678901234567890123ab";

beforeEach(async () => {
  rig = await createRig({ env: { GITHUB_TOKEN: token, NODE_OPTIONS: "--no-warnings", PYENV_ROOT: undefined } });
  marker = path.join(rig.home, "asked");
});
afterEach(async () => {
  await rig.close();
});

function put(folder: string): string {
  fs.mkdirSync(folder, { recursive: true });
  const shim = path.join(folder, "node");
  fs.writeFileSync(shim, `#!/bin/sh\n{ /usr/bin/env; pwd; } > ${marker}\necho ${process.execPath}\n`, { mode: 0o755 });
  return shim;
}

test("a program in a folder that is only named like a manager's is not run outside of the box", async ({ skip }) => {
  if (rig.cannot !== undefined) skip(`nothing can be boxed here: ${rig.cannot}`);
  const behind = path.join(rig.home, "work", "mise");
  fs.mkdirSync(path.dirname(behind), { recursive: true });
  fs.writeFileSync(behind, `#!/bin/sh\n: > ${marker}\necho ${process.execPath}\n`, { mode: 0o755 });
  const link = path.join(rig.home, "work", "python3");
  fs.symlinkSync(behind, link);
  for (const [name, program] of [
    ["folder", put(path.join(rig.home, "work", "shims"))],
    ["below", put(path.join(rig.home, ".pyenv", "shims", "more"))],
    ["volta", put(path.join(rig.home, "work", ".volta", "bin"))],
    ["link", link],
  ] as const) {
    await rig.registry.add(name, { command: program, args: ["x.js"] }, true);
    const launched = await rig.registry.launch(name, someone);
    // Started like any other program: in the box, where this path cannot be written.
    expect(launched.ok, name).toBe(true);
    if (launched.ok) await launched.value.exited;
    expect(fs.existsSync(marker), name).toBe(false);
  }
});

test("a manager's own shim is asked with its own variables and nothing else of ours, in no project's folder", async ({ skip }) => {
  if (rig.cannot !== undefined) skip(`nothing can be boxed here: ${rig.cannot}`);
  const script = path.join(rig.home, "work", "x.js");
  fs.mkdirSync(path.dirname(script), { recursive: true });
  fs.writeFileSync(script, "");
  await rig.registry.add("own", { command: put(path.join(rig.home, ".nodenv", "shims")), args: [script] }, true);
  const launched = await rig.registry.launch("own", someone);
  expect(launched.ok ? await launched.value.exited : launched.error).toMatchObject({ code: 0 });
  const told = fs.readFileSync(marker, "utf8");
  const lines = told.trimEnd().split("\n");
  expect(lines.at(-1)).toBe(rig.home);
  expect(lines).toContain(`HOME=${rig.home}`);
  expect(told).not.toContain(token);
  // What the shell that runs the script sets by itself, and the mark by which it ends with us.
  const names = lines.slice(0, -1).map((line) => line.split("=")[0]);
  expect(names.filter((name) => !["PATH", "HOME", "PWD", "OLDPWD", "SHLVL", "_", "PORTCULLIS_RUN"].includes(name ?? ""))).toEqual([]);
});
