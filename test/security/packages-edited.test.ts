import fs from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { startNpmRegistry } from "../fixtures/registry/npm-registry.ts";
import type { NpmRegistry } from "../fixtures/registry/npm-registry.ts";
import { createRig } from "../fixtures/registry/rig.ts";
import type { Rig } from "../fixtures/registry/rig.ts";

// Threat 31, on our own disk: what is run is what was installed, in each of its files and with the dependencies it was accepted with.
let rig: Rig;
let npm: NpmRegistry;

/** Answers `tools/list` with a tool named after itself and what its dependency says. */
const server = (version: string): string => `#!/usr/bin/env node
require("node:readline").createInterface({ input: process.stdin }).on("line", (line) => {
  const { id, method } = JSON.parse(line);
  const results = {
    initialize: { protocolVersion: "2025-06-18", capabilities: { tools: {} }, serverInfo: { name: "t", version: "1" } },
    "tools/list": { tools: [{ name: "${version}-with-" + require("dep"), inputSchema: { type: "object" } }] },
  };
  if (id !== undefined) console.log(JSON.stringify({ jsonrpc: "2.0", id, result: results[method] ?? {} }));
});
`;

beforeEach(async () => {
  npm = await startNpmRegistry();
  npm.publish("dep", "1.0.0", { "index.js": "module.exports = 'dep-1';", "types.d.ts": "" });
  npm.publish("gate-test", "1.0.0", { "cli.js": server("v1") }, { dependencies: { dep: "^1.0.0" } });
  rig = await createRig({ env: { npm_config_registry: npm.url } });
});
afterEach(async () => {
  await rig.close();
  await npm.close();
});

const tool = async (): Promise<string> => {
  const tools = await rig.registry.inspect("t");
  return tools.ok ? (tools.value[0]?.name ?? "none") : `${tools.error.code}: ${tools.error.message}`;
};
const installed = (...parts: string[]): string => path.join(rig.data, "packages", "npm", "gate-test@1.0.0", ...parts);
const modules = (...parts: string[]): string => installed("node_modules", ...parts);
const accepted = (): { servers: { t: { package: { lock?: string } } } } =>
  JSON.parse(fs.readFileSync(path.join(rig.data, "accepted.json"), "utf8")) as ReturnType<typeof accepted>;

async function installOnce(): Promise<void> {
  await rig.registry.add("t", { command: "npx", args: ["-y", "gate-test"] }, true);
  expect(await tool()).toBe("v1-with-dep-1");
}

describe("an installation that was edited is not run", () => {
  const edits: readonly (readonly [string, string, () => void])[] = [
    ["its program", "gate-test/cli.js", () => fs.writeFileSync(modules("gate-test", "cli.js"), server("EDITED"))],
    ["a dependency", "dep/index.js", () => fs.writeFileSync(modules("dep", "index.js"), "module.exports = 'EDITED';")],
    [
      "a dependency, with its size and time of writing as they were",
      "dep/index.js",
      () => {
        const file = modules("dep", "index.js");
        const { atimeMs, mtimeMs } = fs.statSync(file);
        fs.writeFileSync(file, fs.readFileSync(file, "utf8").replace("dep-1", "dep-X"));
        fs.utimesSync(file, atimeMs / 1000, mtimeMs / 1000);
      },
    ],
    [
      "a file put beside",
      "gate-test/node_modules",
      () => {
        fs.mkdirSync(modules("gate-test", "node_modules", "dep"), { recursive: true });
        fs.writeFileSync(modules("gate-test", "node_modules", "dep", "index.js"), "module.exports = 'EDITED';");
      },
    ],
    ["a folder at the top", "more", () => fs.mkdirSync(installed("more"))],
    ["a file that is missing", "dep/package.json", () => fs.rmSync(modules("dep", "package.json"))],
    [
      "a file that became a link",
      "dep/index.js",
      () => {
        fs.writeFileSync(path.join(rig.home, "elsewhere.js"), "module.exports = 'EDITED';");
        fs.rmSync(modules("dep", "index.js"));
        fs.symlinkSync(path.join(rig.home, "elsewhere.js"), modules("dep", "index.js"));
      },
    ],
    ["the list of its files", "portcullis-files.json", () => fs.appendFileSync(installed("portcullis-files.json"), "\n")],
  ];

  test("whatever the edit is", async ({ skip }) => {
    if (rig.cannot !== undefined) skip(`nothing can be boxed here: ${rig.cannot}`);
    await installOnce();
    const kept = path.join(rig.home, "kept");
    fs.cpSync(installed(), kept, { recursive: true, verbatimSymlinks: true });
    for (const [what, part, edit] of edits) {
      edit();
      const told = await tool();
      expect(told, what).toMatch(/^install-failed: .*is not as it was installed/u);
      expect(told, what).toContain(part);
      expect(rig.registry.get("t")?.state.kind, what).toBe("failed");
      fs.rmSync(installed(), { recursive: true });
      fs.cpSync(kept, installed(), { recursive: true, verbatimSymlinks: true });
    }
    expect(await tool()).toBe("v1-with-dep-1");
    // The way out that the message names.
    fs.rmSync(installed(), { recursive: true });
    expect(await tool()).toBe("v1-with-dep-1");
  }, 120_000);

  test("other times alone are no edit: a copied home folder works", async ({ skip }) => {
    if (rig.cannot !== undefined) skip(`nothing can be boxed here: ${rig.cannot}`);
    await installOnce();
    const note = (): string => fs.readFileSync(installed("portcullis-package.json"), "utf8");
    const before = note();
    const copy = path.join(rig.home, "copy");
    fs.cpSync(installed(), copy, { recursive: true, verbatimSymlinks: true });
    fs.rmSync(installed(), { recursive: true });
    fs.renameSync(copy, installed());
    expect(await tool()).toBe("v1-with-dep-1");
    const after = note();
    expect(after).not.toBe(before);
    expect(await tool()).toBe("v1-with-dep-1");
    expect(note()).toBe(after);
    fs.writeFileSync(modules("dep", "index.js"), "module.exports = 'EDITED';");
    expect(await tool()).toMatch(/^install-failed/u);
  }, 120_000);
});

describe("an installation that was lost", () => {
  test("comes back with the dependencies that were accepted", async ({ skip }) => {
    if (rig.cannot !== undefined) skip(`nothing can be boxed here: ${rig.cannot}`);
    await installOnce();
    const { lock } = accepted().servers.t.package;
    expect(lock).toMatch(/^[0-9a-f]{64}$/u);
    npm.publish("dep", "1.0.1", { "index.js": "module.exports = 'dep-EVIL';" });
    fs.rmSync(path.join(rig.data, "packages"), { recursive: true });
    expect(await tool()).toBe("v1-with-dep-1");
    expect(accepted().servers.t.package.lock).toBe(lock);
  }, 120_000);

  test("is not run with other bytes under a dependency's accepted version", async ({ skip }) => {
    if (rig.cannot !== undefined) skip(`nothing can be boxed here: ${rig.cannot}`);
    await installOnce();
    npm.publish("dep", "1.0.0", { "index.js": "module.exports = 'dep-EVIL';" });
    fs.rmSync(path.join(rig.data, "packages"), { recursive: true });
    expect(await tool()).toMatch(/^not-accepted: .*other bytes/u);
    expect(fs.existsSync(installed())).toBe(false);
  }, 120_000);

  test("together with what pinned its dependencies: others are a change that is accepted anew", async ({ skip }) => {
    if (rig.cannot !== undefined) skip(`nothing can be boxed here: ${rig.cannot}`);
    await installOnce();
    fs.rmSync(path.join(rig.data, "packages"), { recursive: true });
    fs.rmSync(path.join(rig.data, "package-locks"), { recursive: true });
    expect(await tool()).toBe("v1-with-dep-1");
    npm.publish("dep", "1.0.1", { "index.js": "module.exports = 'dep-2';" });
    fs.rmSync(path.join(rig.data, "packages"), { recursive: true });
    fs.rmSync(path.join(rig.data, "package-locks"), { recursive: true });
    expect(await tool()).toMatch(/^not-accepted: .*\(package\)/u);
    expect(await tool()).toMatch(/^not-accepted: .*\(package\)/u);
    expect(rig.registry.get("t")?.state).toMatchObject({
      kind: "changed",
      changes: [
        {
          field: "package",
          before: expect.stringContaining("dependencies") as string,
          after: expect.stringContaining("dependencies") as string,
        },
      ],
    });
    await rig.registry.accept("t", rig.registry.get("t")?.fingerprint ?? "");
    expect(await tool()).toBe("v1-with-dep-2");
  }, 120_000);

  test("from a registry at another address comes back as it was", async ({ skip }) => {
    if (rig.cannot !== undefined) skip(`nothing can be boxed here: ${rig.cannot}`);
    await installOnce();
    for (const name of fs.readdirSync(path.join(rig.data, "package-locks"))) {
      const file = path.join(rig.data, "package-locks", name);
      fs.writeFileSync(file, fs.readFileSync(file, "utf8").replaceAll(npm.url, "http://127.0.0.1:9"));
    }
    fs.rmSync(path.join(rig.data, "packages"), { recursive: true });
    npm.publish("dep", "1.0.1", { "index.js": "module.exports = 'dep-EVIL';" });
    expect(await tool()).toBe("v1-with-dep-1");
  }, 120_000);
});

test("what an earlier version installed and what was accepted then works on, and is noted as a whole", async ({ skip }) => {
  if (rig.cannot !== undefined) skip(`nothing can be boxed here: ${rig.cannot}`);
  await installOnce();
  const note = installed("portcullis-package.json");
  const { files: _files, lock: _lock, ...rest } = JSON.parse(fs.readFileSync(note, "utf8")) as Record<string, unknown>;
  fs.writeFileSync(note, JSON.stringify({ ...rest, hashes: {} }));
  fs.rmSync(installed("portcullis-files.json"));
  fs.rmSync(path.join(rig.data, "package-locks"), { recursive: true });
  const old = accepted();
  delete old.servers.t.package.lock;
  fs.writeFileSync(path.join(rig.data, "accepted.json"), JSON.stringify(old));
  await rig.restart();
  expect(await tool()).toBe("v1-with-dep-1");
  expect(accepted().servers.t.package.lock).toMatch(/^[0-9a-f]{64}$/u);
  expect(await tool()).toBe("v1-with-dep-1");
  npm.publish("dep", "1.0.1", { "index.js": "module.exports = 'dep-EVIL';" });
  fs.rmSync(path.join(rig.data, "packages"), { recursive: true });
  expect(await tool()).toBe("v1-with-dep-1");
}, 120_000);
