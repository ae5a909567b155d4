import fs from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { startNpmRegistry } from "../fixtures/registry/npm-registry.ts";
import type { NpmRegistry } from "../fixtures/registry/npm-registry.ts";
import { createRig, until } from "../fixtures/registry/rig.ts";
import type { Rig } from "../fixtures/registry/rig.ts";

// Threat 31: what is run is what was accepted, though the registry offers something newer, something else under the same version, or code
// that wants to run while it is installed.
let rig: Rig;
let npm: NpmRegistry;
const someone = { client: "a", sessionId: "a" };

/** Answers one `tools/list` with a tool named after its version. */
const server = (version: string): string => `#!/usr/bin/env node
require("node:readline").createInterface({ input: process.stdin }).on("line", (line) => {
  const { id, method } = JSON.parse(line);
  const results = {
    initialize: { protocolVersion: "2025-06-18", capabilities: { tools: {} }, serverInfo: { name: "t", version: "1" } },
    "tools/list": { tools: [{ name: "version-${version}", inputSchema: { type: "object" } }] },
  };
  if (id !== undefined) console.log(JSON.stringify({ jsonrpc: "2.0", id, result: results[method] ?? {} }));
});
`;

beforeEach(async () => {
  npm = await startNpmRegistry();
  npm.publish("gate-test", "1.0.0", { "cli.js": server("1") });
  rig = await createRig({ env: { npm_config_registry: npm.url } });
});
afterEach(async () => {
  await rig.close();
  await npm.close();
});

const tool = async (name = "t"): Promise<string> => {
  const tools = await rig.registry.inspect(name);
  return tools.ok ? (tools.value[0]?.name ?? "none") : `${tools.error.code}: ${tools.error.message}`;
};

describe("a package that was installed once", () => {
  test("stays at its version, and the registry is not asked again", async ({ skip }) => {
    if (rig.cannot !== undefined) skip(`nothing can be boxed here: ${rig.cannot}`);
    await rig.registry.add("t", { command: "npx", args: ["-y", "gate-test"] }, true);
    expect(await tool()).toBe("version-1");
    npm.publish("gate-test", "2.0.0", { "cli.js": server("2") });
    const before = npm.asked.length;
    expect(await tool()).toBe("version-1");
    await rig.restart();
    expect(await tool()).toBe("version-1");
    expect(npm.asked).toHaveLength(before);
    expect(rig.registry.get("t")?.package?.version).toBe("1.0.0");
  }, 60_000);

  test("another version in the command is a change, and is installed only when it is accepted", async ({ skip }) => {
    if (rig.cannot !== undefined) skip(`nothing can be boxed here: ${rig.cannot}`);
    await rig.registry.add("t", { command: "npx", args: ["-y", "gate-test@1.0.0"] }, true);
    expect(await tool()).toBe("version-1");
    npm.publish("gate-test", "2.0.0", { "cli.js": server("2") });
    const before = npm.asked.length;
    await rig.registry.edit("t", { command: ["npx", "-y", "gate-test@2.0.0"] });
    expect(rig.registry.get("t")?.state.kind).toBe("changed");
    expect(await tool()).toMatch(/^not-accepted/u);
    expect(npm.asked).toHaveLength(before);
    await rig.registry.accept("t", rig.registry.get("t")?.fingerprint ?? "");
    expect(await tool()).toBe("version-2");
  }, 60_000);

  test("with other bytes under the accepted version is not run when it must be installed again", async ({ skip }) => {
    if (rig.cannot !== undefined) skip(`nothing can be boxed here: ${rig.cannot}`);
    await rig.registry.add("t", { command: "npx", args: ["-y", "gate-test"] }, true);
    expect(await tool()).toBe("version-1");
    fs.rmSync(path.join(rig.data, "packages"), { recursive: true });
    expect(await tool()).toBe("version-1");
    npm.publish("gate-test", "1.0.0", { "cli.js": server("1-evil") });
    fs.rmSync(path.join(rig.data, "packages"), { recursive: true });
    expect(await tool()).toMatch(/^not-accepted: .*other bytes/u);
    expect(fs.existsSync(path.join(rig.data, "packages", "npm", "gate-test@1.0.0"))).toBe(false);
  }, 60_000);

  test("replaced by another consistent installation on the disk is a change of the package", async ({ skip }) => {
    if (rig.cannot !== undefined) skip(`nothing can be boxed here: ${rig.cannot}`);
    await rig.registry.add("t", { command: "npx", args: ["-y", "gate-test"] }, true);
    expect(await tool()).toBe("version-1");
    const note = path.join(rig.data, "packages", "npm", "gate-test@1.0.0", "portcullis-package.json");
    fs.writeFileSync(note, fs.readFileSync(note, "utf8").replace(/sha512-[^"]+/u, "sha512-other"));
    expect(await tool()).toMatch(/^not-accepted: .*\(package\)/u);
  }, 60_000);
});

describe("an installation", () => {
  test("runs none of the package's scripts, sees no secret, and nothing of the home folder", async ({ skip }) => {
    if (rig.cannot !== undefined) skip(`nothing can be boxed here: ${rig.cannot}`);
    const out = path.join(rig.home, "install-ran");
    fs.writeFileSync(path.join(rig.home, ".npmrc"), `//127.0.0.1/:_authToken=npm_very_secret\n`);
    const scripts = { preinstall: `touch ${out}`, install: `touch ${out}`, postinstall: `touch ${out}`, prepare: `touch ${out}` };
    npm.publish("scripted", "1.0.0", { "cli.js": server("s") }, { scripts });
    await rig.registry.add("t", { command: "npx", args: ["-y", "scripted"] }, true);
    expect(await tool()).toBe("version-s");
    expect(fs.existsSync(out)).toBe(false);
    const grep = (folder: string): boolean =>
      fs
        .readdirSync(folder, { withFileTypes: true, recursive: true })
        .some((entry) => entry.isFile() && fs.readFileSync(path.join(entry.parentPath, entry.name)).includes("npm_very_secret"));
    expect(grep(rig.data)).toBe(false);
  }, 60_000);

  test("reaches the registry and no other host, though a package's address points there", async ({ skip }) => {
    if (rig.cannot !== undefined) skip(`nothing can be boxed here: ${rig.cannot}`);
    const other = await startNpmRegistry();
    try {
      npm.publish(
        "elsewhere",
        "1.0.0",
        { "cli.js": server("e") },
        { dependencies: { "bad-dependency": `${other.url}/bad/-/bad-1.0.0.tgz` } },
      );
      other.publish("bad", "1.0.0", { "cli.js": "" });
      await rig.registry.add("t", { command: "npx", args: ["-y", "elsewhere"] }, true);
      expect(await tool()).toMatch(/^install-failed/u);
      expect(other.asked).toEqual([]);
      expect(rig.registry.get("t")?.state.kind).toBe("failed");
    } finally {
      await other.close();
    }
  }, 60_000);

  test("is given up when the app closes", async ({ skip }) => {
    if (rig.cannot !== undefined) skip(`nothing can be boxed here: ${rig.cannot}`);
    await rig.registry.add("t", { command: "npx", args: ["-y", "gate-test"] }, true);
    const launching = rig.registry.launch("t", someone);
    while (npm.asked.length === 0 && rig.registry.get("t")?.state.kind !== "installing")
      await new Promise((resolve) => setTimeout(resolve, 5));
    const started = performance.now();
    await rig.registry.close();
    expect(performance.now() - started).toBeLessThan(5000);
    expect((await launching).ok).toBe(false);
  }, 60_000);
});

test("where nothing can be boxed: refused, unless the person waived this server's sandbox", async () => {
  const bare = await createRig({ env: { npm_config_registry: npm.url }, noBox: true });
  try {
    await bare.registry.add("t", { command: "npx", args: ["-y", "gate-test"] }, true);
    expect(await bare.registry.launch("t", someone)).toMatchObject({ ok: false, error: { code: "cannot-box" } });
    expect(npm.asked).toEqual([]);
    await until("it is seen", () => bare.registry.get("t")?.sandbox.kind === "cannot-box");
    const waived = await bare.registry.waive("t", true);
    await bare.registry.accept("t", waived.ok ? waived.value.fingerprint : "");
    const tools = await bare.registry.inspect("t");
    expect(tools.ok ? tools.value.map((one) => one.name) : tools.error).toEqual(["version-1"]);
  } finally {
    await bare.close();
  }
}, 60_000);
