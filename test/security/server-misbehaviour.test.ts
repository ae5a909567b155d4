import path from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { createHarness, serversFolder, until } from "../fixtures/gate-harness.ts";
import type { Client, Harness } from "../fixtures/gate-harness.ts";

// Threat 34: what a server can do to the framing on its stdout. Its own session may suffer; nobody else does.

let harness: Harness | undefined;
afterEach(async () => {
  await harness?.close();
  harness = undefined;
});

const server = (name: string, ...args: string[]): readonly string[] => [
  process.execPath,
  path.join(serversFolder, `${name}.mjs`),
  "-",
  ...args,
];
const start = async (name: string, ...args: string[]): Promise<{ h: Harness; client: Client }> => {
  const h = (harness = await createHarness({ command: server(name, ...args), defaultEffect: "allow" }));
  const client = h.open();
  await client.initialize();
  return { h, client };
};

async function medianMs(client: Client, from: number, rounds: number): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < rounds; i++) {
    const start = performance.now();
    await client.roundTrip(from + i);
    times.push(performance.now() - start);
  }
  return times.sort((a, b) => a - b)[Math.floor(rounds / 2)] ?? 0;
}

describe("a server that breaks the framing (threat 34)", () => {
  it("a line without an end: stopped, answered, in bounded memory", async () => {
    const { h, client } = await start("greedy", "line");
    const before = process.memoryUsage().rss;
    client.call(1, "x");
    expect((await client.answerTo(1)).error).toMatchObject({ code: -32603, message: /a line of more than 10304 KiB/ });
    expect(h.faults).toHaveLength(1);
    expect(process.memoryUsage().rss - before).toBeLessThan(120 * 1024 * 1024);
    expect(h.journal.at(-1)).toMatchObject({ outcome: "lost" });
  });

  it("garbage for ever: stopped", async () => {
    const { h, client } = await start("chatty", "garbage");
    client.call(1, "x");
    expect((await client.answerTo(1)).error?.message).toMatch(/no MCP message/);
    expect(h.faults).toHaveLength(1);
    expect(client.lines.join("\n")).not.toContain("Listening");
  });

  it("a log line here and there is dropped, and harms nothing", async () => {
    const { h, client } = await start("chatty", "logs");
    for (let id = 1; id <= 300; id++) client.call(id, "x");
    for (let id = 1; id <= 300; id++) await client.answerTo(id);
    expect(h.faults).toEqual([]);
    expect(client.lines.join("\n")).not.toContain("Server got");
  });

  it("answers to what nobody asked never reach the client; many of them stop it", async () => {
    const { h, client } = await start("lying", "unknown");
    client.call(1, "x");
    expect((await client.answerTo(1)).error?.message).toMatch(/nobody had asked/);
    expect(client.lines.join("\n")).not.toContain("a lie");
    expect(h.faults).toHaveLength(1);
  });

  it("a second answer to the same call is dropped, and the call is journaled once", async () => {
    const { h, client } = await start("lying", "twice");
    client.call(1, "x");
    client.send({ jsonrpc: "2.0", id: 2, method: "ping" });
    await client.answerTo(2);
    expect(client.messages().filter((message) => message.id === 1)).toHaveLength(1);
    expect(client.lines.join("\n")).not.toContain("a lie");
    expect(h.journal.filter((draft) => draft.kind === "call-finished")).toHaveLength(1);
  });

  it("an answer that is not UTF-8 becomes an error", async () => {
    const { client } = await start("lying", "utf8");
    client.call(1, "x");
    expect((await client.answerTo(1)).error?.message).toMatch(/not valid UTF-8/);
  });

  it.each(["pieces", "batch", "escaped", "two-lines"])("%s: the answer arrives whole, once", async (how) => {
    const { h, client } = await start("lying", how);
    client.call("a", "x");
    expect((await client.answerTo("a")).result?.content?.[0]?.text).toBe("the answer");
    await until(() => h.journal.some((draft) => draft.kind === "call-finished"));
    expect(client.messages().filter((message) => message.id === "nobody")).toEqual([]);
    expect(h.faults).toEqual([]);
  });

  it("a flood of messages leaves the others their turn", async () => {
    const { h, client: noisy } = await start("chatty", "notifications");
    const calm = h.open("calm", "calm", server("echo"));
    await calm.initialize();
    const before = await medianMs(calm, 1_000, 300);
    noisy.call(1, "x");
    await until(() => noisy.lines.length > 1_000);
    const during = await medianMs(calm, 2_000, 300);
    await noisy.session.end();
    const after = await medianMs(calm, 3_000, 300);
    // The flooding process itself takes one of the two cores, so the figure is generous; unthrottled it is some 20 times `before`.
    console.log(`round trip: ${before.toFixed(2)} ms, in the flood ${during.toFixed(2)} ms, after it ${after.toFixed(2)} ms`);
    expect(during).toBeLessThan(before * 4 + 1);
    expect(after).toBeLessThan(before * 3 + 1);
  });

  it("a paused flood costs no memory", async () => {
    const { client: noisy } = await start("chatty", "notifications");
    noisy.stalled = true;
    noisy.call(1, "x");
    await until(() => noisy.lines.length > 10);
    const lines = noisy.lines.length;
    await new Promise((resolve) => setTimeout(resolve, 200));
    const later = noisy.lines.length;
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(noisy.lines.length).toBe(later);
    expect(later - lines).toBeLessThan(10_000);
  });
});
