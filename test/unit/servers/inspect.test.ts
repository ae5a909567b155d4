import { spawn } from "node:child_process";
import { describe, expect, test } from "vitest";
import { inspectTools } from "../../../electron/servers/inspect.ts";
import type { ServerExit, ServerProcess } from "../../../electron/servers/server-process.ts";

/** A process that answers as the code says; unboxed, because what is tested is what we make of its answers. */
function server(tools: string): ServerProcess {
  const code = `
    const send = (id, result) => console.log(JSON.stringify({ jsonrpc: "2.0", id, result }));
    require("node:readline").createInterface({ input: process.stdin }).on("line", (line) => {
      const { id, method, params } = JSON.parse(line);
      if (method === "initialize") send(id, { protocolVersion: "2025-06-18", capabilities: { tools: {} }, serverInfo: { name: "t", version: "1" } });
      if (method === "tools/list") { ${tools} }
    });
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ["-e", code], { stdio: ["pipe", "pipe", "ignore"] });
  const exited = new Promise<ServerExit>((resolve) => {
    child.once("exit", (status, signal) => resolve({ code: status, signal }));
  });
  let stopping = false;
  return {
    instanceId: "x",
    pid: child.pid ?? 0,
    startedAt: 0,
    stdin: child.stdin,
    stdout: child.stdout,
    exited,
    wasStopped: () => stopping,
    async stop() {
      stopping = true;
      child.kill("SIGKILL");
      await exited;
    },
  };
}

const limits = { deadlineMs: 5000, lineBytes: 100_000, pages: 5, tools: 50, listBytes: 1_000_000 };

async function inspect(tools: string, over: Partial<typeof limits> = {}): ReturnType<typeof inspectTools> {
  const running = server(tools);
  const found = await inspectTools("tried", running, { ...limits, ...over });
  // Whatever happened, it is gone.
  expect(await running.exited).toBeDefined();
  return found;
}

describe("a look at a server's tools", () => {
  test("takes all pages, and of each tool what is known", async () => {
    const found = await inspect(`
      const page = Number(params?.cursor ?? 0);
      const tool = { name: "t" + page, title: 7, description: "d", inputSchema: { type: "object" }, annotations: { title: "T", readOnlyHint: true, destructiveHint: "no" }, unknown: 1 };
      send(id, { tools: [tool], ...(page < 2 ? { nextCursor: String(page + 1) } : {}) });`);
    const expected = (name: string) => ({ name, title: "T", description: "d", readOnlyHint: true, inputSchema: { type: "object" } });
    expect(found).toEqual({ ok: true, value: ["t0", "t1", "t2"].map(expected) });
  });

  test.each<[string, string, Partial<typeof limits>, string]>([
    ["pages without end", `send(id, { tools: [], nextCursor: String(Math.random()) });`, {}, "too-large"],
    ["too many tools", `send(id, { tools: Array.from({ length: 60 }, (_, n) => ({ name: "t" + n })) });`, {}, "too-large"],
    ["no answer", ``, { deadlineMs: 500 }, "timed-out"],
    ["a line without end", `process.stdout.write("x".repeat(1_000_000));`, {}, "cannot-start"],
    ["its end", `process.exit(3);`, {}, "cannot-start"],
    ["something else", `send(id, { tools: "none" });`, {}, "cannot-start"],
    ["answers that nobody asked for", `setInterval(() => send("other", {}), 1);`, {}, "cannot-start"],
    ["text without end", `setInterval(() => console.log("listening"), 1);`, {}, "cannot-start"],
  ])("is bounded: %s", async (_name, tools, over, code) => {
    expect(await inspect(tools, over)).toMatchObject({ ok: false, error: { code } });
  });

  test("takes no more than 4 MiB of all pages", async () => {
    const running = server(
      `send(id, { tools: [{ name: "t", inputSchema: { a: "x".repeat(1_000_000) } }], nextCursor: String(Math.random()) });`,
    );
    const found = await inspectTools("tried", running);
    expect(found).toMatchObject({ ok: false, error: { message: "What the server says of its tools is longer than 4096 KiB." } });
  });

  test.each([
    ["empty lines", `"\\n"`],
    ["messages", `'{"jsonrpc":"2.0","method":"x"}\\n'`],
    ["questions", `'{"jsonrpc":"2.0","id":1,"method":"ping"}\\n'`],
  ])(
    "is not held up by a flood of %s, and holds nobody up",
    async (_name, line) => {
      const running = server(`process.stdout.write(${line}.repeat(20_000)); send(id, { tools: [{ name: "t" }] });`);
      let rests = 0;
      running.stdout.on("pause", () => {
        rests += 1;
      });
      expect(await inspectTools("tried", running, { ...limits, deadlineMs: 20_000 })).toEqual({ ok: true, value: [{ name: "t" }] });
      expect(rests).toBeGreaterThan(0);
    },
    30_000,
  );

  test("survives what is not JSON between the answers", async () => {
    const found = await inspect(`console.log("Listening on stdio"); send(id, { tools: [{ name: "t" }] });`);
    expect(found).toEqual({ ok: true, value: [{ name: "t" }] });
  });

  test("says where to look when it did not answer", async () => {
    expect(await inspect(`process.exit(3);`)).toMatchObject({
      error: { hint: expect.stringContaining("portcullis server log tried") as unknown },
    });
  });
});
