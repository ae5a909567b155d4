import path from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { fail } from "../../../shared/errors.ts";
import { createHarness, serversFolder, until } from "../../fixtures/gate-harness.ts";
import type { Harness, HarnessOptions, Message } from "../../fixtures/gate-harness.ts";

let harness: Harness | undefined;
afterEach(async () => {
  await harness?.close();
  harness = undefined;
});

const server = (name: string, ...args: string[]): readonly string[] => [
  process.execPath,
  path.join(serversFolder, `${name}.mjs`),
  "RECORD",
  ...args,
];
const start = async (options: Partial<HarnessOptions> = {}): Promise<Harness> =>
  (harness = await createHarness({ command: server("echo"), ...options }));
const kindsOf = (h: Harness): string[] => h.journal.map((draft) => draft.kind);
const toolCalls = async (h: Harness): Promise<readonly string[]> => (await h.received()).filter((line) => line.includes("tools/call"));
const textOf = (message: Message): string => message.result?.content?.[0]?.text ?? "";

describe("what is not judged", () => {
  it("passes byte for byte, unknown methods, odd spacing and unknown fields included", async () => {
    const h = await start();
    const client = h.open();
    const lines = [
      '{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"c","version":"1"}}}',
      '{ "jsonrpc": "2.0",\t"id": "two", "method": "completion/complete", "params": {"x": 1.0, "x": 2} }',
      '{"jsonrpc":"2.0","id":3,"method":"some/future/method","params":{"deep":[[[{"é":"\\u00e9"}]]]},"_unknown":{"a":null}}',
      '{"jsonrpc":"2.0","id":4,"method":"server/discover","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}}}',
      '{"jsonrpc":"2.0","method":"notifications/roots/list_changed"}',
      '{"jsonrpc":"2.0","id":5,"m\\u0065thod":"ping"}',
      `{"jsonrpc":"2.0","id":6,"method":"deep","params":${"[".repeat(60)}${"]".repeat(60)}}`,
      '[{"jsonrpc":"2.0","id":7,"method":"ping"},{"jsonrpc":"2.0","method":"notifications/x"}]',
    ];
    // Cut anywhere: three chunks that respect no line.
    const bytes = Buffer.from(`${lines.join("\n")}\n`);
    for (const [from, to] of [[0, 10], [10, 301], [301, bytes.length]] as const) client.sendRaw(bytes.subarray(from, to)); // prettier-ignore
    for (const id of [1, "two", 3, 4, 5, 6, 7]) await client.answerTo(id);
    expect(await h.received()).toEqual(lines);
    expect(h.journal).toEqual([]);
    expect(client.lines).toContain('{"jsonrpc":"2.0","id":3,"result":{"echo":"some/future/method"}}');
    expect(client.session.says()).toBe("c 1");
  });

  it("notes the tools of a listing", async () => {
    const h = await start();
    const client = h.open();
    client.send({ jsonrpc: "2.0", id: 1, method: "tools/list" });
    await client.answerTo(1);
    await until(() => h.tools.length === 1);
    expect(h.tools[0]).toMatchObject({ name: "echo", description: "Says it again", readOnlyHint: true });
  });
});

describe("an allowed call", () => {
  it("is journaled before the server sees it, forwarded as it came, and closed once", async () => {
    const h = await start({ defaultEffect: "allow" });
    const client = h.open();
    const line =
      '{ "jsonrpc":"2.0", "id":1, "method":"tools/call", "params":{"arguments":{"text":"hé\\u00e9"},"name":"echo","extra":[1]} }';
    client.sendRaw(`${line}\r\n`);
    expect(kindsOf(h)).toEqual(["call-dispatched"]);
    expect(await h.received()).toEqual([]);
    expect(textOf(await client.answerTo(1))).toBe("héé");
    expect(await h.received()).toEqual([`${line}\r`]);
    expect(kindsOf(h)).toEqual(["call-dispatched", "call-finished"]);
    expect(h.journal[0]).toMatchObject({
      client: "tester",
      server: "fixture",
      tool: "echo",
      decision: "allow",
      by: "default",
      detail: { arguments: { text: "héé" } },
    });
    expect(h.journal[1]).toMatchObject({ outcome: "ok", call: h.journal[0]?.call, detail: { bytesIn: Buffer.byteLength(line) + 2 } });
    expect(String(h.journal[1]?.detail?.["result"])).toBe('{"content":[{"type":"text","text":"héé"}]}');
    expect(client.session.calls()).toBe(1);
  });

  it("keeps its outcome", async () => {
    const h = await start({ defaultEffect: "allow" });
    const client = h.open();
    client.call(1, "fail");
    client.call(2, "error", { text: "x" });
    await client.answerTo(1);
    expect((await client.answerTo(2)).error).toEqual({ code: -32602, message: "bad input: x" });
    expect(h.journal.filter((draft) => draft.kind === "call-finished").map((draft) => draft.outcome)).toEqual([
      "tool-error",
      "protocol-error",
    ]);
  });

  it("with large arguments and a large result is journaled by beginning, hash and size; 10 MiB pass", async () => {
    const h = await start({ defaultEffect: "allow" });
    const client = h.open();
    const text = "z".repeat(10 * 1024 * 1024);
    client.call(1, "echo", { text });
    expect(textOf(await client.answerTo(1))).toHaveLength(text.length);
    const [opened, closed] = h.journal;
    expect(opened?.detail).toMatchObject({ messageHash: expect.stringMatching(/^[0-9a-f]{64}$/) as string });
    expect(JSON.stringify(opened).length).toBeLessThan(6_000);
    expect(JSON.stringify(closed).length).toBeLessThan(6_000);
    expect(closed?.detail?.["resultCut"]).toBe(true);
  });

  it("is answered under its own id, though a secret may stand in that", async () => {
    const h = await start({ defaultEffect: "allow", secrets: ["0815"] });
    const client = h.open();
    for (const id of ["0b0815aa-77", "again-0815"]) {
      client.send({ jsonrpc: "2.0", id, method: "tools/call", params: { name: "echo", arguments: { text: "pin 0815" } } });
      expect(textOf(await client.next((message) => message.id === id, 5_000))).toBe("pin [redacted]");
    }
    client.send({ jsonrpc: "2.0", id: "none-0815", method: "no/such/method" });
    expect((await client.next((message) => message.id === "none-0815", 5_000)).method).toBeUndefined();
  });

  it("has known secrets taken out of its result, its journal and every other line to the client", async () => {
    const secret = "s3cr3t-value-0815";
    const h = await start({ defaultEffect: "allow", secrets: [secret] });
    const client = h.open();
    client.call(1, "echo", { text: `token=${secret}` });
    client.call(2, "error", { text: Buffer.from(secret).toString("base64") });
    client.send({ jsonrpc: "2.0", id: 3, method: secret });
    client.call(4, "ask", { text: secret });
    await client.answerTo(3);
    expect(textOf(await client.answerTo(1))).toContain("[redacted]");
    await client.answerTo(2);
    await client.next((message) => message.method === "elicitation/create");
    const all = client.lines.join("\n") + JSON.stringify(h.journal);
    for (const form of [secret, Buffer.from(secret).toString("base64"), Buffer.from(secret).toString("hex")])
      expect(all).not.toContain(form);
    // What is forwarded to the server is untouched.
    expect((await h.received()).join("\n")).toContain(secret);
  });
});

describe("a question", () => {
  it("waits, is answered, and only then reaches the server", async () => {
    const h = await start();
    const client = h.open();
    await client.initialize();
    client.call(1, "echo", { text: "may I?" });
    const [approval] = h.approvals.list();
    if (approval === undefined) throw new Error("no question");
    expect(approval).toMatchObject({
      client: "tester",
      clientSays: "scripted 0.1",
      server: "fixture",
      tool: "echo",
      subject: { key: "text", value: "may I?" },
    });
    expect(await toolCalls(h)).toEqual([]);
    expect(h.approvals.answer({ id: approval.id, fingerprint: approval.fingerprint, verdict: "allow", remember: "once" })).toEqual({
      ok: true,
      value: undefined,
    });
    expect(textOf(await client.answerTo(1))).toBe("may I?");
    expect(kindsOf(h)).toEqual(["call-asked", "call-dispatched", "call-finished"]);
    expect(h.journal[1]).toMatchObject({ decision: "allow", by: "person" });
    client.call(2, "echo", { text: "again" });
    expect(h.approvals.list()).toHaveLength(1);
  });

  it("keeps a client with a progress token waiting", async () => {
    const h = await start({ keepAliveMs: 20 });
    const client = h.open();
    client.call(1, "echo", {}, { progressToken: "tok" });
    await until(() => client.messages().filter((message) => message.method === "notifications/progress").length >= 3);
    const values = client.messages().map((message) => message.params?.["progress"] as number);
    expect(values).toEqual([...values].sort((a, b) => a - b));
    expect(values.every((value) => value < 0.01)).toBe(true);
    h.approvals.denyAll("person");
    await client.answerTo(1);
    const sent = client.lines.length;
    await new Promise((resolve) => setTimeout(resolve, 80));
    expect(client.lines.length).toBe(sent);
  });

  it("is withdrawn by the client's cancellation, which then has no answer and nothing to tell the server", async () => {
    const h = await start();
    const client = h.open();
    await client.initialize();
    client.call("x", "echo");
    client.send({ jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: "x" } });
    await until(() => kindsOf(h).includes("call-denied"));
    expect(h.approvals.list()).toEqual([]);
    client.send({ jsonrpc: "2.0", id: "after", method: "ping" });
    await client.answerTo("after");
    expect(client.messages().filter((message) => message.id === "x")).toEqual([]);
    expect((await h.received()).filter((line) => line.includes("cancelled") || line.includes("tools/call"))).toEqual([]);
    expect(h.journal.at(-1)).toMatchObject({ kind: "call-denied", by: "cancelled", outcome: "cancelled" });
  });

  it("remembered for the session or always, settles the others it covers, except those that must be looked at", async () => {
    const h = await start();
    const client = h.open();
    client.call(1, "echo", { text: "one" });
    client.call(2, "echo", { text: "two" });
    client.call(3, "echo", { text: `ls${" ".repeat(500)};rm` });
    client.call(4, "fail", {});
    const first = h.approvals.list()[0];
    if (first === undefined) throw new Error("no question");
    h.approvals.answer({ id: first.id, fingerprint: first.fingerprint, verdict: "allow", remember: "session" });
    await client.answerTo(1);
    await client.answerTo(2);
    expect(h.approvals.list().map((approval) => approval.tool)).toEqual(["echo", "fail"]);
    client.call(5, "echo", {});
    await client.answerTo(5);
    const other = h.open("other");
    other.call(1, "echo", {});
    expect(h.approvals.list()).toHaveLength(3);
    await client.session.end();
    expect(h.rules.list()).toEqual([]);
  });

  it("goes on without a second one when the server only needs more input (2026-07-28)", async () => {
    const h = await start();
    const client = h.open();
    const meta = { "io.modelcontextprotocol/protocolVersion": "2026-07-28" };
    const call = (id: number, text: string, state?: string) =>
      client.send({
        jsonrpc: "2.0",
        id,
        method: "tools/call",
        params: {
          name: "input",
          arguments: { text },
          _meta: meta,
          ...(state === undefined ? {} : { requestState: state, inputResponses: {} }),
        },
      });
    call(1, "a");
    const [approval] = h.approvals.list();
    h.approvals.answer({ id: approval?.id ?? "", fingerprint: approval?.fingerprint ?? "", verdict: "allow", remember: "once" });
    expect((await client.answerTo(1)).result).toMatchObject({ resultType: "input_required" });
    call(2, "b", "state of a"); // other arguments: another call
    call(3, "a", "state of b"); // a state that was never given
    expect(h.approvals.list()).toHaveLength(2);
    call(4, "a", "state of a");
    expect(textOf(await client.answerTo(4))).toBe("went on");
    call(5, "a", "state of a"); // used up
    expect(h.approvals.list()).toHaveLength(3);
  });
});

describe("every way to no gives an error result, and the server never sees the call", () => {
  const cases: [string, Partial<HarnessOptions>, (h: Harness) => void | Promise<void>, RegExp, string][] = [
    ["the person, with a reason", {}, (h) => { const [a] = h.approvals.list(); h.approvals.answer({ id: a?.id ?? "", fingerprint: a?.fingerprint ?? "", verdict: "deny", remember: "once", reason: "use the test folder" }); }, /use the test folder/, "person"],
    ["the deadline", { deadlineMs: 60 }, () => undefined, /Nobody answered/, "deadline"],
    ["closing", {}, (h) => { h.approvals.close(); }, /nobody is there/, "closing"],
    ["a pause while it waits", {}, (h) => { h.approvals.denyAll("paused"); }, /paused/, "paused"],
    ["a deny rule while it waits", {}, async (h) => { await h.rules.add({ effect: "deny", tool: "echo" }); }, /rule denies/, "rule"],
    ["nobody to answer", { answerer: "deny" }, () => undefined, /nobody to answer/, "no-answerer"],
    ["the limit", { maxPending: 0 }, () => undefined, /already wait/, "limit"],
    ["the default", { defaultEffect: "deny" }, () => undefined, /no rule allows/, "default"],
    ["a changed server", {}, (h) => { h.control.fingerprint = "accepted-2"; const [a] = h.approvals.list(); h.approvals.answer({ id: a?.id ?? "", fingerprint: a?.fingerprint ?? "", verdict: "allow", remember: "once" }); }, /server was changed/, "gate"],
    ["a pause after an allow", {}, (h) => { h.control.paused = true; const [a] = h.approvals.list(); h.approvals.answer({ id: a?.id ?? "", fingerprint: a?.fingerprint ?? "", verdict: "allow", remember: "once" }); }, /paused/, "paused"],
  ]; // prettier-ignore
  it.each(cases)("%s", async (_name, options, act, text, by) => {
    const h = await start(options);
    const client = h.open();
    await client.initialize();
    client.call(1, "echo", { text: "x" });
    await act(h);
    const answer = await client.answerTo(1);
    expect(answer.result?.isError).toBe(true);
    expect(textOf(answer)).toMatch(text);
    expect(h.journal.at(-1)).toMatchObject({ kind: "call-denied", decision: "deny", outcome: "refused" });
    expect(h.journal.at(-1)?.by).toMatch(by);
    expect(kindsOf(h)).not.toContain("call-dispatched");
    client.send({ jsonrpc: "2.0", id: "after", method: "ping" });
    await client.answerTo("after");
    expect(await toolCalls(h)).toEqual([]);
  });

  it("paused, faulty settings, a deny rule", async () => {
    const h = await start({ defaultEffect: "allow" });
    const client = h.open();
    h.control.paused = true;
    client.call(1, "echo");
    expect(textOf(await client.answerTo(1))).toMatch(/paused/);
    h.control.paused = false;
    h.control.fault = "config.json, line 3: broken.";
    client.call(2, "echo");
    expect(textOf(await client.answerTo(2))).toMatch(/line 3/);
    h.control.fault = null;
    await h.rules.add({ effect: "deny", server: "fixture" });
    client.call(3, "echo");
    expect((await client.answerTo(3)).result?.isError).toBe(true);
    expect(await h.received()).toEqual([]);
  });

  it("a journal that cannot be written: before a call, and before a question", async () => {
    const h = await start({ defaultEffect: "allow" });
    const client = h.open();
    h.control.journalBroken = true;
    client.call(1, "echo");
    expect((await client.answerTo(1)).error).toMatchObject({ code: -32603, message: /journal/ });
    expect(await h.received()).toEqual([]);
    expect(h.control.launches).toBe(0);
    await h.close();
    const asking = await start();
    asking.control.journalBroken = true;
    const second = asking.open();
    second.call(1, "echo");
    expect((await second.answerTo(1)).error?.code).toBe(-32603);
    expect(asking.approvals.list()).toEqual([]);
  });

  it("a journal that breaks after the answer: the result arrives, the next call does not", async () => {
    const h = await start({ defaultEffect: "allow" });
    const client = h.open();
    client.call(1, "echo", { text: "one" });
    h.control.journalBroken = true;
    expect(textOf(await client.answerTo(1))).toBe("one");
    client.call(2, "echo");
    expect((await client.answerTo(2)).error?.code).toBe(-32603);
    expect(await toolCalls(h)).toHaveLength(1);
  });

  it("one that asks for a task gets an error instead of a tool's result", async () => {
    const h = await start({ defaultEffect: "deny" });
    const client = h.open();
    client.send({ jsonrpc: "2.0", id: 1, method: "tools/call", params: { name: "echo", arguments: {}, task: { ttl: 1000 } } });
    expect((await client.answerTo(1)).error).toMatchObject({ code: -32603, message: /denied/ });
  });

  it("broken rules: nothing is allowed without a question", async () => {
    const h = await start({ defaultEffect: "allow", rulesText: '{"version":1,"rules":[{"id":"x","effect":"den' });
    const client = h.open();
    client.call(1, "echo");
    expect(h.approvals.list()[0]?.why).toMatch(/rules cannot be read/);
    expect(await h.received()).toEqual([]);
  });
});

describe("when the session or the server ends", () => {
  it("a session that ends withdraws its questions and stops its server", async () => {
    const h = await start();
    const client = h.open();
    await client.initialize();
    client.call(1, "echo");
    await client.session.end();
    expect(h.approvals.list()).toEqual([]);
    expect(h.journal.at(-1)).toMatchObject({ kind: "call-denied", by: "session-ended" });
    expect(() => process.kill(h.control.processes[0]?.pid ?? 0, 0)).toThrow("ESRCH");
    expect(await toolCalls(h)).toEqual([]);
  });

  it("closing the gate answers what is in flight and what waits", async () => {
    const h = await start({ command: server("slow") });
    await h.rules.add({ effect: "allow", tool: "wait" });
    const client = h.open();
    await client.initialize();
    client.call(1, "wait", { ms: 60_000 });
    client.call(2, "other", {});
    await until(async () => (await toolCalls(h)).length === 1);
    await h.gate.close();
    expect((await client.answerTo(1)).error?.code).toBe(-32603);
    expect((await client.answerTo(2)).error?.code).toBe(-32603);
    expect(h.journal.filter((draft) => draft.kind === "call-finished")).toMatchObject([{ outcome: "cancelled" }]);
    expect(client.session.receive(Buffer.from("x"))).toBe(true);
  });

  it("a server that cannot be started answers with the reason", async () => {
    const h = await start({ defaultEffect: "allow" });
    h.control.launchFailure = fail("not-accepted", "The server was changed.", "Accept it: portcullis server accept fixture");
    const client = h.open();
    client.send({ jsonrpc: "2.0", id: 0, method: "initialize" });
    expect((await client.answerTo(0)).error).toEqual({
      code: -32603,
      message: "The server was changed. Accept it: portcullis server accept fixture",
    });
    client.call(1, "echo");
    await client.answerTo(1);
    expect(h.journal.at(-1)).toMatchObject({ kind: "call-finished", outcome: "refused" });
    h.control.launchFailure = null;
    client.call(2, "echo", { text: "now" });
    expect(textOf(await client.answerTo(2))).toBe("now");
  });

  it("a call in flight can be cancelled; a late answer harms nobody", async () => {
    const h = await start({ command: server("slow"), defaultEffect: "allow" });
    const client = h.open();
    client.call(1, "wait", { ms: 60_000 });
    client.call(2, "wait", { ms: 80, late: true });
    await until(async () => (await toolCalls(h)).length === 2);
    for (const requestId of [1, 2]) client.send({ jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId } });
    await client.answerTo(2);
    expect((await h.received()).filter((line) => line.includes("cancelled"))).toHaveLength(2);
    expect(h.journal.filter((draft) => draft.kind === "call-finished").map((draft) => draft.outcome)).toEqual(["cancelled", "cancelled"]);
    expect(h.faults).toEqual([]);
  });
});
