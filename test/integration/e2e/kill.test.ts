import fs from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { connectRawClient } from "../../fixtures/e2e/connect.ts";
import type { RawConnection, RawMessage } from "../../fixtures/e2e/connect.ts";
import { familyOf, processes, until } from "../../fixtures/e2e/processes.ts";
import type { FoundProcess } from "../../fixtures/e2e/processes.ts";
import { addEverything, addFixture, startApp } from "../../fixtures/e2e/running-app.ts";
import type { RunningApp } from "../../fixtures/e2e/running-app.ts";

// SIGKILL to the whole app at points of a heavy load: clients are answered, servers are gone, and the journal has every call that a server
// saw (threats 22, 33 and 37 at the level of the running app).

const linux = process.platform === "linux";
if (!linux) console.log("skipped: kill -9 of the app: processes are looked at through /proc, which is Linux's");

let app: RunningApp;
let received: string;
beforeAll(async () => {
  app = await startApp();
  received = path.join(app.place, "received");
  fs.mkdirSync(received);
  await addFixture(app, "witness", "echo.mjs", [path.join(received, "lines")], ["--write", received]);
  await addFixture(app, "slow", "slow.mjs", ["-"]);
  await addFixture(app, "stubborn", "stubborn.mjs", ["-"]);
  await addFixture(app, "networked", "stubborn.mjs", ["-"], ["--host", "localhost:9"]);
  await addFixture(app, "open", "stubborn.mjs", ["-"]);
  await app.ask("server.waive", { name: "open", waived: true });
  const { fingerprint } = await app.json<{ fingerprint: string }>("server", "show", "open");
  await app.ask("server.accept", { name: "open", fingerprint });
  await addEverything(app);
  await app.ok("rules", "add", "--allow", "--everything");
  await app.ok("rules", "add", "--ask", "--tool", "ask-me");
});
afterAll(() => app.close());

const initialize = { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "load", version: "1" } };

function opened(server: string): RawConnection {
  const raw = connectRawClient(app, server, "Load");
  raw.send({ id: "initialize", method: "initialize", params: initialize });
  raw.send({ method: "notifications/initialized" });
  return raw;
}

/** Those of them that are still the same processes. */
function alive(before: readonly FoundProcess[]): string[] {
  const now = processes();
  return before
    .filter(({ pid, command }) => now.some((each) => each.pid === pid && each.command === command))
    .map(({ pid, command }) => `${String(pid)} ${command}`);
}

describe.skipIf(!linux)("kill -9 of the app under load", () => {
  test.each([0, 1, 10, 100, 400, 1_000])(
    "after %i answers",
    async (answers) => {
      const sent = new Map<RawConnection, Set<number>>();
      const loads = ["witness", "witness", "witness"].map(opened);
      const others = ["slow", "stubborn", "networked", "open", "everything"].map(opened);
      const asking = opened("witness");
      // At the first point the servers are just being started; a bridge that finds no app would start it again.
      await until("all are connected", async () => {
        const state = await app.ask("state.get", undefined);
        return state.ok && state.value.snapshot.clients.length === loads.length + others.length + 1;
      });
      if (answers > 0) for (const raw of [...loads, ...others, asking]) await raw.answer("initialize");
      const mark = `point-${String(answers)}`;
      others[0]?.send({ id: 1, method: "tools/call", params: { name: "wait", arguments: { ms: 600_000, text: `${mark} slow` } } });
      asking.send({ id: 1, method: "tools/call", params: { name: "ask-me", arguments: { text: `${mark} asked` } } });
      let next = 0;
      const answered = (raw: RawConnection): number => raw.lines.length - 1;
      await until(
        `${String(answers)} answers`,
        () => {
          for (const raw of loads) {
            const ids = sent.get(raw) ?? new Set();
            sent.set(raw, ids);
            // Sixty-four calls in flight for each.
            while (ids.size - answered(raw) < 64) {
              next += 1;
              ids.add(next);
              raw.send({ id: next, method: "tools/call", params: { name: "echo", arguments: { text: `${mark} call ${String(next)}.` } } });
            }
          }
          return loads.reduce((sum, raw) => sum + Math.max(0, answered(raw)), 0) >= answers;
        },
        40_000,
      );
      const family = familyOf(app.pid());
      expect(family.length).toBeGreaterThan(0);
      await app.kill();

      // Every request is answered, with a result or an error.
      for (const raw of loads) for (const id of sent.get(raw) ?? []) await raw.answer(id);
      for (const raw of [others[0], asking]) expect((await raw?.answer(1))?.error?.message).toContain("Portcullis");
      await until("no process of the app or of a server is left", () => alive(family).length === 0, 8_000);
      for (const raw of [...loads, ...others, asking]) await raw.end();

      await app.start();
      expect(await app.ok("journal", "verify")).toContain("Intact");
      const records = (await app.journal()).filter(({ kind }) => kind.startsWith("call-"));
      const dispatched = records.filter(({ kind, detail }) => kind === "call-dispatched" && JSON.stringify(detail).includes(mark));
      const dispatchedTexts = new Set(dispatched.map(({ detail }) => (detail?.["arguments"] as { text?: string } | undefined)?.text));
      // What the server saw was in the journal before.
      const file = path.join(received, "lines");
      const seen = (fs.existsSync(file) ? fs.readFileSync(file, "utf8") : "")
        .split("\n")
        .filter((line) => line.includes(mark) && line.includes("tools/call") && line.endsWith("}"))
        .map((line) => ((JSON.parse(line) as RawMessage).params as { arguments: { text: string } }).arguments.text);
      expect(seen.length).toBeGreaterThanOrEqual(answers);
      expect(seen.filter((text) => !dispatchedTexts.has(text))).toEqual([]);
      expect(seen).not.toContain(`${mark} asked`);
      // Every dispatched call has one end; those in flight were lost.
      const ends = records.filter(({ kind }) => kind === "call-finished");
      const endings = dispatched.map(({ call }) => ends.filter((record) => record.call === call).map(({ outcome }) => outcome));
      expect(endings.filter((each) => each.length !== 1)).toEqual([]);
      const slow = dispatched.find(({ server }) => server === "slow");
      const outcome = ends.find(({ call }) => call === slow?.call)?.outcome ?? "never dispatched";
      expect(answers > 0 ? ["lost"] : ["lost", "never dispatched"]).toContain(outcome);
    },
    90_000,
  );
});

describe.skipIf(!linux)("servers that do not want to end", () => {
  test("a client that leaves within 350 ms of its first words: server-everything is gone within seconds, not after a minute", async () => {
    const raw = opened("everything");
    await raw.answer("initialize");
    const family = familyOf(app.pid()).filter(({ command }) => command.includes("server-everything"));
    expect(family.length).toBeGreaterThan(0);
    expect(await raw.end()).toBe(0);
    await until("the server is gone", () => alive(family).length === 0, 8_000);
  });

  test.each(["stubborn", "networked", "open"])(
    "%s: its whole tree is gone when its client has left, and when the app quits",
    async (name) => {
      for (const how of ["client", "app"] as const) {
        const raw = opened(name);
        await raw.answer("initialize");
        const family = familyOf(app.pid()).filter(({ command }) => command.includes("stubborn.mjs") || command.includes("sleep 3600"));
        expect(family.length).toBeGreaterThan(1);
        if (how === "client") await raw.end();
        else await app.stop();
        await until("the tree is gone", () => alive(family).length === 0, 12_000);
        if (how === "app") {
          await raw.end();
          await app.start();
        }
      }
    },
  );
});
