// What a call takes, warm: every way's connection is open and has been used for a while before anything counts, and the ways take
// turns in blocks of a moment each, so that a slow moment of the machine hits all alike. What is added is told block by block. After a block the app
// is waited for until it is quiet, as between the calls of a model: records wait for that to be brought from the journal's log into its
// database, which would otherwise fall into the next way's block, and slow down direct as well.
import { memory, quietOf, startApp } from "./app.mjs";
import { direct, relay } from "./starts.mjs";

const call = (client, text) => client.request("tools/call", { name: "echo", arguments: { text } });

/** For each kind of request: how to make it, how many to warm up with, how many blocks, and how many in a block. */
const kinds = (quick) => ({
  "64 B": { send: textOf(64), warm: quick ? 300 : 6000, blocks: quick ? 4 : 15, size: quick ? 100 : 1000 },
  "10 KB": { send: textOf(10_240), warm: quick ? 50 : 1000, blocks: quick ? 4 : 12, size: quick ? 40 : 300 },
  list: { send: (client) => client.request("tools/list", {}), warm: quick ? 50 : 1000, blocks: quick ? 4 : 10, size: quick ? 40 : 300 },
  "1 MB": { send: textOf(1 << 20), warm: quick ? 3 : 20, blocks: quick ? 3 : 8, size: quick ? 2 : 8 },
  // What surrounds the text must not take the line over the limit.
  "10 MB": { send: textOf((10 << 20) - 10_240), warm: 0, blocks: 1, size: 1 },
});

function textOf(bytes) {
  const text = "x".repeat(bytes);
  return (client) => call(client, text);
}

async function block(client, send, size) {
  const times = [];
  for (let i = 0; i < size; i += 1) {
    const started = performance.now();
    await send(client);
    times.push(performance.now() - started);
  }
  return times;
}

/** Calls a second, with 64 in flight. */
async function burst(client, seconds) {
  const send = textOf(64);
  let finished = 0;
  const started = performance.now();
  const end = started + seconds * 1000;
  const worker = async () => {
    while (performance.now() < end) {
      await send(client);
      finished += 1;
    }
  };
  await Promise.all(Array.from({ length: 64 }, worker));
  return finished / ((performance.now() - started) / 1000);
}

/** The ways, another one first in each round. */
const turned = (entries, round) => [...entries.slice(round % entries.length), ...entries.slice(0, round % entries.length)];

/** Times in ms, in blocks of one round each; bursts in calls a second; memory of what stands between client and server in MB. */
export async function measureCalls(dist, quick) {
  const app = await startApp(dist, { secrets: 20 });
  const open = {};
  try {
    const quiet = (way, ms) => (way === "direct" || way === "relay" ? undefined : quietOf(app.pid, ms));
    const ways = {
      direct,
      relay,
      "bridge, boxed": () => app.bridge("boxed"),
      "bridge, waived": () => app.bridge("waived"),
      "socket, boxed": () => app.socket("boxed"),
      "socket, waived": () => app.socket("waived"),
    };
    const rows = {};
    for (const [way, connect] of Object.entries(ways)) {
      open[way] = await connect();
      await open[way].client.initialize();
      rows[way] = { rate: [], pss: [] };
    }
    const entries = Object.entries(open);
    for (const [kind, { send, warm, blocks, size }] of Object.entries(kinds(quick))) {
      for (const [way, { client }] of entries) {
        rows[way][kind] = [];
        await block(client, send, warm);
      }
      for (let round = 0; round < blocks; round += 1)
        for (const [way, { client }] of turned(entries, round)) {
          rows[way][kind].push(await block(client, send, size));
          await quiet(way, 150);
        }
    }
    for (const [, { client }] of entries) await burst(client, quick ? 0.1 : 1);
    for (let round = 0; round < (quick ? 2 : 8); round += 1)
      for (const [way, { client }] of turned(entries, round)) {
        rows[way].rate.push(await burst(client, quick ? 0.2 : 0.5));
        // Half a second after the last call the database's own log is worked in.
        await quiet(way, quick ? 300 : 700);
      }
    for (const [way, { child }] of entries) if (child !== undefined) rows[way].pss.push(memory([child.pid]).pss);
    return { calls: rows, appAfter: memory([app.pid]) };
  } finally {
    await Promise.all(Object.values(open).map(({ end }) => end()));
    await app.close();
  }
}
