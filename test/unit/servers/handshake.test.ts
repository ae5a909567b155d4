import { execFileSync } from "node:child_process";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { createBackoff } from "../../../electron/servers/backoff.ts";
import { createHandshake } from "../../../electron/servers/handshake.ts";
import { createServerRequests } from "../../../electron/servers/server-requests.ts";
import { scanEnvelope } from "../../../shared/mcp/json-rpc.ts";
import { processorTime } from "../../fixtures/processor-time.ts";

const bytes = (message: unknown): Buffer => Buffer.from(`${JSON.stringify(message)}\n`);
const line = (id: string | null, method: string, params = {}) =>
  bytes({ ...(id === null ? {} : { id: JSON.parse(id) as unknown }), method, params });

describe("createHandshake", () => {
  const complete = () => {
    const handshake = createHandshake();
    handshake.requested("initialize", "0", line("0", "initialize"));
    handshake.answered("initialize", "0", true);
    handshake.notified("notifications/initialized", line(null, "notifications/initialized"));
    return handshake;
  };
  const replayed = (handshake: ReturnType<typeof createHandshake>) =>
    handshake.replay().map((item) => (JSON.parse(Buffer.from(item.line).toString()) as { method: string }).method);

  it("repeats nothing before the handshake is finished, or one that was refused", () => {
    const handshake = createHandshake();
    handshake.requested("initialize", "0", line("0", "initialize"));
    expect(handshake.replay()).toEqual([]);
    handshake.answered("initialize", "0", false);
    handshake.notified("notifications/initialized", line(null, "notifications/initialized"));
    expect(handshake.replay()).toEqual([]);
    expect(replayed(complete())).toEqual(["initialize", "notifications/initialized"]);
  });

  it("repeats the last level and the live subscriptions, byte for byte", () => {
    const handshake = complete();
    const say = (id: string, method: string, params: object, accepted = true) => {
      handshake.requested(method, id, line(id, method, params));
      handshake.answered(method, id, accepted);
    };
    say("1", "logging/setLevel", { level: "debug" });
    say("2", "logging/setLevel", { level: "error" });
    say("3", "logging/setLevel", { level: "nonsense" }, false);
    say("4", "resources/subscribe", { uri: "a" });
    say("5", "resources/subscribe", { uri: "b" });
    say("6", "resources/unsubscribe", { uri: "a" });
    expect(handshake.subscribed()).toBe(true);
    expect(handshake.replay().map((item) => item.id)).toEqual(["0", null, "2", "5"]);
    expect(Buffer.from(handshake.replay()[2]?.line ?? []).equals(line("2", "logging/setLevel", { level: "error" }))).toBe(true);
  });

  it("repeats what was said, whatever becomes of the memory it stood in", () => {
    const handshake = createHandshake();
    const first = line("0", "initialize", { a: 1 });
    const second = line(null, "notifications/initialized");
    const wanted = [Buffer.from(first), Buffer.from(second)];
    handshake.requested("initialize", "0", first);
    handshake.answered("initialize", "0", true);
    handshake.notified("notifications/initialized", second);
    for (const used of [first, second]) used.fill(0);
    expect(handshake.replay().map((item) => Buffer.from(item.line))).toEqual(wanted);
  });

  it("repeats nothing while the client, which initialized again, has not finished that", () => {
    const handshake = complete();
    handshake.requested("resources/subscribe", "1", line("1", "resources/subscribe", { uri: "a" }));
    handshake.answered("resources/subscribe", "1", true);
    handshake.requested("initialize", "9", line("9", "initialize"));
    handshake.answered("initialize", "9", true);
    expect([handshake.replay(), handshake.subscribed()]).toEqual([[], false]);
    // Another notification does not finish it.
    handshake.notified("notifications/cancelled", line(null, "notifications/cancelled"));
    expect(handshake.replay()).toEqual([]);
    const unfinished = createHandshake();
    unfinished.requested("initialize", "0", line("0", "initialize"));
    unfinished.answered("initialize", "0", true);
    expect(unfinished.replay()).toEqual([]);
  });

  it("takes an answer for the request it answers, not for an earlier one of that id", () => {
    const handshake = complete();
    for (const [id, method] of [
      ["1", "resources/subscribe"],
      ["2", "resources/unsubscribe"],
    ] as const) {
      handshake.requested(method, id, line(id, method, { uri: "a" }));
      handshake.answered(method, id, true);
    }
    handshake.requested("tools/call", "1", line("1", "tools/call"));
    handshake.answered("tools/call", "1", true);
    expect(handshake.subscribed()).toBe(false);
  });

  it("keeps so many subscriptions and no more", () => {
    const handshake = complete();
    for (let id = 1; id <= 1_001; id += 1) {
      handshake.requested("resources/subscribe", String(id), line(String(id), "resources/subscribe", { uri: String(id) }));
      handshake.answered("resources/subscribe", String(id), true);
    }
    expect(handshake.replay()).toHaveLength(2 + 1_000);
  });

  it("begins again when the client initializes again", () => {
    const handshake = complete();
    handshake.requested("logging/setLevel", "1", line("1", "logging/setLevel"));
    handshake.answered("logging/setLevel", "1", true);
    handshake.requested("initialize", "9", line("9", "initialize"));
    handshake.answered("initialize", "9", true);
    handshake.notified("notifications/initialized", line(null, "notifications/initialized"));
    expect(handshake.replay().map((item) => item.id)).toEqual(["9", null]);
  });
});

describe("createBackoff", () => {
  it("doubles, is jittered, starts anew after a stable run, and gives up after five in a row", () => {
    const backoff = createBackoff({ random: () => 0, firstMs: 250 });
    expect([1, 2, 3, 4, 5].map(() => backoff.crashed(0))).toEqual([250, 500, 1000, 2000, 4000].map((ms) => ({ ms, giveUp: false })));
    expect(backoff.crashed(0)).toEqual({ ms: 30_000, giveUp: true });
    expect(backoff.crashed(10_000)).toEqual({ ms: 250, giveUp: false });
    expect(createBackoff({ random: () => 1, firstMs: 250 }).crashed(0).ms).toBe(125);
  });
});

describe("createServerRequests", () => {
  const pass = (requests: ReturnType<typeof createServerRequests>, message: unknown) => {
    const text = Buffer.from(JSON.stringify(message));
    return JSON.parse(Buffer.from(requests.passed(text, scanEnvelope(text)) ?? []).toString()) as {
      id: unknown;
      params?: { requestId: unknown };
    };
  };
  const respond = (requests: ReturnType<typeof createServerRequests>, id: unknown) => {
    const answer = requests.answered(bytes({ id, result: {} }), JSON.stringify(id));
    return answer === null ? null : (JSON.parse(Buffer.from(answer).toString()) as { id: unknown }).id;
  };

  it("passes answers to what was asked, once, and nothing else", () => {
    const requests = createServerRequests();
    pass(requests, { id: 0, method: "roots/list" });
    expect(respond(requests, 5)).toBeNull();
    expect(respond(requests, 0)).toBe(0);
    expect(respond(requests, 0)).toBeNull();
  });

  it("forgets what the server itself cancelled", () => {
    const requests = createServerRequests();
    pass(requests, { id: 0, method: "roots/list" });
    pass(requests, { method: "notifications/cancelled", params: { requestId: 0 } });
    expect(requests.open()).toBe(0);
    expect(respond(requests, 0)).toBeNull();
  });

  it("never gives an answer to an earlier instance's question to the next one", () => {
    const requests = createServerRequests();
    pass(requests, { id: 0, method: "elicitation/create" });
    expect(requests.instanceGone()).toEqual(["0"]);
    const renamed = pass(requests, { id: 0, method: "elicitation/create" }).id;
    expect(renamed).toMatch(/^portcullis-[0-9a-f-]{36}-1$/);
    expect(respond(requests, 0)).toBeNull();
    expect(respond(requests, renamed)).toBe(0);
    expect(respond(requests, renamed)).toBeNull();
    // An answer to what was answered or cancelled before may come late too, so no id of an earlier life is used again.
    expect(pass(requests, { id: 0, method: "roots/list" }).id).toMatch(/^portcullis-[0-9a-f-]{36}-2$/);
  });

  it.each([
    ["open", 2_000, 6 << 20],
    ["gone", 0, 2 << 20],
    ["answered", 0, 1 << 20],
  ])("keeps little of long ids that are %s", (which, count, most) => {
    const script = path.join(import.meta.dirname, "../../fixtures/heap/lives.ts");
    const said = execFileSync(process.execPath, ["--expose-gc", script, which], { encoding: "utf8" }).trim().split(" ").map(Number);
    expect(said[1]).toBe(count);
    expect(said[0]).toBeLessThan(most);
  });

  it("finds what a server cancels without searching all that is open", () => {
    const cancel = Buffer.from('{"method":"notifications/cancelled","params":{"requestId":"none"}}');
    const envelope = scanEnvelope(cancel);
    const took = (open: number): number => {
      const requests = createServerRequests();
      requests.instanceGone();
      for (let id = 0; id < open; id++) pass(requests, { id, method: "roots/list" });
      const start = processorTime();
      for (let i = 0; i < 10_000; i++) requests.passed(cancel, envelope);
      expect(requests.open()).toBe(open);
      return processorTime() - start;
    };
    took(1);
    // With a search in each it is a hundred times as long.
    expect(took(9_900)).toBeLessThan(20 * took(1));
  });

  it("renames, gives back and cancels what a later instance asks, also where a line begins with blanks", () => {
    const requests = createServerRequests();
    requests.instanceGone();
    const passText = (text: string): string | undefined => {
      const line = Buffer.from(text);
      const passed = requests.passed(line, scanEnvelope(line));
      return passed === null ? undefined : Buffer.from(passed).toString();
    };
    const asked = passText(' \t{"jsonrpc":"2.0","id":7,"method":"roots/list"}');
    const id = /^ \t\{"jsonrpc":"2\.0","id":("portcullis-[\w-]+-1"),"method":"roots\/list"\}$/.exec(asked ?? "")?.[1] ?? "";
    expect(id).not.toBe("");
    const answer = requests.answered(Buffer.from(` {"jsonrpc":"2.0","id":${id},"result":{}}`), id);
    expect(answer === null ? null : Buffer.from(answer).toString()).toBe(' {"jsonrpc":"2.0","id":7,"result":{}}');
    const again = /"portcullis-[\w-]+-2"/.exec(passText('{"jsonrpc":"2.0","id":8,"method":"roots/list"}') ?? "")?.[0] ?? "";
    const cancelled = ' {"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":8}}';
    expect(passText(cancelled)).toBe(cancelled.replace("8", again));
  });

  it("follows a renamed request through its cancellation", () => {
    const requests = createServerRequests();
    pass(requests, { id: 0, method: "a" });
    requests.instanceGone();
    const { id } = pass(requests, { id: 0, method: "b" });
    expect(id).not.toBe(0);
    expect(pass(requests, { method: "notifications/cancelled", params: { requestId: 0 } }).params).toEqual({ requestId: id });
    expect(requests.open()).toBe(0);
  });

  it("tells apart what a server asks twice under one id", () => {
    const requests = createServerRequests();
    requests.instanceGone();
    const first = pass(requests, { id: 0, method: "a" }).id;
    const second = pass(requests, { id: 0, method: "b" }).id;
    expect(respond(requests, first)).toBe(0);
    expect(pass(requests, { method: "notifications/cancelled", params: { requestId: 0 } }).params).toEqual({ requestId: second });
    expect(requests.open()).toBe(0);
  });
});
