import { spawn } from "node:child_process";
import { afterEach, expect, test } from "vitest";
import { processTransport } from "../../../electron/servers/process-transport.ts";
import type { ServerExit } from "../../../electron/servers/server-process.ts";
import { until } from "../../fixtures/journal/parts.ts";

const undo: (() => void)[] = [];
afterEach(() => {
  for (const step of undo.splice(0).toReversed()) step();
});

/** What gets to the SDK of a process that runs this code when it has read a line; `send` writes a message. */
async function listen(
  code: string,
): Promise<{ messages: unknown[]; errors: string[]; closed: () => number; readonly ask: (id: number) => Promise<void> }> {
  const begin = `const send = (message) => process.stdout.write(JSON.stringify({ jsonrpc: "2.0", ...message }) + "\\n");
    require("node:readline").createInterface({ input: process.stdin }).on("line", (line) => { const { id } = JSON.parse(line); ${code} });`;
  const child = spawn(process.execPath, ["-e", begin], { stdio: ["pipe", "pipe", "ignore"] });
  undo.push(() => child.kill("SIGKILL"));
  const exited = new Promise<ServerExit>((resolve) => {
    child.once("exit", (status, signal) => resolve({ code: status, signal }));
  });
  const transport = processTransport(
    {
      instanceId: "x",
      pid: child.pid ?? 0,
      startedAt: 0,
      stdin: child.stdin,
      stdout: child.stdout,
      exited,
      wasStopped: () => false,
      stop: async () => void (await exited),
    },
    10_000,
  );
  const messages: unknown[] = [];
  const errors: string[] = [];
  let closings = 0;
  Object.assign(transport, {
    onmessage: (message: unknown) => messages.push(message),
    onerror: ({ message }: Error) => errors.push(message),
    onclose: () => (closings += 1),
  });
  await transport.start();
  return { messages, errors, closed: () => closings, ask: (id) => transport.send({ jsonrpc: "2.0", id, method: "ping" }) };
}

test("the SDK gets the answers to what it asked, each once, and no others", async () => {
  const { messages, errors, ask } = await listen(`for (const of of [id, id, "another", id + 1]) send({ id: of, result: {} });
    send({ id: 9, method: "ping" });`);
  await ask(1);
  await until(() => messages.length > 1, "the question after the answers");
  expect(messages).toEqual([
    { jsonrpc: "2.0", id: 1, result: {} },
    { jsonrpc: "2.0", id: 9, method: "ping" },
  ]);
  expect(errors).toEqual([]);
});

test("the SDK gets a hundred questions of a server, no notifications, and all the answers", async () => {
  const { messages, ask } = await listen(`for (let n = 0; n < 150; n += 1) {
      send({ id: "q" + n, method: "ping" });
      send({ method: "notifications/message", params: {} });
    }
    send({ id, result: {} });`);
  await ask(1);
  await until(() => messages.some((message) => typeof message === "object" && message !== null && "result" in message), "the answer");
  expect(messages).toEqual([
    ...Array.from({ length: 100 }, (_item, n) => ({ jsonrpc: "2.0", id: `q${n}`, method: "ping" })),
    { jsonrpc: "2.0", id: 1, result: {} },
  ]);
});

test("answers in a batch arrive one by one", async () => {
  const { messages, ask } = await listen(
    `if (id === 2) console.log(JSON.stringify([2, 1].map((of) => ({ jsonrpc: "2.0", id: of, result: {} }))));`,
  );
  await ask(1);
  await ask(2);
  await until(() => messages.length > 1, "the answers");
  expect(messages).toMatchObject([{ id: 2 }, { id: 1 }]);
});

test("a server that was ended for a misdeed says nothing more to the SDK", async () => {
  const { messages, errors, closed, ask } = await listen(
    `console.log("x".repeat(20_000)); send({ id, result: {} }); send({ id: 9, method: "ping" });`,
  );
  await ask(1);
  await until(() => errors.length > 0, "its end");
  expect([errors, closed()]).toEqual([["a line is too long"], 1]);
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(messages).toEqual([]);
});
