import { spawn } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import manifest from "../../../package.json" with { type: "json" };
import { bridgeLaunch } from "../../../electron/settings/bridge-launch.ts";

const root = path.join(import.meta.dirname, "..", "..", "..");

describe("what npm links as `portcullis`", () => {
  let folder: string;
  beforeEach(() => {
    folder = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), "portcullis-bin-")));
    fs.mkdirSync(path.join(folder, "electron"));
    fs.copyFileSync(path.join(root, manifest.bin.portcullis), path.join(folder, "electron", "bin.mjs"));
  });
  afterEach(() => fs.rmSync(folder, { recursive: true }));

  function run(...args: string[]): Promise<{ status: number | null; out: string; errors: string }> {
    return new Promise((resolve) => {
      const child = spawn(process.execPath, [path.join(folder, "electron", "bin.mjs"), ...args], { stdio: ["ignore", "pipe", "pipe"] });
      let [out, errors] = ["", ""];
      child.stdout.on("data", (text: Buffer) => (out += text.toString()));
      child.stderr.on("data", (text: Buffer) => (errors += text.toString()));
      child.once("close", (status) => resolve({ status, out, errors }));
    });
  }

  it("is there and may be run before anything is built, and says then how to build", async () => {
    expect(manifest.bin.portcullis).not.toMatch(/^dist\//);
    expect(fs.statSync(path.join(root, manifest.bin.portcullis)).mode & 0o111).toBe(0o111);
    expect(await run("doctor")).toEqual({ status: 1, out: "", errors: "portcullis: it is not built yet\n  run: npm run build\n" });
  });

  it("is the built command once there is one, which finds itself where it was built", async () => {
    fs.mkdirSync(path.join(folder, "dist"));
    const built = path.join(folder, "dist", "portcullis.js");
    fs.writeFileSync(built, "console.log(process.argv.slice(1).join(' ')); process.exitCode = 3;");
    fs.writeFileSync(path.join(folder, "package.json"), '{ "type": "module" }');
    expect(await run("doctor", "--json")).toEqual({ status: 3, out: `${built} doctor --json\n`, errors: "" });
  });
});

it.skipIf(!fs.existsSync("/dev/full"))("output that cannot be written is a failure", async () => {
  const full = fs.openSync("/dev/full", "w");
  const script = `const { runProcess } = await import(${JSON.stringify(path.join(root, "electron/commands/run-process.ts"))});
    for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined);
    process.exit(await runProcess(["--help"], process.execPath));`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], { stdio: ["ignore", full, "pipe"] });
  let errors = "";
  child.stderr?.on("data", (text: Buffer) => (errors += text.toString()));
  const status = await new Promise((resolve) => child.once("close", resolve));
  fs.closeSync(full);
  expect(status).toBe(1);
  expect(errors).toContain("portcullis: the output could not be written: ENOSPC");
});

it("the README gives a client the line that a migration writes", () => {
  const readme = fs.readFileSync(path.join(root, "README.md"), "utf8");
  const line = /^claude mcp add .*? -- (.*)$/m.exec(readme)?.[1];
  const { command, args } = bridgeLaunch("node", "$(pwd)/dist/bridge.cjs")("github", '"Claude Code"');
  expect(line).toBe([command, ...args].join(" "));
});
