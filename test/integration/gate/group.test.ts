import { afterEach, describe, expect, it } from "vitest";
import type { Harness } from "../../fixtures/gate-harness.ts";
import { createHarness, until } from "../../fixtures/gate-harness.ts";

// Calls that come together open in one transaction of the journal and are handed on together: all of them, or none, and in their order.

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

async function start(): Promise<Harness> {
  const harness = await createHarness({ command: [process.execPath, "test/fixtures/servers/echo.mjs", "RECORD"], defaultEffect: "allow" });
  closers.push(() => harness.close());
  return harness;
}

const line = (message: object): string => `${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`;
const call = (id: number): string => line({ id, method: "tools/call", params: { name: "echo", arguments: { text: `text ${id}` } } });
const many = Array.from({ length: 64 }, (_item, id) => id + 1);

async function receivedIds(harness: Harness): Promise<unknown[]> {
  return (await harness.received()).map((text) => {
    const message = JSON.parse(text) as { id?: unknown; method: string };
    return message.id ?? message.method;
  });
}

describe("calls in one chunk", () => {
  it("are journaled at once and reach the server in order", async () => {
    const harness = await start();
    const client = harness.open();
    await client.initialize();
    client.sendRaw(many.map(call).join(""));
    for (const id of many) expect((await client.answerTo(id)).result?.content?.[0]?.text).toBe(`text ${id}`);
    expect(harness.control.groups).toEqual([64]);
    expect((await receivedIds(harness)).slice(2)).toEqual(many);
    expect(harness.journal.filter(({ kind }) => kind === "call-dispatched")).toHaveLength(64);
  });

  it("are served whichever line end they have, also with more in them than has to be", async () => {
    const harness = await start();
    const client = harness.open();
    await client.initialize();
    const withMore = (id: number): string => call(id).replace('"id"', '"trace":"t","id"');
    client.sendRaw([call(1), call(2).replace("\n", "\r\n"), withMore(3), withMore(4).replace("\n", "\r\n")].join(""));
    for (const id of [1, 2, 3, 4]) expect((await client.answerTo(id)).result?.content?.[0]?.text).toBe(`text ${id}`);
  });

  it("are all refused, and none reaches the server, when the journal has no room for one of them", async () => {
    const harness = await start();
    const client = harness.open();
    await client.initialize();
    harness.control.journalRoom = 63;
    client.sendRaw(many.map(call).join(""));
    for (const id of many) expect((await client.answerTo(id)).error?.message).toMatch(/cannot write its journal.*was not made/);
    client.send({ id: "after", jsonrpc: "2.0", method: "ping" });
    await client.answerTo("after");
    expect((await receivedIds(harness)).slice(2)).toEqual(["after"]);
    expect(harness.journal.filter(({ kind }) => kind === "call-dispatched")).toHaveLength(0);
  });

  it("are not overtaken by what comes between them, and a cancellation finds its call", async () => {
    const harness = await start();
    const client = harness.open();
    await client.initialize();
    const cancel = line({ method: "notifications/cancelled", params: { requestId: 2 } });
    client.sendRaw(call(1) + line({ id: "ping", method: "ping" }) + call(2) + cancel + call(3));
    await client.answerTo(3);
    await until(() => harness.journal.filter(({ kind }) => kind === "call-finished").length === 3);
    expect((await receivedIds(harness)).slice(2)).toEqual([1, "ping", 2, "notifications/cancelled", 3]);
    expect(harness.control.groups).toEqual([1, 1, 1]);
    expect(harness.journal.filter(({ outcome }) => outcome === "cancelled")).toHaveLength(1);
  });

  it("cannot use an id twice", async () => {
    const harness = await start();
    const client = harness.open();
    await client.initialize();
    client.sendRaw(call(1) + call(1) + call(2));
    await client.answerTo(2);
    expect(client.messages().find((message) => message.id === 1 && message.error !== undefined)?.error?.message).toMatch(
      /already in flight/,
    );
    expect((await receivedIds(harness)).slice(2)).toEqual([1, 2]);
  });
});
