import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

// The command as it is installed: entry, signals, exit status. From the sources; the bundle is the same code.

const entry = path.join(import.meta.dirname, "..", "..", "electron", "portcullis.ts");
let home: string;
let started: ChildProcess[];

beforeEach(() => {
  home = mkdtempSync(path.join(os.tmpdir(), "portcullis-serve-"));
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

function launch(args: readonly string[], env: Readonly<Record<string, string>> = { PORTCULLIS_HOME: home }): ChildProcess {
  const child = spawn(process.execPath, [entry, ...args], {
    stdio: "pipe",
    env: { PATH: process.env["PATH"] ?? "", HOME: home, ...env },
  });
  started.push(child);
  return child;
}

interface Ended {
  readonly status: number | null;
  readonly out: string;
  readonly errors: string;
}

async function run(...args: string[]): Promise<Ended> {
  return outcome(launch(args));
}

async function outcome(child: ChildProcess): Promise<Ended> {
  let out = "";
  let errors = "";
  child.stdout?.on("data", (chunk: Buffer) => {
    out += chunk.toString("utf8");
  });
  child.stderr?.on("data", (chunk: Buffer) => {
    errors += chunk.toString("utf8");
  });
  child.stdin?.end();
  const [status] = (await once(child, "close")) as [number | null];
  return { status, out, errors };
}

/** `serve`, ready. */
async function serve(...args: string[]): Promise<ChildProcess> {
  return ready(launch(["serve", "--json", ...args]));
}

async function ready(child: ChildProcess): Promise<ChildProcess> {
  let errors = "";
  child.stderr?.on("data", (chunk: Buffer) => {
    errors += chunk.toString("utf8");
  });
  await new Promise<void>((resolve, reject) => {
    child.stdout?.once("data", (chunk: Buffer) => {
      expect(JSON.parse(chunk.toString("utf8"))).toMatchObject({ ready: true, pid: child.pid, url: null });
      resolve();
    });
    child.once("exit", (code) => reject(new Error(`serve ended with ${String(code)}: ${errors}`)));
  });
  return child;
}

const exit = async (child: ChildProcess): Promise<unknown[]> => once(child, "exit");

describe("serve", () => {
  it.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)("closes cleanly on %s", async (signal) => {
    const app = await serve();
    expect((await run("status", "--json")).status).toBe(0);
    const ended = exit(app);
    app.kill(signal);
    expect(await ended).toEqual([0, null]);
    expect(existsSync(path.join(home, "run", "portcullis.sock"))).toBe(false);
    expect(existsSync(path.join(home, "run", "token"))).toBe(false);
    const records = JSON.parse((await run("journal", "list", "--json")).out) as { kind: string }[];
    expect(records.at(-1)?.kind).toBe("app-stopped");
    expect((await run("journal", "verify")).status).toBe(0);
  });

  it("says at its start that config.json cannot be used", async () => {
    const file = path.join(home, "config", "config.json");
    mkdirSync(path.dirname(file));
    writeFileSync(file, "{,");
    const app = launch(["serve", "--json"]);
    const ended = outcome(app);
    app.stdout?.once("data", () => app.kill("SIGTERM"));
    expect((await ended).errors).toContain(`! ${file}, line 1, column 2: `);
  });

  it("is there once: a second one says so, changes nothing, and `quit` ends the first", async () => {
    const app = await serve();
    const token = readFileSync(path.join(home, "run", "token"), "utf8");
    const second = await run("serve");
    expect(second).toMatchObject({ status: 1, out: "" });
    expect(second.errors).toContain("already running");
    expect(readFileSync(path.join(home, "run", "token"), "utf8")).toBe(token);
    const kinds = (JSON.parse((await run("journal", "list", "--json")).out) as { kind: string }[]).map(({ kind }) => kind);
    expect(kinds.filter((kind) => kind === "app-started")).toHaveLength(1);
    const ended = exit(app);
    expect((await run("quit")).status).toBe(0);
    expect(await ended).toEqual([0, null]);
  });

  it("is there once also when its run folder was removed, and no command writes beside it", async () => {
    const app = await serve();
    rmSync(path.join(home, "run"), { recursive: true });
    const [second, added, restored] = await Promise.all([
      run("serve"),
      run("server", "add", "echo", "--", process.execPath, "-e", "1"),
      run("restore", "--yes"),
    ]);
    for (const refused of [second, added, restored]) {
      expect(refused).toMatchObject({ status: 1, out: "" });
      expect(refused.errors).toContain(`already running on this home (process ${String(app.pid)}), but cannot be reached`);
    }
    expect(existsSync(path.join(home, "config", "config.json"))).toBe(false);
    // A new one once it is gone, however it went.
    const ended = exit(app);
    app.kill("SIGKILL");
    await ended;
    await serve();
    expect((await run("journal", "verify")).status).toBe(0);
  });

  it.skipIf(process.platform !== "linux")("is there once for a home, not for a session's run folder", async () => {
    const session = (name: string): Record<string, string> => ({ XDG_RUNTIME_DIR: path.join(home, name) });
    await ready(launch(["serve", "--json"], session("one")));
    const second = await outcome(launch(["serve"], session("two")));
    expect(second).toMatchObject({ status: 1, out: "" });
    expect(second.errors).toContain(`already running on this home`);
    expect(second.errors).toContain(`with its socket in ${path.join(home, "one", "portcullis")}`);
    expect((await outcome(launch(["status"], session("two")))).status).toBe(0);
  });

  it("records how to start it again, for its user only", async () => {
    await serve();
    const file = path.join(home, "data", "launch.json");
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(JSON.parse(readFileSync(file, "utf8"))).toMatchObject({ command: process.execPath, run: path.join(home, "run") });
  });

  it("takes commands: a server added, explained, paused; a rule added and removed", async () => {
    await serve("--approve", "deny");
    expect((await run("server", "add", "echo", "--yes", "--", process.execPath, "-e", "1")).status).toBe(0);
    expect(JSON.parse((await run("server", "list", "--json")).out)).toMatchObject([{ name: "echo", state: { kind: "idle" } }]);
    const explained = await run("sandbox", "explain", "echo");
    expect(explained.status).toBe(0);
    expect(explained.out).toContain("network");
    const rule = JSON.parse((await run("rules", "add", "--deny", "--tool", "x", "--json")).out) as { id: string };
    expect((await run("rules", "remove", rule.id)).status).toBe(0);
    expect((await run("rules", "remove", rule.id)).status).toBe(1);
    expect((await run("pause")).status).toBe(0);
    expect(JSON.parse((await run("status", "--json")).out)).toMatchObject({ state: "paused", answerer: "deny" });
    expect((await run("resume")).status).toBe(0);
    expect((await run("server", "remove", "echo")).status).toBe(0);
    expect((await run("open")).status).toBe(1);
  });
});

describe("the entry", () => {
  it("does not fail when nobody reads its output", async () => {
    const child = launch(["--help"]);
    child.stdout?.destroy();
    expect((await exit(child))[0]).toBe(0);
  });

  it("answers a client of `connect` with an error when there is no app", async () => {
    const child = launch(["connect", "files"]);
    child.stdin?.write('{"jsonrpc":"2.0","id":7,"method":"initialize"}\n');
    const [line] = (await once(child.stdout as NodeJS.ReadableStream, "data")) as [Buffer];
    expect(JSON.parse(line.toString("utf8"))).toMatchObject({ id: 7, error: { code: -32603 } });
    child.stdin?.end();
    expect((await exit(child))[0]).toBe(1);
  });
});
