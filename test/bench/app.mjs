// The app as the bench runs it: a throw-away home, the echo server under several names, a rule that allows everything.
import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import process from "node:process";
import { setTimeout as delay } from "node:timers/promises";
import { overSocket, overStdio } from "./client.mjs";

const root = path.join(import.meta.dirname, "..", "..");
export const node = process.execPath;
export const echo = path.join(root, "test", "fixtures", "servers", "echo.mjs");

/**
 * Starts it. `many`: servers more, for starting them all at once; `secrets`: as many known values for redaction to look for.
 * `startMs` is the time until its socket answers.
 */
export async function startApp(dist, { many = 0, secrets = 0 } = {}) {
  const home = mkdtempSync(path.join(os.tmpdir(), "portcullis-bench-"));
  const env = { ...process.env, PORTCULLIS_HOME: home };
  const command = path.join(dist, "portcullis.js");
  const started = performance.now();
  const child = spawn(node, [command, "serve", "--approve", "deny", "--json"], { env, stdio: ["ignore", "pipe", "ignore"] });
  const ready = await Promise.race([once(child.stdout, "data"), once(child, "exit").then(() => null), delay(15_000, null)]);
  const startMs = performance.now() - started;
  const close = async () => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill("SIGTERM");
      await once(child, "exit");
    }
    rmSync(home, { recursive: true, force: true });
  };
  const portcullis = async (...args) => told("", ...args);
  /** With something on its standard input. */
  const told = async (input, ...args) => {
    const run = spawn(node, [command, ...args], { env, stdio: ["pipe", "ignore", "pipe"] });
    run.stdin.end(input);
    let said = "";
    run.stderr.on("data", (chunk) => (said += chunk));
    const [code] = await once(run, "close");
    if (code !== 0) throw new Error(`portcullis ${args.join(" ")}: exit ${String(code)}\n${said}`);
  };
  const bridgeCommand = (server) => [node, path.join(dist, "bridge.cjs"), "connect", server, "--client", "bench"];
  try {
    if (ready === null) throw new Error("the app did not start");
    const add = (name, ...options) =>
      portcullis("server", "add", name, "--yes", "--read", path.dirname(echo), ...options, "--", node, echo);
    await add("boxed");
    await add("waived");
    await portcullis("sandbox", "waive", "waived", "--yes");
    if (many > 0) {
      await add("hosts", "--host", "example.com:443");
      for (let i = 0; i < many; i += 1) await add(`many-${String(i)}`);
    }
    await portcullis("rules", "add", "--allow", "--client", "bench");
    if (secrets > 0) await told(`${randomUUID()}\n`, "vault", "use", "file");
    for (let i = 0; i < secrets; i += 1) await told(`${randomUUID()}\n`, "secret", "set", `bench-${String(i)}`);
  } catch (error) {
    await close();
    throw error;
  }
  return {
    env,
    startMs,
    pid: child.pid,
    portcullis,
    bridgeCommand,
    bridge: async (server) => overStdio(bridgeCommand(server), env),
    socket: async (server) => connectTo(home, server),
    close,
  };
}

/** A client of the app of this home, straight on its socket. */
export async function connectTo(home, server) {
  const token = readFileSync(path.join(home, "run", "token"), "utf8").trim();
  return overSocket(path.join(home, "run", "portcullis.sock"), { portcullis: 1, token, role: "client", server, client: "bench" });
}

/** Of processes together, in MB: their share of what is shared, and all that is resident. NaN where one has gone. */
export function memory(pids) {
  const read = (pid, file, key) =>
    Number(new RegExp(`^${key}:\\s+(\\d+) kB`, "m").exec(readFileSync(`/proc/${String(pid)}/${file}`, "utf8"))?.[1]);
  const sum = (file, key) => pids.reduce((total, pid) => total + read(pid, file, key), 0) / 1024;
  try {
    return { pss: sum("smaps_rollup", "Pss"), rss: sum("status", "VmRSS") };
  } catch {
    return { pss: Number.NaN, rss: Number.NaN };
  }
}

/** Processor time of a process's first thread so far, in ms; NaN where it has gone. */
function processorTime(pid) {
  try {
    return Number(readFileSync(`/proc/${String(pid)}/schedstat`, "utf8").split(" ")[0]) / 1e6;
  } catch {
    return Number.NaN;
  }
}

/** When a process has done nothing to speak of for so many ms, or after ten seconds: what it has put off would slow what is measured next. */
export async function quietOf(pid, ms) {
  for (let waited = 0; waited < 10_000; waited += ms) {
    const before = processorTime(pid);
    await delay(ms);
    if (!(processorTime(pid) - before > ms / 100)) return;
  }
}

export const distFolder = (args) => {
  const at = args.indexOf("--dist");
  const dist = path.resolve(at < 0 ? (process.env.PORTCULLIS_TEST_DIST ?? path.join(root, "dist")) : (args[at + 1] ?? ""));
  if (!existsSync(path.join(dist, "portcullis.js"))) throw new Error(`nothing is built in ${dist}: npm run build`);
  return dist;
};
