// How long a server takes until it has answered `initialize`, as a person feels it: on all cores.
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { echo, memory, node, startApp } from "./app.mjs";
import { overStdio } from "./client.mjs";

export const direct = async () => overStdio([node, echo]);
export const relay = async () => overStdio([node, path.join(import.meta.dirname, "relay.mjs"), node, echo]);

/** Milliseconds from opening a connection until `initialize` is answered; closes it again. */
export async function startTime(open) {
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

/** Each way's first start and `rounds` more in turns; twenty servers at once; the memory of the core. */
export async function measureStarts(dist, rounds) {
  const app = await startApp(dist, { many: 20 });
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
      // Before the next supervisor is ready.
      "socket, hosts, at once": () => app.socket("hosts"),
    };
    const started = memory([app.pid]);
    const times = {};
    for (const [way, open] of Object.entries(ways)) times[way] = { cold: await startTime(open), warm: [] };
    for (let round = 0; round < rounds; round += 1) {
      for (const [way, open] of Object.entries(ways)) {
        if (way === "socket, hosts") await delay(2_000);
        times[way].warm.push(await startTime(open));
      }
    }
    const names = Array.from({ length: 20 }, (_, i) => `many-${String(i)}`);
    const twenty = { direct: [], socket: [], bridges: [] };
    let busy = started;
    for (let round = 0; round < (rounds > 1 ? 5 : 1); round += 1) {
      for (const [way, open] of Object.entries({ direct, socket: app.socket, bridges: app.bridge })) {
        const { took, end } = await allAtOnce(names.map((name) => () => open(name)));
        twenty[way].push(took);
        if (way === "bridges") busy = memory([app.pid]);
        await end();
        // What ended is not to be in the way of what starts next.
        await delay(500);
      }
    }
    return { appMs: app.startMs, ways: times, twenty, memory: { started, busy } };
  } finally {
    await app.close();
  }
}
