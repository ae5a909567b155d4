import { describe, expect, it } from "vitest";
import { createDispatch } from "../../../electron/api/dispatch.ts";
import type { Handlers } from "../../../electron/api/dispatch.ts";
import { fail, ok } from "../../../shared/errors.ts";
import { callChannels } from "../../../shared/ipc/channels.ts";
import { contract } from "../../../shared/ipc/contract.ts";
import type { Role } from "../../../shared/ipc/contract.ts";

interface Call {
  readonly channel: string;
  readonly input: unknown;
  readonly role: Role;
}

/** Every channel is answered with `answer`; what reached a handler is remembered. */
function setUp(answer: () => unknown = () => ok(undefined)) {
  const reached: Call[] = [];
  const bugs: { channel: string; error: unknown }[] = [];
  const handlers = Object.fromEntries(
    callChannels.map((channel) => [
      channel,
      (input: unknown, role: Role) => {
        reached.push({ channel, input, role });
        return answer();
      },
    ]),
  ) as unknown as Handlers;
  const dispatch = createDispatch(handlers, { onBug: (channel, error) => bugs.push({ channel, error }) });
  return { dispatch, reached, bugs };
}

describe("which channel", () => {
  it.each([
    "",
    "nope",
    "__proto__",
    "constructor",
    "toString",
    "hasOwnProperty",
    "state.get ",
    "STATE.GET",
    null,
    undefined,
    7,
    {},
    ["state.get"],
  ])("%j is not one", async (channel) => {
    const { dispatch, reached } = setUp();
    expect(await dispatch("window", channel, undefined)).toMatchObject({ ok: false, error: { code: "not-found" } });
    expect(reached).toEqual([]);
  });
});

describe("who may call", () => {
  it("follows the contract for every channel and role, before the input is looked at", async () => {
    const { dispatch, reached } = setUp();
    for (const role of ["window", "approval", "command"] as const) {
      for (const channel of callChannels) {
        const envelope = await dispatch(role, channel, Symbol("fits no schema"));
        const allowed = contract[channel].who.includes(role);
        expect(envelope, `${role} ${channel}`).toMatchObject({ ok: false, error: { code: allowed ? "bad-input" : "not-allowed" } });
      }
    }
    expect(reached).toEqual([]);
  });

  it("gives the approval window nothing but what answers a question", () => {
    const channels = callChannels.filter((channel) => contract[channel].who.includes("approval"));
    expect(channels).toEqual(["state.get", "approval.get", "approval.answer", "approval.denyAll", "app.open", "view.resize"]);
  });
});

describe("what goes in", () => {
  it("passes on what the schema made of it, unknown members gone", async () => {
    const { dispatch, reached } = setUp();
    await dispatch("command", "server.stop", { name: "files", command: "rm", __proto__: { role: "window" } });
    expect(reached).toEqual([{ channel: "server.stop", input: { name: "files" }, role: "command" }]);
  });

  it("says where and what is wrong, never the value", async () => {
    const { dispatch, reached } = setUp();
    const envelope = await dispatch("window", "secret.put", { name: "../../x", value: ["hunter2-hunter2"] });
    expect(envelope).toMatchObject({ ok: false, error: { code: "bad-input" } });
    expect(JSON.stringify(envelope)).toContain("value");
    expect(JSON.stringify(envelope)).not.toContain("hunter2");
    expect(reached).toEqual([]);
  });
});

describe("what comes out", () => {
  it("is the value of the handler, through the schema", async () => {
    const { dispatch } = setUp(() => ok({ denied: 3, secret: "not in the contract" }));
    expect(await dispatch("approval", "approval.denyAll", {})).toEqual({ ok: true, value: { denied: 3 } });
  });

  it("is the handler's own failure with its code, and nothing that hangs on it", async () => {
    const { dispatch, bugs } = setUp(() => ({ ok: false, error: { ...fail("expired", "too late", "ask again").error, stack: "secret" } }));
    expect(await dispatch("window", "gate.pause", undefined)).toEqual({
      ok: false,
      error: { code: "expired", message: "too late", hint: "ask again" },
    });
    expect(bugs).toEqual([]);
  });

  it.each([
    [
      "an exception",
      () => {
        throw new Error("the password is hunter2");
      },
    ],
    ["a rejection", () => Promise.reject(new Error("the password is hunter2"))],
    ["an answer that breaks the contract", () => ok({ denied: "hunter2" })],
  ])("is `internal`, without a word of it, for %s", async (_name, answer) => {
    const { dispatch, bugs } = setUp(answer);
    const envelope = await dispatch("window", "approval.denyAll", {});
    expect(envelope).toMatchObject({ ok: false, error: { code: "internal" } });
    expect(JSON.stringify(envelope)).not.toContain("hunter2");
    expect(bugs).toHaveLength(1);
  });
});
