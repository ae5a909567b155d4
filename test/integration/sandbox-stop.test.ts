// Threat 37: nothing a server started outlives it, or us, however we end.
import { spawn, spawnSync } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { createReaper } from "../../electron/sandbox/reaper.ts";
import type { BoxedCommand } from "../../electron/sandbox/sandbox.ts";
import { runBoxed } from "../../electron/servers/run-boxed.ts";
import { spawnServer } from "../../electron/servers/spawn-server.ts";
import { startBoxed } from "../../electron/servers/start-boxed.ts";
import type { Grace } from "../../electron/servers/stop.ts";
import type { ServerProcess } from "../../electron/servers/server-process.ts";
import { ok } from "../../shared/errors.ts";
import type { Result } from "../../shared/errors.ts";
import { createTestBox, node } from "../fixtures/sandbox/test-box.ts";

const box = await createTestBox();
const app = fileURLToPath(new URL("../fixtures/sandbox/doomed-app.ts", import.meta.url));
const everything = fileURLToPath(new URL("../../node_modules/@modelcontextprotocol/server-everything/dist/index.js", import.meta.url));
const modules = fileURLToPath(new URL("../../node_modules", import.meta.url));

/** Short, because a socket's path holds about 100 bytes. */
const runtime = fs.mkdtempSync(path.join(os.tmpdir(), "pc-test-"));

afterAll(async () => {
  await box.close();
  fs.rmSync(runtime, { recursive: true, force: true });
});

/** Processes whose command line or environment holds the text. */
function carrying(text: string): readonly string[] {
  return fs.readdirSync("/proc").flatMap((name) => {
    if (!/^[0-9]+$/.test(name) || Number(name) === process.pid) return [];
    try {
      const stat = fs.readFileSync(`/proc/${name}/stat`, "latin1");
      if (/\) [ZX] /.test(stat)) return [];
      const [command, environ] = ["cmdline", "environ"].map((file) =>
        fs.readFileSync(`/proc/${name}/${file}`, "latin1").replaceAll("\0", " "),
      );
      return command?.includes(text) === true || environ?.includes(text) === true ? [`${name} ${command}`] : [];
    } catch {
      return [];
    }
  });
}

async function until(condition: () => boolean, ms: number): Promise<boolean> {
  const end = Date.now() + ms;
  while (!condition()) {
    if (Date.now() > end) return false;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return true;
}

let count = 0;
async function startApp(kind: string): Promise<{ child: ChildProcess; home: string; mark: string; output: () => string }> {
  count += 1;
  const mark = `${80_000 + count}.${process.pid}`;
  const home = path.join(box.home, `doomed-${count}`);
  fs.mkdirSync(home);
  const child = spawn(node, [app, kind, home, mark], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, DOOMED: mark, XDG_RUNTIME_DIR: runtime },
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (output += chunk.toString()));
  if (!(await until(() => output.includes("up\n"), 20_000))) throw new Error(`it did not start: ${output}`);
  expect(carrying(`sleep ${mark}`).length).toBeGreaterThanOrEqual(2);
  return { child, home, mark, output: () => output };
}

describe.skipIf(box.cannot !== undefined || process.platform !== "linux")("when the app is killed with SIGKILL", () => {
  it.each(["boxed", "hosts", "spare", "waived", "bare"])("%s: nothing survives, double forks included", async (kind) => {
    const { child, home, mark } = await startApp(kind);
    expect(fs.readdirSync(runtime)).toHaveLength(kind === "hosts" || kind === "spare" ? 1 : 0);
    child.kill("SIGKILL");
    const gone = await until(() => carrying(mark).length === 0 && carrying(home).length === 0, 10_000);
    expect(gone ? [] : [...carrying(mark), ...carrying(home)]).toEqual([]);
    expect(fs.readdirSync(runtime)).toEqual([]);
  });

  // bubblewrap asks to die with its parent only some time after it was started: without the reaper, a third of these would live on.
  it.each(["boxed", "waived", "bare"])("%s: nothing that was just being started survives", async (kind) => {
    const hasty = fileURLToPath(new URL("../fixtures/sandbox/hasty-app.ts", import.meta.url));
    for (const delay of [0, 0.5, 1, 2, 4, 8]) {
      count += 1;
      const mark = `${80_000 + count}.${process.pid}`;
      const home = path.join(box.home, `hasty-${count}`);
      fs.mkdirSync(home);
      const ran = spawnSync(node, [hasty, kind, home, mark, String(delay)], { encoding: "utf8", timeout: 20_000 });
      expect(ran.signal, ran.stderr).toBe("SIGKILL");
      expect(ran.stdout).toBe("starting\n");
      await until(() => carrying(mark).length === 0, 10_000);
      expect(carrying(mark), `killed after ${delay} ms`).toEqual([]);
    }
  });
});

describe("the reaper", () => {
  it("kills nothing while we live, nor when all has ended in good order, and watches again when it was killed itself", async () => {
    const reaper = createReaper({ platform: process.platform, env: process.env });
    const mark = `90000.${process.pid}`;
    const marked = (): ChildProcess => spawn("/bin/sleep", [mark], { env: { ...reaper.environment }, stdio: "ignore", detached: true });
    const run = reaper.environment["PORTCULLIS_RUN"] ?? "";
    const watchers = (): readonly string[] => carrying(`portcullis-reaper PORTCULLIS_RUN=${run}`);
    reaper.ready();
    reaper.ready();
    expect(await until(() => watchers().length === 1, 5000)).toBe(true);
    const child = marked();
    const unwatch = reaper.watch(child.pid ?? 0);
    process.kill(Number.parseInt(watchers()[0] ?? "", 10), "SIGKILL");
    expect(await until(() => watchers().length === 0, 5000)).toBe(true);
    await new Promise((resolve) => setTimeout(resolve, 50));
    reaper.ready();
    expect(await until(() => watchers().length === 1, 5000)).toBe(true);
    unwatch();
    reaper.close();
    expect(await until(() => watchers().length === 0, 5000)).toBe(true);
    reaper.ready();
    expect(watchers()).toEqual([]);
    expect(carrying(`sleep ${mark}`)).toHaveLength(1);
    child.kill("SIGKILL");
  });
});

describe.skipIf(box.cannot !== undefined || process.platform !== "linux")("when a server that ignores SIGTERM is stopped", () => {
  it.each(["boxed", "hosts", "waived", "bare"])("%s: the whole tree is gone when stop resolves", async (kind) => {
    const { child, home, mark, output } = await startApp(kind);
    child.kill("SIGUSR2");
    expect(await until(() => output().includes("stopped\n"), 10_000), output()).toBe(true);
    expect(carrying(`sleep ${mark}`)).toEqual([]);
    expect(await until(() => child.exitCode !== null, 5000), "the app itself has nothing left to wait for").toBe(true);
    expect(carrying(home)).toEqual([]);
  });
});

async function startServer(argv: readonly string[], grace: Grace, over = {}): Promise<ServerProcess> {
  const boxed = await box.sandbox.prepare(box.request(argv, over));
  if (!boxed.ok) throw new Error(boxed.error.message);
  const server = await spawnServer(boxed.value, {
    platform: process.platform,
    grace,
    now: Date.now,
    onStderr: () => {},
  });
  if (!server.ok) throw new Error(server.error.message);
  return server.value;
}

function firstOutput(server: ServerProcess): Promise<string> {
  return new Promise((resolve) => server.stdout.once("data", (chunk: Buffer) => resolve(chunk.toString())));
}

describe.skipIf(box.cannot !== undefined || process.platform !== "linux")("a box that is killed while it is made", () => {
  /** bubblewrap as it is for a moment in each start: its second process has left the group and has not yet asked to die with the first. */
  const unfinished = (mark: string, closed: () => void): BoxedCommand => ({
    argv: ["/usr/bin/env", "bwrap", "--unshare-user", "--unshare-pid", "--new-session", "--dev-bind", "/", "/", "/bin/sleep", mark],
    env: { PATH: "/usr/bin:/bin" },
    cwd: "/",
    diesWithParent: true,
    descriptors: [],
    letGo() {},
    watch: () => () => {},
    close: async () => closed(),
  });

  const runs = (mark: string): Promise<boolean> => until(() => carrying(mark).some((line) => /^\d+ \/bin\/sleep /.test(line)), 5000);

  it("leaves nothing behind, and its end is told", async () => {
    const mark = `91000.${process.pid}`;
    const closed: string[] = [];
    const started = await startBoxed(
      unfinished(mark, () => closed.push(carrying(`sleep ${mark}`).join(" "))),
      { stdin: "ignore", platform: process.platform },
    );
    if (!started.ok) throw new Error(started.error.message);
    expect(await runs(mark)).toBe(true);
    process.kill(started.value.tree.root, "SIGKILL");
    expect(await started.value.exited).toEqual({ code: null, signal: "SIGKILL" });
    expect(carrying(mark)).toEqual([]);
    expect(closed).toEqual([""]);
  });

  it.each([
    ["is given up", "closing"],
    ["takes too long", "timed-out"],
  ])("an errand that %s", async (_, code) => {
    const mark = `92000${code.length}.${process.pid}`;
    const giveUp = new AbortController();
    const closed: string[] = [];
    const prepare = (): Promise<Result<BoxedCommand>> => Promise.resolve(ok(unfinished(mark, () => closed.push("closed"))));
    const sandbox = { ...box.sandbox, prepare };
    const run = runBoxed(sandbox, box.request(["/bin/true"]), code === "timed-out" ? 500 : 60_000, giveUp.signal, false);
    expect(await runs(mark)).toBe(true);
    if (code === "closing") giveUp.abort();
    expect(await run).toMatchObject({ ok: false, error: { code } });
    expect(carrying(mark)).toEqual([]);
    expect(closed).toEqual(["closed"]);
  });

  it("an errand that is given up before it begins is not started", async () => {
    const mark = `93000.${process.pid}`;
    const giveUp = new AbortController();
    const closed: string[] = [];
    const sandbox = {
      ...box.sandbox,
      prepare(): Promise<Result<BoxedCommand>> {
        giveUp.abort();
        return Promise.resolve(ok({ ...unfinished(mark, () => closed.push("closed")), argv: ["/nonexistent/program"] }));
      },
    };
    expect(await runBoxed(sandbox, box.request(["/bin/true"]), 60_000, giveUp.signal, false)).toMatchObject({ error: { code: "closing" } });
    expect(closed).toEqual(["closed"]);
  });
});

describe.skipIf(box.cannot !== undefined)("the ladder", () => {
  it("ends server-everything, which would live on for a minute after its input has ended", async () => {
    // The server is told apart from those of other tests by an argument that it does not look at.
    const mark = `everything-of-${process.pid}`;
    const server = await startServer([node, everything, "stdio", mark], { inputMs: 300, termMs: 2000 }, { programs: [modules] });
    const answer = firstOutput(server);
    server.stdin.write(
      `${JSON.stringify({ jsonrpc: "2.0", id: 1, method: "initialize", params: { protocolVersion: "2025-06-18", capabilities: {}, clientInfo: { name: "t", version: "1" } } })}\n`,
    );
    expect(await answer).toContain('"serverInfo"');
    server.stdin.write(`${JSON.stringify({ jsonrpc: "2.0", method: "notifications/initialized" })}\n`);
    const left = (): readonly string[] => carrying(mark);
    expect(left()).not.toEqual([]);
    const start = Date.now();
    await server.stop();
    expect(Date.now() - start).toBeLessThan(4000);
    // bubblewrap tells of the end of the server a moment before its own second process has ended.
    await until(() => left().length === 0, 2000);
    expect(left()).toEqual([]);
  });

  it("lets a server that stops by itself do so", async () => {
    const server = await startServer([node, "-e", "process.stdin.resume().on('end', () => { console.log('bye'); process.exit(7); })"], {
      inputMs: 5000,
      termMs: 5000,
    });
    const said = firstOutput(server);
    await server.stop();
    expect(await said).toBe("bye\n");
    expect(await server.exited).toEqual({ code: 7, signal: null });
  });

  it("gives a boxed server its SIGTERM, so that it can tidy up", async () => {
    const server = await startServer(
      [
        node,
        "-e",
        "process.on('SIGTERM', () => { require('fs').writeFileSync(process.env.HOME + '/tidied', 'x'); process.exit(0); }); setInterval(() => {}, 1000); console.log('up')",
      ],
      { inputMs: 100, termMs: 5000 },
    );
    await firstOutput(server);
    await server.stop();
    expect(fs.existsSync(path.join(box.data, "state", "test", "tidied"))).toBe(true);
  });

  it("climbs at once when stop is called again", async () => {
    const server = await startServer([node, "-e", "process.on('SIGTERM', () => {}); setInterval(() => {}, 1000); console.log('up')"], {
      inputMs: 60_000,
      termMs: 60_000,
    });
    await firstOutput(server);
    const start = Date.now();
    const stopped = server.stop();
    void server.stop();
    await new Promise((resolve) => setTimeout(resolve, 200));
    void server.stop();
    await stopped;
    expect(Date.now() - start).toBeLessThan(5000);
  });

  it("says so when the program cannot be started", async () => {
    const closed: string[] = [];
    const failed = await spawnServer(
      {
        argv: ["/nonexistent/program"],
        env: {},
        cwd: "/",
        diesWithParent: true,
        descriptors: [],
        letGo() {},
        watch: () => () => {},
        close: async () => void closed.push("closed"),
      },
      { platform: process.platform, now: Date.now, onStderr: () => {} },
    );
    expect(failed.ok ? "started" : failed.error.code).toBe("cannot-start");
    expect(closed).toEqual(["closed"]);
  });
});
