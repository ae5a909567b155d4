import { execFileSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { startPypiIndex } from "../fixtures/registry/pypi-index.ts";
import type { PypiIndex } from "../fixtures/registry/pypi-index.ts";
import { installUv } from "../fixtures/registry/real-uv.ts";
import { createRig } from "../fixtures/registry/rig.ts";
import type { Rig } from "../fixtures/registry/rig.ts";

// Threat 31 for Python: a real uv, a real interpreter, real wheels from an index on this machine, real boxes.

const uv = await installUv();
const why = process.platform === "linux" ? (uv.ok ? undefined : uv.error.message) : "Python packages are tested on Linux only";
if (why !== undefined) console.log(`skipped: the installation of Python packages: ${why}`);

const startFile = path.join(os.tmpdir(), `portcullis-start-${String(process.pid)}`);
let rig: Rig;
let index: PypiIndex;

/** Answers `tools/list` with tools named after what it was told and what it can see. */
const server = (version: string): string => `
import json, os, socket, sys
def reach(host, port):
    try:
        socket.create_connection((host, port), 1).close()
        return "reached"
    except OSError:
        return "no-network"
def main():
    secret, port = sys.argv[1:3] if len(sys.argv) > 2 else ("/nonexistent", "9")
    names = ["version-${version}", "sees-home" if os.path.exists(secret) else "no-home", reach("127.0.0.1", int(port))]
    for line in sys.stdin:
        message = json.loads(line)
        results = {
            "initialize": {"protocolVersion": "2025-06-18", "capabilities": {"tools": {}}, "serverInfo": {"name": "t", "version": "1"}},
            "tools/list": {"tools": [{"name": name, "inputSchema": {"type": "object"}} for name in names]},
        }
        if "id" in message:
            print(json.dumps({"jsonrpc": "2.0", "id": message["id"], "result": results.get(message["method"], {})}), flush=True)
`;
/** Of the interpreter, for a module's `__init__`. */
const cacheName = (): string =>
  execFileSync("python3", ["-c", "import sys; print(f'__init__.{sys.implementation.cache_tag}.pyc')"], { encoding: "utf8" }).trim();
/** As Python loads it without a look at the source beside it. */
const compiled = (source: string): Uint8Array => execFileSync("python3", ["-c", COMPILE], { input: source });
const COMPILE = `
import importlib.util, marshal, sys
code = compile(sys.stdin.read(), "gate_test/__init__.py", "exec")
sys.stdout.buffer.write(importlib.util.MAGIC_NUMBER + (1).to_bytes(4, "little") + bytes(8) + marshal.dumps(code))
`;
const wheel = (version: string): Record<string, string> => ({ "gate_test/__init__.py": server(version) });

describe.skipIf(why !== undefined)("a Python package", () => {
  beforeEach(async () => {
    index = await startPypiIndex();
    index.publish("gate-test", "1.0.0", wheel("1"));
    // What an interactive sh reads: as a person's start files, which put uv on the PATH.
    fs.writeFileSync(startFile, `PATH="${uv.ok ? uv.value : ""}:$PATH"\n`);
    rig = await createRig({ env: { UV_DEFAULT_INDEX: index.url, ENV: startFile } });
  });
  afterEach(async () => {
    await rig.close();
    await index.close();
    fs.rmSync(startFile);
  });

  const tools = async (name = "t"): Promise<string> => {
    const found = await rig.registry.inspect(name);
    return found.ok ? found.value.map((tool) => tool.name).join(" ") : `${found.error.code}: ${found.error.message}`;
  };

  test("is installed once, with progress, and then runs boxed and without the index", async ({ skip }) => {
    if (rig.cannot !== undefined) skip(`nothing can be boxed here: ${rig.cannot}`);
    const secret = path.join(rig.home, "secret");
    fs.writeFileSync(secret, "x");
    const steps: string[] = [];
    const unsubscribe = rig.registry.onChange(() => {
      const state = rig.registry.get("t")?.state;
      if (state?.kind === "installing" && steps.at(-1) !== state.step) steps.push(state.step);
    });
    await rig.registry.add("t", { command: "uvx", args: ["gate-test", secret, new URL(index.url).port] }, true);
    expect(await tools()).toBe("version-1 no-home no-network");
    unsubscribe();
    expect(steps).toEqual(["Making a Python environment", `Installing gate-test from ${new URL(index.url).host}`]);
    expect(rig.registry.get("t")?.package).toMatchObject({ ecosystem: "pypi", name: "gate-test", version: "1.0.0" });
    expect(rig.registry.get("t")?.package?.integrity).toMatch(/^sha256-/u);
    expect(fs.readdirSync(path.join(rig.data, "packages")).filter((name) => name.startsWith("."))).toEqual([]);
    index.publish("gate-test", "2.0.0", wheel("2"));
    const before = index.asked.length;
    await rig.restart();
    expect(await tools()).toContain("version-1");
    expect(index.asked).toHaveLength(before);
  }, 120_000);

  test("of another version is a change, and is installed only when it is accepted", async ({ skip }) => {
    if (rig.cannot !== undefined) skip(`nothing can be boxed here: ${rig.cannot}`);
    await rig.registry.add("t", { command: "uvx", args: ["gate-test==1.0.0"] }, true);
    expect(await tools()).toContain("version-1");
    index.publish("gate-test", "2.0.0", wheel("2"));
    const before = index.asked.length;
    await rig.registry.edit("t", { command: ["uvx", "gate-test==2.0.0"] });
    expect(await tools()).toMatch(/^not-accepted/u);
    expect(index.asked).toHaveLength(before);
    await rig.registry.accept("t", rig.registry.get("t")?.fingerprint ?? "");
    expect(await tools()).toContain("version-2");
  }, 120_000);

  test.for(["which its own list of files admits", "which its own list of files denies"])(
    "with other bytes under the accepted version, %s, is not run when it must be installed again",
    { timeout: 120_000 },
    async (how, { skip }) => {
      if (rig.cannot !== undefined) skip(`nothing can be boxed here: ${rig.cannot}`);
      const { record } = index.publish("gate-test", "1.0.0", wheel("1"));
      await rig.registry.add("t", { command: "uvx", args: ["gate-test"] }, true);
      expect(await tools()).toContain("version-1");
      fs.rmSync(path.join(rig.data, "packages"), { recursive: true });
      expect(await tools()).toContain("version-1");
      index.publish("gate-test", "1.0.0", wheel("1-evil"), how.endsWith("denies") ? record : undefined);
      fs.rmSync(path.join(rig.data, "packages"), { recursive: true });
      expect(await tools()).toMatch(/^not-accepted: .*other bytes/u);
      // A file that no list names at all.
      index.publish("gate-test", "1.0.0", { ...wheel("1"), "sitecustomize.py": "raise SystemExit(1)" }, record);
      expect(await tools()).toMatch(/^not-accepted: .*other bytes/u);
      for (const place of ["gate_test-1.0.0.dist-info", "gate_test/more.dist-info"]) {
        index.publish("gate-test", "1.0.0", { ...wheel("1"), [`${place}/more.py`]: "raise SystemExit(1)\n" }, record);
        expect(await tools(), place).toMatch(/^not-accepted: .*other bytes/u);
      }
      expect(fs.existsSync(path.join(rig.data, "packages", "pypi", "gate-test@1.0.0"))).toBe(false);
    },
  );

  // Each is run in the stead, or in front, of what was accepted.
  const hidden: Readonly<Record<string, () => Record<string, string | Uint8Array>>> = {
    "a program in the place of its entry point": () => ({
      "gate_test-1.0.0.data/data/bin/gate-test": `#!python\n${server("1-evil")}\nmain()\n`,
    }),
    "compiled code beside its source": () => ({ [`gate_test/__pycache__/${cacheName()}`]: compiled(server("1-evil")) }),
    "a start file of its environment": () => ({ "_virtualenv.pth": "import sys; sys.exit(1)\n" }),
    "a module of its environment": () => ({ "_virtualenv.py": "raise SystemExit(1)\n" }),
  };
  test.for(Object.entries(hidden))("is not run with %s that was not accepted", { timeout: 120_000 }, async ([, more], { skip }) => {
    if (rig.cannot !== undefined) skip(`nothing can be boxed here: ${rig.cannot}`);
    await rig.registry.add("t", { command: "uvx", args: ["gate-test"] }, true);
    expect(await tools()).toContain("version-1 ");
    index.publish("gate-test", "1.0.0", { ...wheel("1"), ...more() });
    fs.rmSync(path.join(rig.data, "packages"), { recursive: true });
    expect(await tools()).toMatch(/^(?:not-accepted: .*other bytes|install-failed: .*replaces)/u);
  });

  test("that was lost comes back with the dependencies that were accepted, and is not run with other bytes under their versions", async ({
    skip,
  }) => {
    if (rig.cannot !== undefined) skip(`nothing can be boxed here: ${rig.cannot}`);
    const dep = (says: string): Record<string, string> => ({ "dep/__init__.py": `says = "${says}"\ndef main(): pass\n` });
    const using = { "needs_dep/__init__.py": `import dep\n${server('" + dep.says + "')}` };
    index.publish("dep", "1.0.0", dep("good"));
    index.publish("needs-dep", "1.0.0", using, undefined, { requires: ["dep>=1"] });
    await rig.registry.add("t", { command: "uvx", args: ["needs-dep"] }, true);
    expect(await tools()).toContain("version-good");
    index.publish("dep", "1.0.1", dep("evil"));
    fs.rmSync(path.join(rig.data, "packages"), { recursive: true });
    expect(await tools()).toContain("version-good");
    index.publish("dep", "1.0.0", dep("evil"));
    fs.rmSync(path.join(rig.data, "packages"), { recursive: true });
    expect(await tools()).toMatch(/^not-accepted: .*other bytes/u);
  }, 120_000);

  test("with an extra is another installation than without", async ({ skip }) => {
    if (rig.cannot !== undefined) skip(`nothing can be boxed here: ${rig.cannot}`);
    const probe = `import importlib.util\nhas = "pdf" if importlib.util.find_spec("dep") else "bare"\n${server('" + has + "')}`;
    index.publish("dep", "1.0.0", { "dep/__init__.py": "def main(): pass\n" });
    index.publish("extra-test", "1.0.0", { "extra_test/__init__.py": probe }, undefined, {
      requires: ['dep; extra == "pdf"'],
      extras: ["pdf"],
    });
    await rig.registry.add("bare", { command: "uvx", args: ["extra-test==1.0.0"] }, true);
    await rig.registry.add("pdf", { command: "uvx", args: ["extra-test[pdf]==1.0.0"] }, true);
    expect(await tools("bare")).toContain("version-bare");
    expect(await tools("pdf")).toContain("version-pdf");
    expect(await tools("bare")).toContain("version-bare");
  }, 120_000);

  test("with its sandbox waived leaves its installation as it is", async () => {
    await rig.registry.add("t", { command: "uvx", args: ["gate-test"], sandbox: { waived: true } }, true);
    expect(await tools()).toContain("version-1");
    expect(await tools()).toContain("version-1");
  }, 120_000);

  test("edited where it lies is not run", async ({ skip }) => {
    if (rig.cannot !== undefined) skip(`nothing can be boxed here: ${rig.cannot}`);
    await rig.registry.add("t", { command: "uvx", args: ["gate-test"] }, true);
    expect(await tools()).toContain("version-1");
    const folder = path.join(rig.data, "packages", "pypi", "gate-test@1.0.0");
    const record = fs
      .readdirSync(folder, { recursive: true, encoding: "utf8" })
      .find((name) => name.endsWith("gate_test-1.0.0.dist-info/RECORD"));
    fs.appendFileSync(path.join(folder, record ?? ""), "more.py,,\n");
    expect(await tools()).toMatch(/^install-failed: .*not as it was installed/u);
  }, 120_000);

  test("that would run code to be built is not installed, and what is not there is said", async ({ skip }) => {
    if (rig.cannot !== undefined) skip(`nothing can be boxed here: ${rig.cannot}`);
    index.publishSource("only-source", "1.0.0");
    await rig.registry.add("s", { command: "uvx", args: ["only-source"] }, true);
    expect(await tools("s")).toMatch(/^install-failed: .*no wheel of it for this machine/u);
    expect(index.asked).not.toContain("/ran");
    await rig.registry.add("n", { command: "uvx", args: ["no-such-package"] }, true);
    expect(await tools("n")).toMatch(/^install-failed: .*no such package or version/u);
  }, 120_000);
});
