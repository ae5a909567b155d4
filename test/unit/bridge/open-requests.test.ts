import { describe, expect, it } from "vitest";
import { createOpenRequests } from "../../../electron/bridge/open-requests.ts";

const line = (message: object): Buffer => Buffer.from(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);

describe("the requests that are open", () => {
  it("are those of the client without an answer; what the app asks, and its answers to nothing, are none", () => {
    const open = createOpenRequests();
    open.sent(line({ id: 1, method: "a" }));
    open.sent(line({ id: 2, method: "b" }));
    open.sent(line({ method: "notifications/x" }));
    // The client's answer to a question of the server.
    open.sent(line({ id: 9, result: {} }));
    // A question of the server that has the number of a request.
    open.received(line({ id: 2, method: "elicitation/create" }));
    open.received(line({ id: 1, result: {} }));
    open.received(line({ id: 7, result: {} }));
    expect(open.take()).toEqual(["2"]);
    expect(open.take()).toEqual([]);
  });

  it("are told in the order in which all passed, also of long messages", () => {
    const open = createOpenRequests();
    const long = "x".repeat(300 << 10);
    open.sent(line({ id: 1, method: "a", params: { long } }));
    open.received(line({ id: 1, result: { long } }));
    open.sent(line({ id: 1, method: "again" }));
    expect(open.take()).toEqual(["1"]);
  });

  it("are no more than 10,000; the oldest, which most likely nobody waits for any more, are forgotten for new ones", () => {
    const open = createOpenRequests();
    // Of a long session: each was cancelled, so none was answered.
    for (let id = 0; id < 25_000; id += 1) open.sent(line({ id, method: "a" }));
    open.sent(line({ id: "new", method: "a" }));
    const ids = open.take();
    expect(ids.length).toBeLessThanOrEqual(10_000);
    expect(ids.at(-1)).toBe('"new"');
  });

  it("are asked for where the app's stream stands, inside a line or not", () => {
    const open = createOpenRequests();
    expect(open.midLine()).toBe(false);
    open.received(Buffer.from('{"id":1,"res'));
    open.sent(line({ id: 1, method: "a" }));
    expect(open.midLine()).toBe(true);
    open.received(Buffer.from('ult":{}}\n'));
    expect(open.midLine()).toBe(false);
  });
});
