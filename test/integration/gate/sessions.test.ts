import { afterEach, describe, expect, it } from "vitest";
import { fail } from "../../../shared/errors.ts";
import { createHarness, until } from "../../fixtures/gate-harness.ts";
import type { Harness, HarnessOptions } from "../../fixtures/gate-harness.ts";

const open: Harness[] = [];
afterEach(async () => {
  for (const harness of open.splice(0)) await harness.close();
});

async function start(options: Partial<HarnessOptions> = {}): Promise<Harness> {
  const command = [process.execPath, "test/fixtures/servers/echo.mjs", "RECORD"];
  const harness = await createHarness({ command, defaultEffect: "allow", ...options });
  open.push(harness);
  return harness;
}

describe("a session", () => {
  it("that is opened on a closed gate is over at once: nothing of it is judged, started or answered", async () => {
    const harness = await start();
    await harness.gate.close();
    const client = harness.open();
    expect(client.call(1, "echo")).toBe(true);
    await client.session.end();
    expect([harness.control.launches, harness.journal, client.lines]).toEqual([0, [], []]);
  });

  it("that has ended takes its rules with it, and nobody else's", async () => {
    const harness = await start();
    const clients = [harness.open("one"), harness.open("two")];
    for (const client of clients) {
      client.call(1, "echo");
      await client.answerTo(1);
    }
    await harness.rules.add({ effect: "ask" });
    for (const client of clients) client.call(2, "echo");
    for (const { id, fingerprint } of harness.approvals.list()) {
      expect(harness.approvals.answer({ id, fingerprint, verdict: "deny", remember: "session" }).ok).toBe(true);
    }
    await until(() => harness.rules.list().length === 3);
    await clients[0]?.session.end();
    expect(harness.rules.list().map(({ client }) => client)).toEqual(["two", undefined]);
  });
});

describe("a message that is refused", () => {
  it("is an empty batch, which has nobody to answer to", async () => {
    const harness = await start();
    const client = harness.open();
    client.sendRaw("[]\n");
    expect(client.messages()).toMatchObject([{ id: null, error: { code: -32600 } }]);
    client.send({ jsonrpc: "2.0", id: 1, method: "ping" });
    await client.answerTo(1);
    expect(await harness.received()).toHaveLength(1);
  });

  it("is a batch with a cancellation in it, or with an id that is in flight", async () => {
    const harness = await start({ command: [process.execPath, "test/fixtures/servers/slow.mjs", "RECORD"] });
    const client = harness.open();
    client.call(1, "slow", { ms: 60_000 });
    await until(async () => (await harness.received()).length === 1);
    const cancel = { jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: 1 } };
    client.send([{ jsonrpc: "2.0", id: 2, method: "ping" }, cancel]);
    expect((await client.answerTo(2)).error?.message).toContain("cancellation");
    client.send([
      { jsonrpc: "2.0", id: 3, method: "ping" },
      { jsonrpc: "2.0", id: 1, method: "ping" },
    ]);
    expect((await client.answerTo(3)).error?.message).toContain("already in flight");
    client.send({ jsonrpc: "2.0", id: 4, method: "ping" });
    await client.answerTo(4);
    expect(await harness.received()).toHaveLength(2);
  });

  it("is the one beyond 10,000 in flight, also when all of them come at once", async () => {
    const harness = await start();
    const client = harness.open();
    const call = (id: number): string => `{"jsonrpc":"2.0","id":${String(id)},"method":"tools/call","params":{"name":"echo"}}\n`;
    client.sendRaw(Array.from({ length: 10_001 }, (_, id) => call(id)).join(""));
    expect((await client.answerTo(10_000)).error?.message).toContain("too many requests are in flight");
    expect(harness.journal.filter(({ kind }) => kind === "call-dispatched")).toHaveLength(10_000);
  });

  it("is on record without a secret, whatever the reason says, and so is a call that could not be made", async () => {
    const number = "12345678901234567890123";
    const harness = await start({ secrets: [number, "s3cr3t-value"] });
    const client = harness.open();
    client.sendRaw(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","arguments":{"n":${number}}}}\n`);
    harness.control.launchFailure = fail("cannot-start", "It says s3cr3t-value.");
    client.call(2, "echo");
    for (const id of [1, 2]) expect((await client.answerTo(id)).error?.message).toContain("[redacted]");
    expect(harness.journal.map(({ detail }) => detail?.["reason"])).toEqual([
      expect.stringContaining("the number [redacted] is read differently"),
      undefined,
      "It says [redacted].",
    ]);
  });
});

describe("a call that the person allowed", () => {
  it("can be cancelled while the server works on it: the server is told", async () => {
    const harness = await start({ command: [process.execPath, "test/fixtures/servers/slow.mjs", "RECORD"], defaultEffect: "ask" });
    const client = harness.open();
    client.call(1, "slow", { ms: 60_000 });
    const [question] = harness.approvals.list();
    if (question === undefined) throw new Error("it was not asked about");
    harness.approvals.answer({ id: question.id, fingerprint: question.fingerprint, verdict: "allow", remember: "once" });
    await until(async () => (await harness.received()).length > 0);
    client.send({ jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: 1 } });
    await until(async () => (await harness.received()).some((line) => line.includes("notifications/cancelled")));
    expect(harness.journal.find(({ kind }) => kind === "call-finished")?.outcome).toBe("cancelled");
  });
});
