import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { connectClient, connectRaw, connectRawClient, connectTo } from "../../fixtures/e2e/connect.ts";
import { allCapabilities, recordSession } from "../../fixtures/e2e/everything-session.ts";
import { addEverything, everythingFile, node, startApp } from "../../fixtures/e2e/running-app.ts";
import type { RunningApp } from "../../fixtures/e2e/running-app.ts";

// Portcullis between a client and a boxed server changes nothing of what they say to each other.
let app: RunningApp;
beforeAll(async () => {
  app = await startApp();
  await addEverything(app);
  await app.ok("rules", "add", "--allow", "--server", "everything");
});
afterAll(() => app.close());

const direct = { command: node, args: [everythingFile] };

describe("the tools that server-everything offers depend on what the client can do", () => {
  const asksBack = { roots: { listChanged: true }, sampling: {}, elicitation: {} };
  test.each([
    ["nothing", {}, 13],
    ["roots, sampling and elicitation", asksBack, 16],
    ["elicitation by url and tasks as well", allCapabilities, 19],
  ])("%s: as many as without Portcullis", async (_what, capabilities, count) => {
    const lists = [];
    for (const connecting of [
      connectClient(app, "everything", { capabilities }),
      connectTo({ ...direct, env: app.env }, { capabilities }),
    ]) {
      const connected = await connecting;
      lists.push((await connected.client.listTools()).tools);
      await connected.close();
    }
    expect(lists[0]).toHaveLength(count);
    expect(lists[0]).toEqual(lists[1]);
  });
});

/** The only things that differ from one run of the server to the next, with or without Portcullis. */
function withoutTimes(line: string): string {
  return line
    .replaceAll(/"blob":"([^"]*)"/gu, (_all, blob: string) => `"blob":${JSON.stringify(Buffer.from(blob, "base64").toString("utf8"))}`)
    .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/gu, "TIME")
    .replaceAll(/\d{1,2}:\d\d:\d\d(?: [AP]M)?/gu, "TIME");
}

test("a whole session is the same line by line", async () => {
  const through = connectRawClient(app, "everything");
  const ours = (await recordSession(through)).map(withoutTimes);
  expect(await through.end()).toBe(0);
  const beside = connectRaw(direct.command, direct.args, app.env);
  const theirs = (await recordSession(beside)).map(withoutTimes);
  await beside.end();

  expect(ours.length).toBeGreaterThan(40);
  expect(ours).toEqual(theirs);
  const all = ours.join("\n");
  for (const part of ["notifications/progress", "sampling/createMessage", "elicitation/create", "roots/list", "𝔘nicode", "-32601"]) {
    expect(all).toContain(part);
  }
  const finished = await app.journal("--client", "Raw", "--kind", "call-finished");
  const counts: Record<string, number> = {};
  for (const { outcome = "none" } of finished) counts[outcome] = (counts[outcome] ?? 0) + 1;
  expect(counts).toEqual({ ok: 9, "tool-error": 2, cancelled: 1 });
});
