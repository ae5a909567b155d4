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

it("the README gives a client the line that a migration writes", () => {
  const readme = fs.readFileSync(path.join(root, "README.md"), "utf8");
  const line = /^claude mcp add .*? -- (.*)$/m.exec(readme)?.[1];
  const { command, args } = bridgeLaunch("node", "$(pwd)/dist/bridge.cjs")("github", '"Claude Code"');
  expect(line).toBe([command, ...args].join(" "));
});
