// `npm run bench`: the same work direct, through a plain Node relay (the floor) and through Portcullis (a rule allows, journal and
// redaction on), boxed and not, over the bridge and straight on the socket. Rounds are interleaved, so that a slow moment of the
// machine hits all alike. Starts are measured as a person feels them; calls with the load, the app and the servers on one core, because
// what waking an idle core costs would hide the rest. `--quick` for a short look, `--unpinned` for calls on all cores, `--json` prints
// the report as JSON, `--dist DIR` measures another build, `--packages` compares the start of real packages with `npx -y`.
import { execFileSync } from "node:child_process";
import os from "node:os";
import path from "node:path";
import process from "node:process";
import { distFolder, echo, memory, node, startApp } from "./app.mjs";
import { overStdio } from "./client.mjs";
import { compare, printReport } from "./targets.mjs";

const quick = process.argv.includes("--quick");
const dist = distFolder(process.argv);
delete process.env.NODE_EXTRA_CA_CERTS; // costs every Node start 35 ms

const direct = async () => overStdio([node, echo]);
const relay = async () => overStdio([node, path.join(import.meta.dirname, "relay.mjs"), node, echo]);
const call = (client, text) => client.request("tools/call", { name: "echo", arguments: { text } });

/** Everything from here on, and what it starts, on one core; false where that cannot be had. */
function pin() {
  if (process.platform !== "linux" || process.argv.includes("--unpinned")) return false;
  try {
    execFileSync("taskset", ["-a", "-c", "-p", String(os.cpus().length - 1), String(process.pid)], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

async function startTime(open) {
  const started = performance.now();
  const connection = await open();
  await connection.client.initialize();
  const took = performance.now() - started;
  await connection.end();
  return took;
}

async function allAtOnce(opens) {
  const started = performance.now();
  const connections = await Promise.all(
    opens.map(async (open) => {
      const connection = await open();
      await connection.client.initialize();
      return connection;
    }),
  );
  return { took: performance.now() - started, end: () => Promise.all(connections.map(({ end }) => end())) };
}

async function measureStarts() {
  const app = await startApp(dist, 20);
  try {
    const ways = {
      direct,
      relay,
      // First of ours: what only the app's very first start of a server costs belongs to the figure for that.
      "bridge, waived": () => app.bridge("waived"),
      "socket, waived": () => app.socket("waived"),
      "socket, boxed": () => app.socket("boxed"),
      "bridge, boxed": () => app.bridge("boxed"),
      "socket, hosts": () => app.socket("hosts"),
    };
    const started = memory(app.pid);
    const times = {};
    for (const [way, open] of Object.entries(ways)) times[way] = { cold: await startTime(open), warm: [] };
    for (let round = 0; round < (quick ? 3 : 11); round += 1)
      for (const [way, open] of Object.entries(ways)) times[way].warm.push(await startTime(open));
    const names = Array.from({ length: 20 }, (_, i) => `many-${String(i)}`);
    const twenty = {};
    let busy = started;
    for (const [way, open] of Object.entries({ direct, socket: app.socket, bridges: app.bridge })) {
      const { took, end } = await allAtOnce(names.map((name) => () => open(name)));
      twenty[way] = took;
      if (way === "bridges") busy = memory(app.pid);
      await end();
    }
    return { appMs: app.startMs, ways: times, twenty, memory: { started, busy } };
  } finally {
    await app.close();
  }
}

async function latency(client, text, count) {
  for (let i = 0; i < Math.min(50, count / 4); i += 1) await call(client, text);
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

const sizes = {
  "64 B": [64, quick ? 300 : 1500],
  "10 KB": [10_240, quick ? 100 : 600],
  "1 MB": [1 << 20, quick ? 6 : 24],
  "10 MB": [10 << 20, 1],
};

async function measureRound(open, row) {
  const { client, child, end } = await open();
  await client.initialize();
  for (const [size, [bytes, count]] of Object.entries(sizes))
    row[size].push(...(await latency(client, "x".repeat(bytes - 1024 * (bytes >> 23)), count)));
  for (let i = 0; i < 100; i += 1) {
    const started = performance.now();
    await client.request("tools/list", {});
    row.list.push(performance.now() - started);
  }
  row.rate.push(await throughput(client, quick ? 0.4 : 1.5));
  if (child !== undefined) row.pss.push(memory(child.pid).pss);
  await end();
}

async function measureCalls() {
  const app = await startApp(dist);
  try {
    const ways = {
      direct,
      relay,
      "bridge, boxed": () => app.bridge("boxed"),
      "bridge, waived": () => app.bridge("waived"),
      "socket, boxed": () => app.socket("boxed"),
      "socket, waived": () => app.socket("waived"),
    };
    const rows = {};
    for (const way of Object.keys(ways)) rows[way] = { "64 B": [], "10 KB": [], "1 MB": [], "10 MB": [], list: [], rate: [], pss: [] };
    for (let round = 0; round < (quick ? 1 : 5); round += 1)
      for (const [way, open] of Object.entries(ways)) await measureRound(open, rows[way]);
    return { calls: rows, appAfter: memory(app.pid) };
  } finally {
    await app.close();
  }
}

async function main() {
  if (process.argv.includes("--packages")) {
    const { comparePackages } = await import("./packages.mjs");
    const app = await startApp(dist);
    try {
      await comparePackages({ portcullis: app.portcullis, connect: app.bridgeCommand, env: app.env });
    } finally {
      await app.close();
    }
    return;
  }
  const starts = await measureStarts();
  const pinned = pin();
  const { calls, appAfter } = await measureCalls();
  const machine = `node ${process.version}, ${os.cpus()[0]?.model ?? "cpu"} × ${String(os.cpus().length)}, calls ${pinned ? "pinned to one core" : "not pinned"}`;
  const report = { machine, calls, starts, targets: compare(calls, starts), appAfter };
  if (process.argv.includes("--json")) console.log(JSON.stringify(report));
  else printReport(report);
}

await main();
