import path from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import type { Approval, ApprovalAnswer } from "../../shared/model/approval.ts";
import { createHarness, serversFolder, until } from "../fixtures/gate-harness.ts";
import type { Harness, HarnessOptions } from "../fixtures/gate-harness.ts";
import { processorTime } from "../fixtures/processor-time.ts";

// Threats 15, 16, 21, 22 and 23 at the gate, over a server that records every line it receives.

let harness: Harness | undefined;
afterEach(async () => {
  await harness?.close();
  harness = undefined;
});

const echo = [process.execPath, path.join(serversFolder, "echo.mjs"), "RECORD"];
const start = async (options: Partial<HarnessOptions> = {}): Promise<Harness> =>
  (harness = await createHarness({ command: echo, ...options }));
const only = (h: Harness): Approval => {
  const [approval, ...more] = h.approvals.list();
  if (approval === undefined || more.length > 0) throw new Error(`expected one question, there are ${h.approvals.list().length}`);
  return approval;
};
const allow = (approval: Approval, more: Partial<ApprovalAnswer> = {}): ApprovalAnswer => ({
  id: approval.id,
  fingerprint: approval.fingerprint,
  verdict: "allow",
  remember: "once",
  ...more,
});

describe("argument spoofing (threat 15)", () => {
  it("shows all of what will be forwarded, warns, and asks that it be seen", async () => {
    const h = await start();
    const client = h.open();
    for (const [id, args] of [
      [1, { cmd: `ls${" ".repeat(10_000)};rm -rf ~` }],
      [2, { cmd: `ls${"\n".repeat(10_000)};rm -rf ~` }],
      [3, { data: `${"x".repeat(1_000_000)};rm -rf ~` }],
      [4, { ...Object.fromEntries(Array.from({ length: 5_000 }, (_, i) => [`key${i}`, i])), last: ";rm -rf ~" }],
    ] as const) {
      client.call(id, "echo", args);
      const approval = only(h);
      expect(approval.mustExpand).toBe(true);
      expect(approval.findings.length).toBeGreaterThan(0);
      const detail = h.approvals.detail(approval.id);
      expect(detail.ok && detail.value.argumentsText).toContain(";rm -rf ~");
      expect(detail.ok ? JSON.parse(detail.value.argumentsText) : null).toEqual(args);
      h.approvals.denyAll("person");
    }
  });

  it("masks known secrets in what is shown, and forwards them unchanged", async () => {
    const h = await start({ secrets: ["hunter2-hunter2"] });
    const client = h.open();
    client.call(1, "echo", { path: "/x/hunter2-hunter2" });
    const approval = only(h);
    expect(JSON.stringify([approval, h.approvals.detail(approval.id)])).not.toContain("hunter2");
    h.approvals.answer(allow(approval));
    await client.answerTo(1);
    expect((await h.received()).join("")).toContain("hunter2-hunter2");
  });

  it("masks a secret that is a number, in what is shown and in the journal, whatever its member is called", async () => {
    const h = await start({ secrets: ["482913557201"] });
    const client = h.open();
    for (const [id, args] of [
      [1, { account: 482913557201 }],
      [2, { id: 482913557201, text: "a\nb" }],
      [3, { id: 482913557201, list: [1, 2024, 482913557201] }],
    ] as const) {
      client.call(id, "echo", args);
      const approval = only(h);
      expect(JSON.stringify([approval, h.approvals.detail(approval.id)])).not.toContain("482913557201");
      h.approvals.answer(allow(approval));
      await client.answerTo(id);
    }
    expect(JSON.stringify(h.journal)).not.toContain("482913557201");
    expect(JSON.stringify(h.journal)).toContain("2024");
    expect((await h.received()).join("")).toContain('"account":482913557201');
  });
});

describe("JSON that two parsers read differently (threat 16)", () => {
  const call = (params: string): string => `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":${params}}`;
  const ambiguous = [
    call('{"name":"echo","arguments":{"path":"/ok","path":"/etc/x"}}'),
    call('{"name":"echo","arguments":{"path":"/ok","p\\u0061th":"/etc/x"}}'),
    call('{"name":"safe","name":"dangerous"}'),
    call('{"name":"safe","Name":"dangerous"}'),
    call('{"name":"echo","arguments":{"a":1},"Arguments":{"a":2}}'),
    call('{"name":"echo","arguments":{"__proto__":{"a":1}}}'),
    call('{"name":"echo","arguments":{"a":1e400}}'),
    call('{"name":"echo","arguments":{"a":9007199254740993}}'),
    call('{"name":"echo","arguments":{"a":"\\ud800"}}'),
    call(`{"name":"echo","arguments":{"a":${"[".repeat(5_000)}${"]".repeat(5_000)}}}`),
    call('{"name":"echo","arguments":["a"]}'),
    '{"jsonrpc":"2.0","id":1,"method":"ping","method":"tools/call","params":{"name":"echo"}}',
    '{"jsonrpc":"2.0","id":1,"method":"ping","Method":"tools/call","params":{"name":"echo"}}',
    '{"jsonrpc":"2.0","id":1,"METHOD":"tools/call","params":{"name":"echo"}}',
    '{"jsonrpc":"2.0","id":1,"method":"Tools/Call","params":{"name":"echo"}}',
    '{"jsonrpc":"2.0","id":1,"method":" tools/call","params":{"name":"echo"}}',
    '{"jsonrpc":"2.0","id":1,"method":"ping"}{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"echo"}}',
    '{"jsonrpc":"2.0","id":1,"method":"ping"}\r{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"echo"}}',
    '{"jsonrpc":"2.0","id":1,"method":"ping","params":{"a":\r{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"echo"}}\r}}',
    '[{"jsonrpc":"2.0","id":1,"method":"ping"},{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"echo"}}]',
    '[{"jsonrpc":"2.0","id":1,"m\\u0065thod":"tools/call","params":{"name":"echo"}}]',
    '[[{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo"}}]]',
    '{"jsonrpc":"2.0","method":"tools/call","params":{"name":"echo"}}',
    '{"jsonrpc":"2.0","id":null,"method":"tools/call","params":{"name":"echo"}}',
    '{"jsonrpc":"2.0","id":{"a":1},"method":"tools/call","params":{"name":"echo"}}',
    '{"jsonrpc":"2.0","id":1,"method":"tools/call","result":{},"params":{"name":"echo"}}',
    '\ufeff{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo"}}',
    "{'jsonrpc':'2.0','id':1,'method':'tools/call'}",
  ];

  it("never reaches the server, even when everything is allowed, and every id gets an error", async () => {
    const h = await start({ defaultEffect: "allow" });
    for (const line of ambiguous) {
      const client = h.open();
      client.sendRaw(`${line}\n`);
      client.send({ jsonrpc: "2.0", id: "after", method: "ping" });
      await client.answerTo("after");
      const answers = client.messages().filter((message) => message.id !== "after");
      const isNotification = line === ambiguous.find((item) => item.startsWith('{"jsonrpc":"2.0","method"'));
      expect([line, answers.length > 0]).toEqual([line, !isNotification]);
      for (const answer of answers) expect(answer.error?.code).toBeLessThan(-32_000);
      await client.session.end();
    }
    expect((await h.received()).filter((line) => !line.includes('"after"'))).toEqual([]);
    expect(h.journal.every((draft) => draft.kind === "call-denied")).toBe(true);
    expect(h.journal.length).toBeGreaterThanOrEqual(ambiguous.length);
  });

  it("spelled with escapes but with one meaning only, it is judged as what it means", async () => {
    const h = await start();
    const client = h.open();
    client.sendRaw('{"jsonrpc":"2.0","id":1,"m\\u0065thod":"tools\\/call","params":{"name":"e\\u0063ho","arguments":{"text":"x"}}}\n');
    expect(only(h).tool).toBe("echo");
    client.sendRaw('{"jsonrpc":"2.0","id":"\\u0061","method":"tools/call","params":{"name":"fail"}}\n');
    expect(h.approvals.list().map((approval) => approval.tool)).toEqual(["echo", "fail"]);
    h.approvals.denyAll("person");
    expect((await client.answerTo("a")).result?.isError).toBe(true);
    expect(await h.received()).toEqual([]);
  });

  it("an id that is in flight cannot be used again", async () => {
    const h = await start();
    const client = h.open();
    client.call(1, "echo", { text: "shown" });
    client.call(1, "echo", { text: "swapped" });
    expect((await client.answerTo(1)).error?.message).toMatch(/already in flight/);
    h.approvals.answer(allow(only(h)));
    await client.next((message) => message.result?.content?.[0]?.text === "shown");
    expect((await h.received()).filter((line) => line.includes("swapped"))).toEqual([]);
  });
});

describe("a flood of questions (threat 21)", () => {
  it("500 calls: a handful wait, the rest is denied and journaled, another server goes on", async () => {
    const h = await start();
    const client = h.open();
    const start500 = processorTime();
    for (let id = 0; id < 500; id++) client.call(id, "echo", { text: `call ${id}` });
    const took = processorTime() - start500;
    expect(h.approvals.list()).toHaveLength(8);
    const other = h.open("other", "another");
    other.call(1, "echo", { text: "me too" });
    expect(h.approvals.list()).toHaveLength(9);
    await until(() => client.lines.length === 492);
    expect(client.messages().every((message) => message.result?.isError === true)).toBe(true);
    expect(h.journal.filter((draft) => draft.by === "limit")).toHaveLength(492);
    expect(h.journal.filter((draft) => draft.kind === "call-asked")).toHaveLength(9);
    expect(took).toBeLessThan(1_000);
    expect(h.approvals.denyAll("person", "fixture")).toBe(8);
    expect(h.approvals.list()).toHaveLength(1);
  });
});

describe("nobody answers (threat 22)", () => {
  it("deadline: a no, and a late answer changes nothing", async () => {
    const h = await start({ deadlineMs: 50 });
    const client = h.open();
    client.call(1, "echo");
    const approval = only(h);
    expect((await client.answerTo(1)).result?.isError).toBe(true);
    expect(h.approvals.answer(allow(approval))).toMatchObject({ ok: false, error: { code: "expired" } });
    expect(await h.received()).toEqual([]);
  });

  it("closing: what waits and what comes after is denied", async () => {
    const h = await start();
    const client = h.open();
    client.call(1, "echo");
    h.approvals.close();
    client.call(2, "echo");
    for (const id of [1, 2]) expect((await client.answerTo(id)).result?.isError).toBe(true);
    expect(h.approvals.list()).toEqual([]);
    expect(await h.received()).toEqual([]);
  });
});

describe("stale and forged answers (threat 23)", () => {
  it("counts once, and only with the fingerprint of its own question", async () => {
    const h = await start();
    const client = h.open();
    client.call(1, "echo", { text: "a" });
    const first = only(h);
    expect(h.approvals.answer(allow(first, { fingerprint: "0".repeat(64) }))).toMatchObject({ error: { code: "not-allowed" } });
    expect(h.approvals.answer(allow(first, { fingerprint: "" }))).toMatchObject({ error: { code: "not-allowed" } });
    expect(h.approvals.answer(allow(first, { id: "made-up" }))).toMatchObject({ error: { code: "not-found" } });
    expect(await h.received()).toEqual([]);
    expect(h.approvals.answer(allow(first)).ok).toBe(true);
    expect(h.approvals.answer(allow(first))).toMatchObject({ error: { code: "expired" } });
    await client.answerTo(1);
    client.call(2, "echo", { text: "a" });
    const second = only(h);
    expect(second.fingerprint).not.toBe(first.fingerprint);
    expect(h.approvals.answer(allow(second, { fingerprint: first.fingerprint }))).toMatchObject({ ok: false });
    expect((await h.received()).filter((line) => line.includes("tools/call"))).toHaveLength(1);
  });

  it("an allow after the client cancelled does nothing", async () => {
    const h = await start();
    const client = h.open();
    client.call(1, "echo");
    const approval = only(h);
    client.send({ jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: 1 } });
    expect(h.approvals.answer(allow(approval))).toMatchObject({ error: { code: "expired" } });
    client.send({ jsonrpc: "2.0", id: 2, method: "ping" });
    await client.answerTo(2);
    expect((await h.received()).filter((line) => line.includes("tools/call"))).toEqual([]);
  });

  it("the same call of another client is a question of its own, and a rule for one is none for the other", async () => {
    const h = await start();
    const one = h.open("one");
    const two = h.open("two");
    one.call(1, "echo", { text: "a" });
    const first = only(h);
    two.call(1, "echo", { text: "a" });
    const [, second] = h.approvals.list();
    expect(h.approvals.answer(allow(first, { id: second?.id ?? "" }))).toMatchObject({ error: { code: "not-allowed" } });
    h.approvals.answer(allow(first, { remember: "always", onlyTheseArguments: true, expiresInMs: 60_000 }));
    await one.answerTo(1);
    await until(() => h.rules.list().length === 1);
    expect(only(h).client).toBe("two");
    expect(h.rules.list()[0]).toMatchObject({
      client: "one",
      server: "fixture",
      tool: "echo",
      arguments: { preview: "text: a" },
      origin: "approval",
    });
    one.call(2, "echo", { text: "a" });
    await one.answerTo(2);
    one.call(3, "echo", { text: "b" });
    expect(h.approvals.list()).toHaveLength(2);
  });

  it("a tool that calls itself * cannot be remembered", async () => {
    const h = await start();
    const client = h.open();
    client.call(1, "*");
    expect(h.approvals.answer(allow(only(h), { remember: "always" }))).toMatchObject({ error: { code: "bad-input" } });
    expect(only(h).tool).toBe("*");
  });
});
