import { describe, expect, it } from "vitest";
import type { ToolCallRequest } from "../../../shared/mcp/tool-call-request.ts";
import type { ToolCall } from "../../../shared/model/tool-call.ts";
import { createContinuations } from "../../../electron/gate/continuations.ts";

const call = (over: Partial<ToolCall> = {}): ToolCall => ({
  id: "first",
  sessionId: "s",
  client: "c",
  server: "v",
  tool: "write",
  arguments: {},
  argumentsHash: "h",
  bytes: 1,
  ...over,
});
const request = (requestState: string | null): ToolCallRequest => ({
  tool: "write",
  arguments: {},
  progressToken: null,
  task: false,
  stateless: true,
  requestState,
  clientSays: null,
});
const answer = (requestState: unknown): Uint8Array => Buffer.from(JSON.stringify({ result: { requestState } }));

describe("a call that goes on with one that the person allowed (2026-07-28)", () => {
  it("names its very state, tool and arguments, and counts once", () => {
    const continuations = createContinuations({ now: () => 0 });
    continuations.note(answer("state"), call());
    expect(continuations.take(request("another"), call())).toBeNull();
    expect(continuations.take(request(null), call())).toBeNull();
    expect(continuations.take(request("state"), call({ tool: "delete" }))).toBeNull();
    expect(continuations.take(request("state"), call({ argumentsHash: "other" }))).toBeNull();
    expect(continuations.take(request("state"), call({ id: "second" }))).toBe("first");
    expect(continuations.take(request("state"), call({ id: "third" }))).toBeNull();
  });

  it("comes within ten minutes", () => {
    const clock = { now: 0 };
    const continuations = createContinuations({ now: () => clock.now });
    for (const state of ["in time", "late"]) continuations.note(answer(state), call());
    clock.now = 600_000;
    expect(continuations.take(request("in time"), call())).toBe("first");
    clock.now = 600_001;
    expect(continuations.take(request("late"), call())).toBeNull();
  });

  it("is remembered for the last hundred answers, and for none without a state", () => {
    const continuations = createContinuations({ now: () => 0 });
    for (let at = 0; at <= 100; at += 1) continuations.note(answer(`state ${String(at)}`), call({ id: String(at) }));
    for (const useless of [answer(7), answer(undefined), Buffer.from("[]"), Buffer.from("{")]) continuations.note(useless, call());
    expect(continuations.take(request("state 0"), call())).toBeNull();
    expect(continuations.take(request("state 1"), call())).toBe("1");
    expect(continuations.take(request("state 100"), call())).toBe("100");
  });
});
