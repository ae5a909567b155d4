import { spawn } from "node:child_process";
import path from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { createHarness, until } from "../../fixtures/gate-harness.ts";
import type { Harness, Message } from "../../fixtures/gate-harness.ts";

// A session with the real server-everything, once directly and once through the gate: every line the client gets is the same, byte
// for byte. Lines are compared as a sorted list, because the server itself does not fix the order of notifications and answers.

const entry = path.join(import.meta.dirname, "../../../node_modules/@modelcontextprotocol/server-everything/dist/index.js");
const command = [process.execPath, entry, "stdio"];

interface Peer {
  readonly lines: readonly string[];
  send(message: unknown): void;
}

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

function direct(): Peer {
  const [file = "", ...args] = command;
  const child = spawn(file, args, { stdio: ["pipe", "pipe", "ignore"], env: { PATH: process.env["PATH"] ?? "" } });
  const lines: string[] = [];
  let rest = "";
  child.stdout.setEncoding("utf8");
  child.stdout.on("data", (text: string) => {
    const parts = (rest + text).split("\n");
    rest = parts.pop() ?? "";
    lines.push(...parts);
  });
  closers.push(async () => {
    child.kill("SIGKILL");
    await new Promise((resolve) => child.once("exit", resolve));
  });
  return { lines, send: (message) => void child.stdin.write(`${JSON.stringify(message)}\n`) };
}

async function throughGate(): Promise<Peer & { readonly harness: Harness }> {
  const harness = await createHarness({ command, defaultEffect: "allow" });
  closers.push(() => harness.close());
  const client = harness.open();
  return { harness, lines: client.lines, send: (message) => void client.send(message) };
}

const messages = (peer: Peer): Message[] => peer.lines.map((line) => JSON.parse(line) as Message);

async function initialize(peer: Peer, capabilities: object): Promise<void> {
  peer.send({
    jsonrpc: "2.0",
    id: "init",
    method: "initialize",
    params: { protocolVersion: "2025-11-25", capabilities, clientInfo: { name: "t", version: "1" } },
  });
  await until(() => messages(peer).some((message) => message.id === "init"));
  peer.send({ jsonrpc: "2.0", method: "notifications/initialized" });
}

async function request(peer: Peer, id: unknown, method: string, params: object): Promise<Message> {
  peer.send({ jsonrpc: "2.0", id, method, params });
  const isAnswer = (message: Message): boolean => message.id === id && message.method === undefined;
  await until(
    () => messages(peer).some(isAnswer),
    20_000,
    () => `${method} ${String(id)}`,
  );
  return messages(peer).find(isAnswer) ?? {};
}

/** Answers what the server asks its client, as it comes. */
function answerRequests(peer: Peer): () => void {
  let at = 0;
  const timer = setInterval(() => {
    for (; at < peer.lines.length; at++) {
      const { id, method } = JSON.parse(peer.lines[at] ?? "{}") as Message;
      if (id === undefined || method === undefined) continue;
      const results: Readonly<Record<string, object>> = {
        "roots/list": { roots: [{ uri: "file:///tmp", name: "tmp" }] },
        "sampling/createMessage": { role: "assistant", model: "m", content: { type: "text", text: "sampled é" } },
        "elicitation/create": { action: "decline" },
      };
      peer.send({ jsonrpc: "2.0", id, result: results[method] ?? {} });
    }
  }, 5);
  return () => clearInterval(timer);
}

async function session(peer: Peer): Promise<readonly string[]> {
  const stop = answerRequests(peer);
  await initialize(peer, { roots: { listChanged: true }, sampling: {}, elicitation: {} });
  // The server looks at the roots a moment after it was initialized, and tells of its new tools then.
  await until(
    () => peer.lines.some((line) => line.includes("Roots updated")),
    20_000,
    () => "roots",
  );
  let id = 0;
  const ask = (method: string, params: object = {}): Promise<Message> => request(peer, ++id, method, params);
  await ask("tools/list");
  await ask("resources/list");
  await ask("resources/templates/list");
  await ask("resources/read", { uri: "demo://resource/static/document/features.md" });
  await ask("prompts/list");
  await ask("prompts/get", { name: "simple-prompt" });
  await ask("completion/complete", {
    ref: { type: "ref/prompt", name: "completable-prompt" },
    argument: { name: "department", value: "E" },
  });
  await ask("logging/setLevel", { level: "debug" });
  await ask("resources/subscribe", { uri: "demo://resource/dynamic/text/1" });
  await ask("resources/unsubscribe", { uri: "demo://resource/dynamic/text/1" });
  await ask("tools/call", { name: "echo", arguments: { message: "hé \u202e 😀" } });
  await ask("tools/call", { name: "get-sum", arguments: { a: 1.5, b: -2 } });
  await ask("tools/call", { name: "get-sum", arguments: { a: "not a number" } });
  await ask("tools/call", { name: "no-such-tool", arguments: {} });
  await ask("tools/call", { name: "get-tiny-image", arguments: {} });
  await ask("tools/call", { name: "get-annotated-message", arguments: { messageType: "error", includeImage: true } });
  await ask("tools/call", { name: "get-structured-content", arguments: { location: "Chicago" } });
  await ask("tools/call", { name: "trigger-sampling-request", arguments: { prompt: "p", maxTokens: 10 } });
  await ask("tools/call", { name: "trigger-elicitation-request", arguments: {} });
  await ask("tools/call", { name: "get-roots-list", arguments: {} });
  await ask("tools/call", {
    name: "trigger-long-running-operation",
    arguments: { duration: 0.3, steps: 3 },
    _meta: { progressToken: "tok" },
  });
  await ask("some/future/method", { x: 1 });
  // A cancelled call gets no answer; the server goes on.
  peer.send({
    jsonrpc: "2.0",
    id: "long",
    method: "tools/call",
    params: { name: "trigger-long-running-operation", arguments: { duration: 0.2, steps: 1 } },
  });
  peer.send({ jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: "long", reason: "changed my mind" } });
  await ask("ping");
  await new Promise((resolve) => setTimeout(resolve, 500));
  stop();
  return peer.lines.toSorted();
}

describe("server-everything through the gate", () => {
  it("is the same session as directly, byte for byte", async () => {
    const plain = await session(direct());
    const gated = await throughGate();
    expect(await session(gated)).toEqual(plain);
    expect(plain.length).toBeGreaterThan(30);
    expect(plain.some((line) => line.includes("sampling/createMessage"))).toBe(true);
    expect(plain.some((line) => line.includes("elicitation/create"))).toBe(true);
    expect(plain.some((line) => line.includes("notifications/progress"))).toBe(true);
    const finished = gated.harness.journal.filter((draft) => draft.kind === "call-finished").map((draft) => draft.outcome);
    expect(finished).toHaveLength(12);
    expect(finished.filter((outcome) => outcome === "tool-error")).toHaveLength(2);
    expect(finished.at(-1)).toBe("cancelled");
    expect(gated.harness.tools.length).toBe(16);
  }, 60_000);

  it.each([
    [13, {}],
    [16, { roots: {}, sampling: {}, elicitation: {} }],
    [
      19,
      {
        roots: {},
        sampling: {},
        elicitation: { form: {}, url: {} },
        tasks: { requests: { sampling: { createMessage: {} }, elicitation: { create: {} } } },
      },
    ],
  ])(
    "lists %i tools for the capabilities %j, as directly",
    async (count, capabilities) => {
      const lists: unknown[] = [];
      for (const peer of [direct(), await throughGate()]) {
        const stop = answerRequests(peer);
        await initialize(peer, capabilities);
        let tools: unknown[] = [];
        await until(async () => {
          tools = ((await request(peer, peer.lines.length + 1_000, "tools/list", {})).result?.["tools"] ?? []) as unknown[];
          return tools.length >= count;
        });
        stop();
        lists.push(tools);
        expect(tools).toHaveLength(count);
      }
      expect(lists[1]).toEqual(lists[0]);
    },
    60_000,
  );
});
