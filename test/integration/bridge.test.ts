import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import type { ChildProcess } from "node:child_process";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startBridge, startFakeApp } from "../fixtures/clients/bridge-process.ts";
import type { RunningBridge } from "../fixtures/clients/bridge-process.ts";

const fakeApp = path.join(import.meta.dirname, "..", "fixtures", "clients", "fake-app.ts");

let home: string;
let started: ChildProcess[];

beforeEach(() => {
  home = mkdtempSync(path.join(os.tmpdir(), "portcullis-bridge-"));
  started = [];
});

afterEach(async () => {
  for (const child of started) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill("SIGKILL");
    await once(child, "exit");
  }
  rmSync(home, { recursive: true, force: true });
});

function bridge(args: readonly string[], env: Record<string, string> = {}): RunningBridge {
  const running = startBridge(home, args, env);
  started.push(running.child);
  return running;
}

async function app(): Promise<ChildProcess> {
  const child = await startFakeApp(home);
  started.push(child);
  return child;
}

describe("with the app running", () => {
  it("pipes both ways and leaves with status 0 when its client closes stdin", async () => {
    await app();
    const client = bridge(["everything", "--client", "Test Client"]);
    client.request(1, "ping", { hello: "wörld" });
    expect((await client.answer(1)).result).toEqual({ hello: "wörld" });
    client.child.stdin.end();
    expect(await client.exited).toBe(0);
    expect(client.errors()).toBe("");
  });

  it("takes the verb as it stands in a client's config, and a server that is called like it", async () => {
    await app();
    for (const args of [["connect", "files", "--client", "x"], ["connect", "connect"], ["connect"], ["connect", "--client", "x"]]) {
      const client = bridge(args);
      client.request(1, "ping", { args });
      expect((await client.answer(1)).result).toEqual({ args });
      client.child.stdin.end();
      expect(await client.exited).toBe(0);
    }
  });

  it("carries 10 MB both ways whole", async () => {
    await app();
    const client = bridge(["everything"]);
    const text = 'é"\\'.repeat(2_500_000);
    client.request("up", "echo", { text });
    expect((await client.answer("up")).result).toEqual({ text });
  });

  it("holds the app back when the client does not read, and loses nothing", async () => {
    await app();
    const client = bridge(["everything"]);
    client.child.stdout.pause();
    for (let id = 0; id < 40; id++) client.request(id, "big", { bytes: 1_000_000 });
    await new Promise((resolve) => setTimeout(resolve, 500));
    const held = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${String(client.child.pid)}/status`, "utf8"))?.[1] ?? 0);
    client.child.stdout.resume();
    for (let id = 0; id < 40; id++) expect(JSON.stringify((await client.answer(id)).result)).toHaveLength(1_000_011);
    expect(held).toBeLessThan(120_000);
  });

  it("answers every open request when the app is killed in mid-call, and what comes after it", async () => {
    const running = await app();
    const client = bridge(["everything"]);
    client.request(1, "ping");
    await client.answer(1);
    client.request(2, "hang");
    client.request("three", "hang");
    client.child.stdin.write('[{"jsonrpc":"2.0","id":4,"method":"hang"},{"jsonrpc":"2.0","method":"notify"}]\n');
    client.child.stdin.write('{"jsonrpc":"2.0","method":"notifications/progress","params":{"id":99}}\n');
    client.request(5, "ping");
    await client.answer(5);
    running.kill("SIGKILL");
    for (const id of [2, "three"]) {
      const { error } = await client.answer(id);
      expect(error?.code).toBe(-32603);
      expect(error?.message).toContain("Portcullis has closed this connection");
    }
    client.request(6, "ping");
    expect((await client.answer(6)).error?.message).toContain("Reconnect");
    client.child.stdin.end();
    expect(await client.exited).toBe(1);
    const ids = client.lines.map((line) => (JSON.parse(line) as { id: unknown }).id);
    expect(ids).toEqual([1, 5, 2, "three", 4, 6]);
  });

  it("ends when the reader of its stdout is gone", async () => {
    await app();
    const client = bridge(["everything"]);
    client.request(1, "ping");
    await client.answer(1);
    client.child.stdout.destroy();
    client.request(2, "big", { bytes: 500_000 });
    expect(await client.exited).toBe(0);
  });

  it("is refused with the token of an earlier run, in words", async () => {
    await app();
    await writeFile(path.join(home, "run", "token"), "0".repeat(64));
    const client = bridge(["everything"]);
    client.request(1, "ping");
    expect((await client.answer(1)).error?.message).toContain("closed this connection");
  });
});

describe("with no app running", () => {
  it("says so to every request and leaves when stdin ends", async () => {
    const client = bridge(["everything"]);
    client.request(1, "initialize");
    client.child.stdin.write('{"jsonrpc":"2.0","method":"notifications/initialized"}\n');
    client.child.stdin.write("this is no JSON\n");
    client.request("two", "tools/list");
    expect((await client.answer(1)).error?.message).toContain("portcullis serve");
    await client.answer("two");
    client.child.stdin.end();
    expect(await client.exited).toBe(1);
    expect(client.lines).toHaveLength(2);
    expect(client.errors()).toContain("not running");
  });

  it("starts it as recorded and waits for it: what was sent meanwhile is answered", async () => {
    const marks = path.join(home, "starts");
    await recordLaunch(["-e", startScript(marks)]);
    const clients = [bridge(["one"]), bridge(["two"]), bridge(["three"])];
    for (const client of clients) client.request(1, "ping", { fine: true });
    for (const client of clients) expect((await client.answer(1)).result).toEqual({ fine: true });
    const pids = readFileSync(marks, "utf8").trim().split("\n").map(Number);
    for (const pid of pids) process.kill(pid, "SIGKILL");
    expect(pids).toHaveLength(1);
    expect(existsSync(path.join(home, "data", "starting.lock"))).toBe(false);
  });

  it("finds the app in the run folder it recorded, when the client passed no XDG_RUNTIME_DIR on", async () => {
    await app();
    const bare = mkdtempSync(path.join(os.tmpdir(), "portcullis-home-"));
    try {
      const data = path.join(bare, ".local", "share", "portcullis");
      await mkdir(data, { recursive: true });
      await writeFile(
        path.join(data, "launch.json"),
        JSON.stringify({ command: "/nonexistent", args: [], run: path.join(home, "run"), env: {} }),
      );
      const client = startBridge(bare, ["everything"], { PORTCULLIS_HOME: "", HOME: bare });
      started.push(client.child);
      client.request(1, "ping", { found: 1 });
      expect((await client.answer(1)).result).toEqual({ found: 1 });
    } finally {
      rmSync(bare, { recursive: true, force: true });
    }
  });

  it("says why when it cannot be started", async () => {
    await recordLaunch(["-e", "console.error('no display here'); process.exit(3)"]);
    const client = bridge(["everything"]);
    client.request(1, "ping");
    const { error } = await client.answer(1);
    expect(error?.message).toContain("status 3");
    expect(error?.message).toContain("no display here");
  });

  it("does not hand what would run code in it to the app it starts, however it is spelled", async () => {
    const seen = path.join(home, "seen");
    await recordLaunch(["-e", `require("fs").writeFileSync(${JSON.stringify(seen)}, JSON.stringify(process.env)); process.exit(1)`]);
    const refused = {
      NODE_OPTIONS: "--no-warnings",
      node_options: "x",
      NODE_PATH: "/x",
      ELECTRON_RUN_AS_NODE: "1",
      LD_PRELOAD: "",
      LD_AUDIT: "",
      DYLD_INSERT_LIBRARIES: "/x",
      npm_config_script_shell: "/x",
      BASH_ENV: "/x",
      ENV: "/x",
    };
    const kept = { SOME_SETTING: "kept", OLD_PATH: "kept", ENVIRONMENT: "kept", NODE_EXTRA_CA_CERTS: "/none" };
    const client = bridge(["everything"], { ...refused, ...kept });
    client.request(1, "ping");
    await client.answer(1);
    const env = JSON.parse(readFileSync(seen, "utf8")) as Record<string, string>;
    expect(env).toMatchObject(kept);
    expect(Object.keys(refused).filter((name) => name in env)).toEqual([]);
  });
});

describe("usage", () => {
  it("exits with 2 and says how for a missing server, an unknown option and an impossible name", async () => {
    for (const args of [[], ["--nope", "x"], ["a", "b"], ["../etc"], ["x", "--client", "a\nb"], ["x", "--client"]]) {
      const client = bridge(args);
      expect(await client.exited).toBe(2);
      expect(client.errors()).toContain("Usage: portcullis connect SERVER");
    }
  });
});

async function recordLaunch(args: readonly string[]): Promise<void> {
  await mkdir(path.join(home, "data"), { recursive: true });
  const record = { command: process.execPath, args, run: path.join(home, "run"), env: {} };
  await writeFile(path.join(home, "data", "launch.json"), JSON.stringify(record));
}

/** Notes its pid in a file, then becomes the fixture app after a moment. */
function startScript(marks: string): string {
  return `require("fs").appendFileSync(${JSON.stringify(marks)}, process.pid + "\\n"); setTimeout(() => import(${JSON.stringify(fakeApp)}), 300)`;
}
