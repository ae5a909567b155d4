import fs from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { connectRawClient } from "../fixtures/e2e/connect.ts";
import type { RawConnection } from "../fixtures/e2e/connect.ts";
import { until } from "../fixtures/e2e/processes.ts";
import { addFixture, startApp } from "../fixtures/e2e/running-app.ts";
import type { RunningApp } from "../fixtures/e2e/running-app.ts";

// Threats 21 and 34 on the running app: a client that asks without end, and servers that flood, lie and break off. The app's memory stays
// bounded, and nine other sessions go on.

let app: RunningApp;
const sessions: RawConnection[] = [];

beforeAll(async () => {
  app = await startApp();
  for (const [name, program, args] of [
    ["calm", "echo.mjs", []],
    ["asked", "echo.mjs", []],
    ["endless-line", "greedy.mjs", ["line"]],
    ["deaf", "greedy.mjs", ["deaf"]],
    ["garbage", "chatty.mjs", ["garbage"]],
    ["notifications", "chatty.mjs", ["notifications"]],
    ["strangers", "lying.mjs", ["unknown"]],
    ["bytes", "lying.mjs", ["utf8"]],
    ["crashing", "echo.mjs", []],
  ] as const) {
    await addFixture(app, name, program, ["-", ...args]);
    if (name !== "asked") await app.ok("rules", "add", "--allow", "--server", name);
  }
});
afterAll(async () => {
  for (const each of sessions) await each.end();
  await app.close();
});

async function session(server: string): Promise<RawConnection> {
  const raw = connectRawClient(app, server);
  sessions.push(raw);
  raw.send({
    id: "init",
    method: "initialize",
    params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "r", version: "1" } },
  });
  await raw.answer("init");
  return raw;
}

/** Sessions that call one after the other until they are stopped; resolves with how long each call took. */
function keepCalling(raws: readonly RawConnection[]): () => Promise<number[]> {
  const end = new AbortController();
  const times: number[] = [];
  const loops = raws.map(async (raw) => {
    for (let id = 1; !end.signal.aborted; id += 1) {
      const started = performance.now();
      raw.send({ id, method: "tools/call", params: { name: "echo", arguments: { text: "calm" } } });
      await raw.answer(id);
      times.push(performance.now() - started);
      // Kept lines would be looked through at each call.
      raw.lines.length = 0;
    }
  });
  return async () => {
    end.abort();
    await Promise.all(loops);
    return times;
  };
}

/** Resident memory of the app in MB; 0 where there is no /proc. */
function memory(): number {
  const file = `/proc/${String(app.pid())}/status`;
  return fs.existsSync(file) ? Number(/VmRSS:\s+(\d+)/u.exec(fs.readFileSync(file, "utf8"))?.[1] ?? 0) / 1024 : 0;
}

const percentile = (times: readonly number[], part: number): number =>
  times.toSorted((a, b) => a - b)[Math.floor(times.length * part)] ?? Number.POSITIVE_INFINITY;

test("500 calls at once that nobody allowed: a handful wait, the rest is refused, all are in the journal, others go on", async () => {
  const asking = await session("asked");
  const stop = keepCalling([await session("calm")]);
  for (let id = 1; id <= 500; id += 1)
    asking.send({ id, method: "tools/call", params: { name: "echo", arguments: { text: `flood ${String(id)}.` } } });
  await until("all but a handful are refused", () => asking.lines.length >= 490);
  const waiting = await app.waiting();
  expect(waiting.length).toBeGreaterThan(0);
  expect(waiting.length).toBeLessThanOrEqual(8);
  const calm = await stop();
  expect(calm.length).toBeGreaterThan(20);
  expect(percentile(calm, 0.95)).toBeLessThan(500);
  const denied = await app.ask("approval.denyAll", { server: "asked" });
  expect(denied).toEqual({ ok: true, value: { denied: waiting.length } });
  await until("every call is answered", () => asking.lines.length === 501);
  const records = await app.journal("--server", "asked", "--kind", "call-denied");
  expect(new Set(records.map(({ call }) => call)).size).toBe(500);
  expect(asking.lines.filter((line) => line.includes('"isError":true'))).toHaveLength(500);
});

describe("servers that misbehave, all at once", () => {
  test("each gets its own end; nine sessions beside them are answered, and memory is bounded", async () => {
    const calmSessions = [];
    for (let i = 0; i < 9; i += 1) calmSessions.push(await session("calm"));
    const quiet = keepCalling(calmSessions);
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    const before = await quiet();
    const base = memory();

    const stop = keepCalling(calmSessions);
    const bad = new Map<string, RawConnection>();
    for (const name of ["endless-line", "garbage", "notifications", "strangers", "bytes", "crashing"]) bad.set(name, await session(name));
    for (const [name, raw] of bad) {
      raw.send({ id: 7, method: "tools/call", params: { name: name === "crashing" ? "crash" : "echo", arguments: {} } });
    }
    // A server that does not read: its client may write, and is held back.
    const deaf = await session("deaf");
    for (let id = 1; id <= 40; id += 1) {
      deaf.send({ id, method: "tools/call", params: { name: "echo", arguments: { text: "z".repeat(500_000) } } });
    }
    let peak = 0;
    for (let i = 0; i < 40; i += 1) {
      peak = Math.max(peak, memory());
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    for (const name of ["endless-line", "garbage", "strangers", "bytes", "crashing"]) {
      expect((await bad.get(name)?.answer(7))?.error?.message, name).toMatch(/\w/u);
    }
    const during = await stop();
    expect(await app.ok("status")).toContain("is running");
    console.log(
      `nine calm sessions: p95 ${percentile(before, 0.95).toFixed(1)} ms, beside seven bad servers ${percentile(during, 0.95).toFixed(1)} ms (${String(during.length)} calls); app ${base.toFixed(0)} MB, at most ${peak.toFixed(0)} MB`,
    );
    // A machine with two cores shares them; what must not happen is that somebody waits for a bad server.
    expect(percentile(during, 0.95)).toBeLessThan(Math.max(1_000, 10 * percentile(before, 0.95)));
    expect(peak - base).toBeLessThan(250);
    const stopped = await app.journal("--kind", "server-stopped");
    for (const name of ["endless-line", "garbage"]) expect(stopped.filter(({ server }) => server === name).length, name).toBeGreaterThan(0);
    const finished = await app.journal("--kind", "call-finished", "--server", "endless-line");
    expect(finished.at(-1)).toMatchObject({ outcome: "lost" });
    // And after all of it: as before.
    const again = await session("calm");
    again.send({ id: 1, method: "tools/call", params: { name: "echo", arguments: { text: "still here" } } });
    expect(JSON.stringify(await again.answer(1))).toContain("still here");
    expect(await app.json("journal", "verify")).toMatchObject({ kind: "intact" });
  });
});
