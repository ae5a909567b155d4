// `npm run bench`: the same work direct, through a plain Node relay (the floor) and through Portcullis (a rule allows, journal and
// redaction on), boxed and not, over the bridge and straight on the socket. Rounds are interleaved, so that a slow moment of the
// machine hits all alike. `--quick` for a short look, `--packages` adds the start of real packages against `npx -y`.
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { once } from "node:events";
import os from "node:os";
import path from "node:path";
import process from "node:process";
import { overSocket, overStdio, percentile } from "./client.mjs";

const root = path.join(import.meta.dirname, "..", "..");
const node = process.execPath;
const echo = path.join(root, "test", "fixtures", "servers", "echo.mjs");
const quick = process.argv.includes("--quick");
const packages = process.argv.includes("--packages");
const home = mkdtempSync(path.join(os.tmpdir(), "portcullis-bench-"));
delete process.env.NODE_EXTRA_CA_CERTS; // costs every Node start 35 ms
const env = { ...process.env, PORTCULLIS_HOME: home };
// Pinned to one core the figures are stable to a few µs; unpinned they are what a person feels.
const pin =
  process.platform === "linux" && !process.argv.includes("--unpinned") && existsSync("/usr/bin/taskset")
    ? ["taskset", "-c", String(os.cpus().length - 1)]
    : [];
const command = [node, path.join(root, "dist", "portcullis.js")];

async function portcullis(...args) {
  const child = spawn(command[0], [...command.slice(1), ...args], { env, stdio: ["ignore", "pipe", "inherit"] });
  let out = "";
  child.stdout.on("data", (chunk) => (out += chunk));
  const [code] = await once(child, "exit");
  if (code !== 0) throw new Error(`portcullis ${args.join(" ")}: exit ${String(code)}`);
  return out;
}

async function startApp() {
  const app = spawn(
    pin[0] ?? command[0],
    [...pin.slice(1), ...(pin.length > 0 ? command : command.slice(1)), "serve", "--approve", "deny"],
    { env, stdio: ["ignore", "ignore", "inherit"] },
  );
  const socket = path.join(home, "run", "portcullis.sock");
  for (let i = 0; i < 400 && !existsSync(socket); i += 1) await new Promise((resolve) => setTimeout(resolve, 25));
  if (!existsSync(socket)) throw new Error("the app did not start");
  return app;
}

const pss = (pid) => {
  try {
    return Number(/^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${String(pid)}/smaps_rollup`, "utf8"))?.[1] ?? 0) / 1024;
  } catch {
    return Number.NaN;
  }
};

/** Each way of reaching the echo server. */
function ways() {
  const token = () => readFileSync(path.join(home, "run", "token"), "utf8").trim();
  const bridge = (server) => async () =>
    overStdio([...pin, node, path.join(root, "dist", "bridge.cjs"), "connect", server, "--client", "bench"], env);
  return {
    direct: async () => overStdio([...pin, node, echo]),
    relay: async () => overStdio([...pin, node, path.join(import.meta.dirname, "relay.mjs"), node, echo]),
    "bridge, boxed": bridge("boxed"),
    "bridge, waived": bridge("waived"),
    "socket, boxed": async () =>
      overSocket(path.join(home, "run", "portcullis.sock"), {
        portcullis: 1,
        token: token(),
        role: "client",
        server: "boxed",
        client: "bench",
      }),
  };
}

async function startTime(open) {
  const started = performance.now();
  const connection = await open();
  await connection.client.initialize();
  const took = performance.now() - started;
  return { took, connection };
}

const call = (client, text) => client.request("tools/call", { name: "echo", arguments: { text } });

async function latency(client, text, count) {
  for (let i = 0; i < Math.min(50, count); i += 1) await call(client, text);
  const times = [];
  for (let i = 0; i < count; i += 1) {
    const started = performance.now();
    await call(client, text);
    times.push(performance.now() - started);
  }
  return times;
}

async function throughput(client, seconds) {
  const text = "x".repeat(64);
  let finished = 0;
  const end = performance.now() + seconds * 1000;
  const worker = async () => {
    while (performance.now() < end) {
      await call(client, text);
      finished += 1;
    }
  };
  const started = performance.now();
  await Promise.all(Array.from({ length: 64 }, worker));
  return finished / ((performance.now() - started) / 1000);
}

const sizes = { "64 B": [64, quick ? 300 : 1500], "10 KB": [10_240, quick ? 150 : 600], "1 MB": [1_048_576, quick ? 8 : 30] };
const rounds = quick ? 2 : 4;

async function main() {
  const app = await startApp();
  const report = {};
  try {
    await portcullis("server", "add", "boxed", "--yes", "--read", path.dirname(echo), "--", node, echo);
    await portcullis("server", "add", "waived", "--yes", "--", node, echo);
    await portcullis("sandbox", "waive", "waived", "--yes");
    await portcullis("rules", "add", "--allow", "--client", "bench");
    const all = ways();
    for (const name of Object.keys(all)) report[name] = { start: [], "64 B": [], "10 KB": [], "1 MB": [], rate: [], list: [], memory: [] };
    for (let round = 0; round < rounds; round += 1) {
      for (const [name, open] of Object.entries(all)) {
        const { took, connection } = await startTime(open);
        const row = report[name];
        row.start.push(took);
        for (const [size, [bytes, count]] of Object.entries(sizes))
          row[size].push(...(await latency(connection.client, "x".repeat(bytes), count)));
        for (let i = 0; i < 100; i += 1) {
          const started = performance.now();
          await connection.client.request("tools/list", {});
          row.list.push(performance.now() - started);
        }
        row.rate.push(await throughput(connection.client, quick ? 0.5 : 1.5));
        if (connection.child !== undefined) row.memory.push(pss(connection.child.pid));
        await connection.end();
      }
    }
    print(report, app.pid);
    if (packages) {
      const { comparePackages } = await import("./packages.mjs");
      await comparePackages({
        portcullis,
        connect: (name) => [node, path.join(root, "dist", "bridge.cjs"), "connect", name, "--client", "bench"],
        env,
      });
    }
  } finally {
    app.kill("SIGTERM");
    await once(app, "exit");
    rmSync(home, { recursive: true, force: true });
  }
}

const sorted = (values) => values.toSorted((a, b) => a - b);
const µs = (milliseconds) => Math.round(milliseconds * 1000);

function print(report, appPid) {
  const direct = report.direct;
  const rows = Object.entries(report).map(([name, row]) => {
    const p = (key, q) => percentile(sorted(row[key]), q);
    const base = (key, q) => percentile(sorted(direct[key]), q);
    return {
      way: name,
      "start ms": p("start", 0.5).toFixed(0),
      "64 B p50 µs": µs(p("64 B", 0.5)),
      p95: µs(p("64 B", 0.95)),
      p99: µs(p("64 B", 0.99)),
      "+ p50": µs(p("64 B", 0.5) - base("64 B", 0.5)),
      "10 KB p50": µs(p("10 KB", 0.5)),
      "+ 10 KB": µs(p("10 KB", 0.5) - base("10 KB", 0.5)),
      "1 MB ms": p("1 MB", 0.5).toFixed(2),
      "+ 1 MB": (p("1 MB", 0.5) - base("1 MB", 0.5)).toFixed(2),
      "+ list µs": µs(p("list", 0.5) - base("list", 0.5)),
      "calls/s": Math.round(p("rate", 0.5)),
      "× direct": (p("rate", 0.5) / percentile(sorted(direct.rate), 0.5)).toFixed(2),
      "PSS MB": row.memory.length === 0 ? "" : percentile(sorted(row.memory), 0.5).toFixed(0),
    };
  });
  console.log(
    `node ${process.version}, ${os.cpus()[0]?.model ?? "cpu"} × ${String(os.cpus().length)}, ${pin.length > 0 ? "pinned to one core" : "not pinned"}`,
  );
  console.table(rows);
  console.log(`memory of the app after it: ${pss(appPid).toFixed(0)} MB PSS`);
}

await main();
