import fs from "node:fs";
import path from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { connectClient, connectRawClient } from "../../fixtures/e2e/connect.ts";
import type { ConnectedClient } from "../../fixtures/e2e/connect.ts";
import { until } from "../../fixtures/e2e/processes.ts";
import { addEverything, addFixture, startApp } from "../../fixtures/e2e/running-app.ts";
import type { RunningApp } from "../../fixtures/e2e/running-app.ts";

// A real client, the built app, a boxed server, and a person at the command line: a call is asked for, and no other end than "allow" ever
// reaches the server, which writes down every line it gets (threats 22 and 23 at the level of the running app).

let app: RunningApp;
let received: string;
const clients: ConnectedClient[] = [];

beforeAll(async () => {
  app = await startApp();
  received = path.join(app.place, "received");
  fs.mkdirSync(received);
  await addEverything(app);
  await addFixture(app, "witness", "echo.mjs", [path.join(received, "lines")], ["--write", received]);
});
afterEach(async () => {
  for (const each of clients.splice(0)) await each.close();
});
afterAll(() => app.close());

async function connected(server: string, name?: string): Promise<ConnectedClient> {
  const each = await connectClient(app, server, name === undefined ? {} : { name });
  clients.push(each);
  return each;
}

/** What the server got to see: its whole stdin. */
function seen(): string {
  return fs.readFileSync(path.join(received, "lines"), "utf8");
}

async function kindsOf(call: string | undefined): Promise<unknown[]> {
  return (await app.journal()).filter((record) => call !== undefined && record.call === call).map(({ kind }) => kind);
}

describe("a call", () => {
  test("waits, is allowed at the command line, and is in the journal from beginning to end", async () => {
    const { client } = await connected("everything", "Claude Code");
    const result = client.callTool({ name: "get-sum", arguments: { a: 19, b: 23 } });
    const [question] = await app.waiting();
    expect(question).toMatchObject({ client: "Claude Code", clientSays: "e2e 1.0.0", server: "everything", tool: "get-sum" });
    const shown = await app.ok("approvals", "show", question?.id ?? "");
    expect(shown).toContain('"a": 19');

    await app.ok("approvals", "answer", question?.id ?? "", "allow");
    expect(await result).toMatchObject({ content: [{ type: "text", text: expect.stringContaining("42") as string }] });
    const asked = (await app.journal("--kind", "call-asked")).at(-1);
    await until("the call is closed in the journal", async () => (await kindsOf(asked?.call)).length === 3);
    expect(await kindsOf(asked?.call)).toEqual(["call-asked", "call-dispatched", "call-finished"]);
    expect((await app.journal("--kind", "call-finished")).at(-1)).toMatchObject({
      call: asked?.call,
      client: "Claude Code",
      server: "everything",
      tool: "get-sum",
      outcome: "ok",
    });
    expect((await app.journal("--kind", "call-dispatched")).at(-1)).toMatchObject({ decision: "allow", by: "person" });

    // Once means once: the same call is a question again, and the answered one cannot be answered again (threat 23).
    const again = client.callTool({ name: "get-sum", arguments: { a: 19, b: 23 } });
    const [second] = await app.waiting();
    expect(second?.id).not.toBe(question?.id);
    expect(await app.run(["approvals", "answer", question?.id ?? "", "allow"])).toMatchObject({ status: 1 });
    await app.ok("approvals", "answer", second?.id ?? "", "deny");
    expect(await again).toMatchObject({ isError: true });
  });

  test("denied with a reason: the model reads it, the server never sees the call", async () => {
    const witness = await connected("witness");
    const ended = witness.call("echo", { text: "denied-call" });
    const [question] = await app.waiting();
    await app.ok("approvals", "answer", question?.id ?? "", "deny", "--reason", "use the staging database");
    expect(await ended).toMatchObject({ kind: "tool-error", text: expect.stringContaining("use the staging database") as string });
    expect(seen()).not.toContain("denied-call");
    expect((await app.journal("--kind", "call-denied")).at(-1)).toMatchObject({ decision: "deny", by: "person" });
  });

  test("nobody answers within five seconds: a no", async () => {
    const file = path.join(app.files, "config", "config.json");
    const config = JSON.parse(fs.readFileSync(file, "utf8")) as Record<string, unknown>;
    fs.writeFileSync(file, JSON.stringify({ ...config, gate: { deadlineSeconds: 5 } }));
    const witness = await connected("witness");
    await until("the app has read its settings", async () => {
      const state = await app.ask("state.get", undefined);
      return state.ok && state.value.snapshot.settings.deadlineSeconds === 5;
    });
    const started = performance.now();
    const ended = await witness.call("echo", { text: "late-call" });
    expect(ended.kind).toBe("tool-error");
    const took = performance.now() - started;
    expect(took).toBeGreaterThan(4_500);
    expect(took).toBeLessThan(15_000);
    expect(seen()).not.toContain("late-call");
    expect((await app.journal("--kind", "call-denied")).at(-1)).toMatchObject({ decision: "deny", by: "deadline" });
    fs.writeFileSync(file, JSON.stringify(config));
  });

  test("cancelled by its client while it waits: the question goes, and an answer to it is too late", async () => {
    const raw = connectRawClient(app, "witness");
    raw.send({
      id: 1,
      method: "initialize",
      params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "raw", version: "1" } },
    });
    await raw.answer(1);
    raw.send({ id: 2, method: "tools/call", params: { name: "echo", arguments: { text: "cancelled-call" } } });
    const [question] = await app.waiting();
    raw.send({ method: "notifications/cancelled", params: { requestId: 2 } });
    await until("nothing waits", async () => (await app.json<unknown[]>("approvals", "list")).length === 0);
    const answered = await app.run(["approvals", "answer", question?.id ?? "", "allow"]);
    expect(answered.status).toBe(1);
    expect(answered.stderr).toContain("nothing waits");
    expect(await raw.end()).toBe(0);
    expect(seen()).not.toContain("cancelled-call");
  });
});

describe("the app goes while a call waits", () => {
  const endings = {
    "kill -9": () => app.kill(),
    SIGTERM: () => app.stop(),
    "portcullis quit": async () => {
      const gone = app.ended();
      await app.ok("quit");
      return gone;
    },
  };
  test.each(["kill -9", "SIGTERM", "portcullis quit"] as const)(
    "%s: an error for the client, never the call, and it starts again",
    async (how) => {
      const text = `waiting-at-${how.replaceAll(" ", "-")}`;
      const witness = await connected("witness");
      const ended = witness.call("echo", { text });
      await app.waiting();
      // A kill has no exit status; every other end is one in good order.
      expect(await endings[how]()).toBe(how === "kill -9" ? null : 0);
      const outcome = await ended;
      expect(outcome.kind).not.toBe("ok");
      expect(outcome.text).not.toBe("");
      expect(seen()).not.toContain(text);
      // What the client asks from now on is answered as well.
      expect((await witness.call("echo", { text })).kind).toBe("protocol");
      await app.start();
      expect(await app.ok("journal", "verify")).toContain("Intact");
      const denied = (await app.journal()).filter((record) => JSON.stringify(record.detail ?? {}).includes(text));
      expect(denied.map(({ kind }) => kind)).toContain("call-asked");
      expect(denied.map(({ kind }) => kind)).not.toContain("call-dispatched");
      expect(seen()).not.toContain(text);
    },
  );
});
