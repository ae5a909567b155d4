import { spawn, type ChildProcess } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { Snapshot } from "../../shared/model/snapshot.ts";
import { askApp } from "../fixtures/desktop/ask-app.ts";
import { connectClient, everythingSettings } from "../fixtures/desktop/connect-client.ts";
import { findElectron, root, sandboxSwitches, until, whyNoElectron } from "../fixtures/desktop/launch-desktop.ts";

// The packaged app: its fuses read back from the binary, and what they refuse tried on it (threat 38). Built as an unpacked folder with
// the Electron that is here. Playwright cannot drive it, which is the point; what pages may do is in test/desktop/security.test.ts.

const reason =
  process.platform === "linux"
    ? whyNoElectron()
    : "the folder's layout is Linux's; elsewhere the same settings are applied by the same tool";
if (reason !== null) console.warn(`skipped: the packaged app: ${reason}`);
const noBus = process.env["DBUS_SESSION_BUS_ADDRESS"] === undefined;
if (noBus) console.warn("skipped: the packaged app's keychain: no session bus here (DBUS_SESSION_BUS_ADDRESS)");
if (process.platform === "linux") {
  console.warn("skipped: a patched archive: Electron checks the archive's integrity on macOS and Windows only");
}

describe.skipIf(reason !== null)("the packaged app", () => {
  let folder: string;
  let app: string;
  const children: ChildProcess[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), "pc-pack-"));
    const dist = path.dirname(findElectron() ?? "");
    const version = readFileSync(path.join(dist, "version"), "utf8").trim().replace(/^v/, "");
    const cli = path.join(root, "node_modules", "electron-builder", "cli.js");
    const args = ["--dir", "--linux", "--publish", "never", `-c.electronDist=${dist}`, `-c.electronVersion=${version}`];
    const built = await finish(spawn(process.execPath, [cli, ...args, `-c.directories.output=${folder}`], { cwd: root, stdio: "pipe" }));
    if (built.status !== 0) throw new Error(`electron-builder failed:\n${built.output}`);
    app = path.join(folder, "linux-unpacked", "portcullis-desktop");
  }, 90_000);
  afterEach(async () => {
    for (const child of children.splice(0)) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()));
      child.kill("SIGTERM");
      const timer = setTimeout(() => child.kill("SIGKILL"), 10_000);
      await gone;
      clearTimeout(timer);
    }
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  interface Run {
    readonly child: ChildProcess;
    readonly home: string;
    output(): string;
    /** When the core is up. */
    readonly ready: () => Promise<unknown>;
  }

  async function start(switches: readonly string[] = [], env: Record<string, string> = {}): Promise<Run> {
    const home = await mkdtemp(path.join(folder, "home-"));
    const child = spawn(app, [...sandboxSwitches(), "--background", ...switches], {
      env: { ...process.env, HOME: home, PORTCULLIS_HOME: home, ...env },
      stdio: "pipe",
    });
    children.push(child);
    let output = "";
    child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
    const ready = (): Promise<unknown> =>
      until("the app to listen", () => {
        if (child.exitCode !== null) throw new Error(`it ended with ${String(child.exitCode)}: ${output}`);
        return askApp(home, "state.get").then(
          () => true,
          () => false,
        );
      });
    return { child, home, output: () => output, ready };
  }

  it("has every fuse as electron-builder.yml says, read from the binary", () => {
    expect(readFuses(readFileSync(app))).toEqual({
      runAsNode: "0",
      cookieEncryption: "1",
      nodeOptions: "0",
      nodeCliInspect: "0",
      embeddedAsarIntegrityValidation: "1",
      onlyLoadAppFromAsar: "1",
      loadBrowserProcessSpecificV8Snapshot: "0",
      grantFileProtocolExtraPrivileges: "0",
    });
  });

  it("starts, and a client's config reaches it with the Node and the bridge it put into its data folder", async () => {
    const { home, ready } = await start();
    await ready();
    const asked = (await askApp(home, "state.get")).value as { snapshot: Snapshot };
    const { command, args } = asked.snapshot.app.connect;
    const bin = path.join(home, "data", "bin");
    expect([command, args[0]]).toEqual([path.join(bin, "node"), path.join(bin, "bridge.cjs")]);
    const words = args.map((word) => ({ SERVER: "absent", CLIENT: "test" })[word] ?? word);
    const bridge = spawn(command, words, {
      env: { HOME: home, PORTCULLIS_HOME: home },
      stdio: "pipe",
    });
    children.push(bridge);
    const line = new Promise<string>((resolve) => createInterface({ input: bridge.stdout }).once("line", resolve));
    bridge.stdin.write(`${JSON.stringify({ jsonrpc: "2.0", id: 7, method: "initialize", params: {} })}\n`);
    const answer = JSON.parse(await line) as { id: number; error?: { message: string } };
    expect(answer.id).toBe(7);
    expect(answer.error?.message).toContain("absent");
    const launch = await readFile(path.join(home, "data", "launch.json"), "utf8");
    expect(JSON.parse(launch)).toMatchObject({ command: app, args: expect.arrayContaining(["--background"]) as unknown });
  });

  it.skipIf(noBus)("stores a secret: its keychain helper runs from beside the archive", async () => {
    const { home, ready } = await start();
    await ready();
    expect(await askApp(home, "secret.put", { name: "test/TOKEN", value: "packaged-value" })).toMatchObject({ ok: true });
    expect(await askApp(home, "secret.delete", { name: "test/TOKEN" })).toMatchObject({ ok: true });
  });

  it("boxes a server, its network supervisor too, and passes a call", async () => {
    const { home, ready } = await start();
    await ready();
    for (const [hosts, message] of [
      [[], "no network"],
      [["localhost:9"], "with a host"],
    ] as const) {
      expect(await askApp(home, "server.add", { name: "everything", settings: everythingSettings(hosts), accept: true })).toMatchObject({
        ok: true,
      });
      expect(await askApp(home, "rule.add", { effect: "allow", server: "everything" })).toMatchObject({ ok: true });
      const client = await connectClient({ env: { PATH: process.env["PATH"] ?? "", HOME: home, PORTCULLIS_HOME: home } }, "cursor");
      expect(await client.call("echo", { message })).toEqual({ isError: false, text: `Echo: ${message}` });
      await client.close();
      expect(await askApp(home, "server.remove", { name: "everything" })).toMatchObject({ ok: true });
    }
  });

  it("ELECTRON_RUN_AS_NODE does not make a Node of it", async () => {
    const mark = path.join(folder, "as-node");
    const script = (file: string): string => `require("fs").writeFileSync(${JSON.stringify(file)}, "")`;
    // An Electron whose fuse is not flipped runs it: the attempt is a real one.
    const control = path.join(folder, "control");
    await finish(spawn(findElectron() ?? "", ["-e", script(control)], { env: { ...process.env, ELECTRON_RUN_AS_NODE: "1" } }));
    expect(existsSync(control)).toBe(true);
    const run = await start(["-e", script(mark)], { ELECTRON_RUN_AS_NODE: "1" });
    await run.ready();
    expect(existsSync(mark)).toBe(false);
  });

  it("NODE_OPTIONS loads nothing into it", async () => {
    const mark = path.join(folder, "options");
    const script = path.join(folder, "options.cjs");
    await writeFile(script, `require("fs").writeFileSync(${JSON.stringify(mark)}, "")`);
    const run = await start([], { NODE_OPTIONS: `--require ${script}` });
    await run.ready();
    expect(existsSync(mark)).toBe(false);
  });

  it("--inspect and SIGUSR1 open no debugger", async () => {
    const run = await start(["--inspect=0", "--inspect-brk=0"]);
    await run.ready();
    run.child.kill("SIGUSR1");
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(run.output()).not.toContain("Debugger listening");
  });

  it.each(["--remote-debugging-port=0", "--remote-debugging-pipe"])("does not start with %s", async (debug) => {
    const run = await start([debug]);
    const code = await new Promise((resolve) => run.child.once("exit", resolve));
    expect(code).toBe(1);
    expect(run.output()).not.toContain("DevTools listening");
    expect(existsSync(path.join(run.home, "run", "token"))).toBe(false);
  });

  it("loads its app from the archive only", async () => {
    const mark = path.join(folder, "unpacked-app");
    const planted = path.join(path.dirname(app), "resources", "app");
    await mkdir(planted);
    await writeFile(path.join(planted, "package.json"), `{"main":"main.js"}`);
    await writeFile(path.join(planted, "main.js"), `require("fs").writeFileSync(${JSON.stringify(mark)}, "")`);
    const run = await start();
    await run.ready();
    expect(existsSync(mark)).toBe(false);
    await rm(planted, { recursive: true });
  });

  it("carries nothing that was bundled already, nor sources or tests", async () => {
    const archive = (await readFile(path.join(path.dirname(app), "resources", "app.asar"))).subarray(0, 2_000_000).toString("latin1");
    for (const name of ["@modelcontextprotocol", "commander.js", "electron-builder.yml", "approvals.test.ts"]) {
      expect(archive.includes(`"${name}"`), name).toBe(false);
    }
  });
});

async function finish(child: ChildProcess): Promise<{ status: number | null; output: string }> {
  let output = "";
  child.stdout?.on("data", (chunk: Buffer) => (output += chunk.toString()));
  child.stderr?.on("data", (chunk: Buffer) => (output += chunk.toString()));
  const status = await new Promise<number | null>((resolve) => child.once("close", resolve));
  return { status, output };
}

/** The fuse wire as Electron keeps it: a sentinel, the version, the length, then one character for each fuse. */
function readFuses(binary: Buffer): Record<string, string> {
  const sentinel = Buffer.from("dL7pKGdnNz796PbbjQWNKmHXBZaB9tsX");
  const at = binary.indexOf(sentinel);
  if (at < 0) throw new Error("no fuse wire");
  const [version, length] = [binary[at + sentinel.length], binary[at + sentinel.length + 1]];
  if (version !== 1 || length === undefined) throw new Error(`unknown fuse version ${String(version)}`);
  const states = binary.subarray(at + sentinel.length + 2, at + sentinel.length + 2 + length).toString("latin1");
  const names = [
    "runAsNode",
    "cookieEncryption",
    "nodeOptions",
    "nodeCliInspect",
    "embeddedAsarIntegrityValidation",
    "onlyLoadAppFromAsar",
    "loadBrowserProcessSpecificV8Snapshot",
    "grantFileProtocolExtraPrivileges",
  ];
  return Object.fromEntries(names.map((name, index) => [name, states[index] ?? ""]));
}
