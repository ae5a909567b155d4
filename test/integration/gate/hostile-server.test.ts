import { afterEach, describe, expect, it } from "vitest";
import { createHarness, until } from "../../fixtures/gate-harness.ts";
import type { Client, Harness, HarnessOptions } from "../../fixtures/gate-harness.ts";

// What a server writes, or does not read, costs nobody but its own session anything, and everything that was asked gets its one answer.

let harness: Harness | undefined;
afterEach(async () => {
  await harness?.close();
  harness = undefined;
});

/** A server in a few words: `on(message, say)` for each message, after `initialize`. What it receives is recorded. */
const server = (on: string): readonly string[] => [
  process.execPath,
  "-e",
  `const record = process.argv[1];
   const write = (text) => process.stdout.write(text + "\\n");
   const say = (message) => write(JSON.stringify({ jsonrpc: "2.0", ...message }));
   require("node:readline").createInterface({ input: process.stdin }).on("line", (line) => {
     require("node:fs").appendFileSync(record, line + "\\n");
     const message = JSON.parse(line);
     if (message.method === "initialize")
       say({ id: message.id, result: { protocolVersion: "2025-06-18", capabilities: { tools: {} }, serverInfo: { name: "t", version: "1" } } });
     else { ${on} }
   });`,
  "RECORD",
];
const start = async (on: string, options: Partial<HarnessOptions> = {}): Promise<{ h: Harness; client: Client }> => {
  const h = await createHarness({ command: server(on), defaultEffect: "allow", ...options });
  harness = h;
  const client = h.open();
  await client.initialize();
  return { h, client };
};
const ping = async (client: Client, id: string): Promise<unknown> => {
  client.send({ jsonrpc: "2.0", id, method: "ping" });
  return client.answerTo(id);
};

describe("what a server writes", () => {
  it("a batch nested beyond what can be written out again passes, and the session goes on", async () => {
    const { h, client } = await start(`
      if (message.method === "notifications/initialized") write('[{"jsonrpc":"2.0","method":"notifications/x","params":{"a":' + "[".repeat(1e5) + "]".repeat(1e5) + "}}]");
      if (message.method === "ping") say({ id: message.id, result: {} });`);
    await until(() => client.lines.some((line) => line.includes("notifications/x")));
    expect(await ping(client, "p")).toMatchObject({ result: {} });
    expect(h.faults).toEqual([]);
  });

  it("a question under an id of its last life that is no JSON inside gets its new id and passes as it is", async () => {
    const { h, client } = await start(`
      if (message.method === "ping" && message.id === "die") process.exit(1);
      if (message.method === "ping") say({ id: message.id, result: {} });
      if (message.method === "notifications/initialized") write(require("node:fs").readFileSync(record, "utf8").includes('"die"')
        ? '{"jsonrpc":"2.0","id":"q","method":"roots/list","params":{"a" "b"}}'
        : '{"jsonrpc":"2.0","id":"q","method":"roots/list"}');`);
    await client.next((message) => message.method === "roots/list");
    client.send({ jsonrpc: "2.0", id: "die", method: "ping" });
    await client.answerTo("die");
    const renamed = /^\{"jsonrpc":"2\.0","id":"portcullis-[0-9a-f-]{36}-1","method":"roots\/list","params":\{"a" "b"\}\}$/;
    await until(() => client.lines.some((line) => renamed.test(line)));
    client.send({ jsonrpc: "2.0", id: "p", method: "ping" });
    await until(() => client.lines.some((line) => line.includes('"p"')));
    expect(h.faults).toEqual([]);
  });

  it("a tool's schema nested beyond reason is not kept", async () => {
    const { h, client } = await start(`
      if (message.method === "tools/list") write('{"jsonrpc":"2.0","id":' + JSON.stringify(message.id) + ',"result":{"tools":[{"name":"deep","inputSchema":' + "[".repeat(5000) + "]".repeat(5000) + '},{"name":"plain","inputSchema":{"type":"object"}}]}}');`);
    client.send({ jsonrpc: "2.0", id: "l", method: "tools/list" });
    await client.answerTo("l");
    await until(() => h.tools.length === 2);
    expect(h.tools).toEqual([{ name: "deep" }, { name: "plain", inputSchema: { type: "object" } }]);
  });

  it("something that is no answer ends the call that it names", async () => {
    const { h, client } = await start(`if (message.method === "tools/call") say({ id: message.id });`);
    client.call(7, "x");
    expect((await client.answerTo(7)).error?.message).toContain("no valid message");
    expect(h.journal.map(({ kind }) => kind)).toEqual(["call-dispatched", "call-finished"]);
  });

  it("late answers to all that was cancelled are no reason to stop it", async () => {
    const { h, client } = await start(`
      globalThis.late ??= [];
      if (message.method === "tools/call" && message.params.name === "keep") late.push(message.id);
      else if (message.method === "tools/call") late.unshift(message.id);
      if (message.method === "ping") { for (const id of late) say({ id, result: { content: [] } }); say({ id: message.id, result: {} }); }`);
    client.call("kept", "keep");
    for (let id = 0; id < 300; id++) client.call(id, "x");
    for (let id = 0; id < 300; id++) client.send({ jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: id } });
    expect(await ping(client, "p")).toMatchObject({ result: {} });
    expect((await client.answerTo("kept")).result).toBeDefined();
    expect(h.faults).toEqual([]);
  });
});

describe("a server that does not run", () => {
  const answering = `if (message.method === "ping") say({ id: message.id, result: {} });
    if (message.method === "tools/call") say({ id: message.id, result: { content: [] } });`;
  const idle = async (): Promise<{ h: Harness; client: Client }> => {
    const started = await start(answering, { idleMs: 100 });
    await started.h.control.processes[0]?.exited;
    await new Promise((resolve) => setTimeout(resolve, 20));
    return started;
  };

  it("is never told of a call that was cancelled before it was started", async () => {
    const { h, client } = await idle();
    client.call(7, "delete_everything");
    client.send({ jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: 7 } });
    expect(await ping(client, "p")).toMatchObject({ result: {} });
    expect((await h.received()).filter((line) => line.includes("delete_everything") || line.includes("cancelled"))).toEqual([]);
    expect(h.journal.filter(({ kind }) => kind === "call-finished")).toMatchObject([{ outcome: "cancelled" }]);
  });

  it("still gets a batch whose first request was cancelled before it was started", async () => {
    const { h, client } = await start(`if (Array.isArray(message)) message.forEach(({ id }) => say({ id, result: {} }));`, { idleMs: 100 });
    await h.control.processes[0]?.exited;
    await new Promise((resolve) => setTimeout(resolve, 20));
    client.send(["first", "second"].map((id) => ({ jsonrpc: "2.0", id, method: "ping" })));
    client.send({ jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: "first" } });
    expect((await client.answerTo("second", 5_000)).result).toEqual({});
    expect(h.faults).toEqual([]);
  });

  it("because the person stopped it, is started again by the client's next message, not before", async () => {
    const { h, client } = await start(`${answering} if (message.method === "hold") return;`);
    client.send({ jsonrpc: "2.0", id: "held", method: "hold" });
    await until(async () => (await h.received()).some((line) => line.includes('"held"')));
    await h.control.processes[0]?.stop();
    expect((await client.answerTo("held")).error?.message).toContain("was stopped");
    await new Promise((resolve) => setTimeout(resolve, 600));
    expect(h.control.launches).toBe(1);
    expect(await ping(client, "p")).toMatchObject({ result: {} });
    expect(h.control.launches).toBe(2);
    expect(h.faults).toEqual([]);
  });

  it("is told once that it is initialized, though that waited for it", async () => {
    const h = await createHarness({ command: server(answering), defaultEffect: "allow" });
    harness = h;
    const client = h.open();
    client.send({ jsonrpc: "2.0", id: "init", method: "initialize", params: {} });
    await client.answerTo("init");
    await h.control.processes[0]?.stop();
    const before = (await h.received()).length;
    client.send({ jsonrpc: "2.0", method: "notifications/initialized" });
    expect(await ping(client, "p")).toMatchObject({ result: {} });
    expect((await h.received()).slice(before).filter((line) => line.includes("notifications/initialized"))).toHaveLength(1);
  });
});

describe("a server that stopped reading", () => {
  const deaf = `if (message.method === "notifications/initialized") process.stdin.pause(), setInterval(() => {}, 1000);`;

  it("does not hang its client after an idle stop", async () => {
    const { h, client } = await start(deaf, { idleMs: 300 });
    const told = { jsonrpc: "2.0", method: "notifications/message", params: { text: "y".repeat(20_000) } };
    let drained = 0;
    client.session.onDrain(() => drained++);
    for (let i = 0; i < 50; i++) client.send(told);
    await h.control.processes[0]?.exited;
    await until(() => drained > 0);
    client.send({ jsonrpc: "2.0", id: "again", method: "initialize", params: {} });
    expect((await client.answerTo("again")).result).toBeDefined();
  });
});

describe("a clock that is set back", () => {
  const day = 24 * 3_600_000;

  it("does not leave a talkative server unread for as long", async () => {
    const chatty = `
      if (message.method === "ping") write('{"jsonrpc":"2.0","method":"notifications/x"}\\n'.repeat(2_000)), say({ id: message.id, result: {} });`;
    let back = 0;
    const { client } = await start(chatty, { now: () => Date.now() - back });
    await ping(client, "before");
    back = day;
    client.send({ jsonrpc: "2.0", id: "after", method: "ping" });
    expect((await client.answerTo("after", 5_000)).result).toEqual({});
  });

  it("does not keep an idle server from being stopped, nor the app awake", async () => {
    let back = 0;
    let looks = 0;
    const { h } = await start("", {
      idleMs: 500,
      now: () => {
        looks += 1;
        return Date.now() - back;
      },
    });
    back = 40 * day;
    await Promise.race([h.control.processes[0]?.exited, new Promise((resolve) => setTimeout(resolve, 3_000))]);
    expect(h.control.processes[0]?.wasStopped()).toBe(true);
    expect(looks).toBeLessThan(20);
  });
});

describe("a server whose client has left", () => {
  it("may say its last words, is blamed for none of them, and is not started again", async () => {
    const late = `
      globalThis.owed ??= [];
      if (message.method === "tools/call") owed.push(message.id);
      if (owed.length === 1) process.stdin.once("end", () => owed.forEach((id) => say({ id, result: { content: [] } })));`;
    const { h, client } = await start(late);
    for (let id = 1; id <= 30; id++) client.call(id, "wait");
    await until(async () => (await h.received()).length >= 32);
    await client.session.end();
    // Longer than the first pause before a restart.
    await new Promise((resolve) => setTimeout(resolve, 600));
    expect({ launches: h.control.launches, faults: h.faults }).toEqual({ launches: 1, faults: [] });
  });
});

describe("a client that does not read", () => {
  it("is not read either, until it does", async () => {
    const { client } = await start("", { defaultEffect: "deny" });
    let drained = 0;
    client.session.onDrain(() => drained++);
    client.stalled = true;
    client.call(1, "x");
    expect(client.call(2, "x")).toBe(false);
    expect(drained).toBe(0);
    client.stalled = false;
    expect(drained).toBe(1);
    expect(client.call(3, "x")).toBe(true);
  });
});
