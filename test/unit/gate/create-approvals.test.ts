import { describe, expect, it } from "vitest";
import { fail, ok } from "../../../shared/errors.ts";
import type { Approval, ApprovalAnswer } from "../../../shared/model/approval.ts";
import type { JsonObject } from "../../../shared/model/json.ts";
import type { Rule } from "../../../shared/model/rule.ts";
import type { ToolCall } from "../../../shared/model/tool-call.ts";
import { createRedactor } from "../../../shared/text/redact.ts";
import type { Question } from "../../../electron/gate/approvals.ts";
import { createApprovals } from "../../../electron/gate/create-approvals.ts";
import type { ApprovalsDeps } from "../../../electron/gate/create-approvals.ts";
import { approvalFingerprint } from "../../../electron/gate/fingerprint.ts";
import type { Judgement } from "../../../electron/gate/judge.ts";

const secret = "s3cr3t-value";
const redactor = createRedactor([secret]);

interface Rig {
  readonly approvals: ReturnType<typeof createApprovals>;
  readonly clock: { now: number };
  readonly remembered: Rule[];
  readonly notRemembered: string[];
  /** What is judged from now on, and told to who waits. */
  judgeAs(judgement: Judgement): void;
}

function create(over: Partial<ApprovalsDeps> = {}): Rig {
  const clock = { now: 1_000, ids: 0 };
  const remembered: Rule[] = [];
  const notRemembered: string[] = [];
  const state: { judgement: Judgement; tell: () => void } = { judgement: { kind: "ask", why: "" }, tell: () => undefined };
  const approvals = createApprovals({
    now: () => clock.now,
    newId: () => `id-${String(++clock.ids)}`,
    limits: () => ({ deadlineMs: 60_000, maxPendingPerServer: 2 }),
    answerer: () => "ui",
    rules: {
      remember: (rule) => {
        remembered.push(rule);
        return Promise.resolve(ok(rule));
      },
      onChange: (listener) => {
        state.tell = listener;
        return () => {
          state.tell = () => undefined;
        };
      },
    },
    judge: () => state.judgement,
    redactor: () => redactor,
    describe: () => ({ waived: true, description: `reads ${secret}`, hints: [`hint ${secret}`] }),
    onNotRemembered: (reason) => void notRemembered.push(reason),
    ...over,
  });
  return {
    approvals,
    clock,
    remembered,
    notRemembered,
    judgeAs: (judgement) => {
      state.judgement = judgement;
      state.tell();
    },
  };
}

function question(args: JsonObject = {}, over: Omit<Partial<Question>, "call"> & { readonly call?: Partial<ToolCall> } = {}): Question {
  const { call, ...more } = over;
  return {
    call: {
      id: "c",
      sessionId: "s",
      client: "cursor",
      server: "files",
      tool: "read",
      arguments: args,
      argumentsHash: "h",
      bytes: 10,
      ...call,
    },
    clientSays: null,
    why: "No rule covers this call.",
    serverFingerprint: "f",
    bytesHash: "b",
    signal: new AbortController().signal,
    ...more,
  };
}

function only({ approvals }: Rig): Approval {
  const [approval, ...others] = approvals.list();
  if (approval === undefined || others.length > 0) throw new Error("there is not exactly one question");
  return approval;
}

function answerTo(approval: Approval, over: Partial<ApprovalAnswer> = {}): ApprovalAnswer {
  return { id: approval.id, fingerprint: approval.fingerprint, verdict: "allow", remember: "once", ...over };
}

const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;

describe("a question that nobody is asked", () => {
  it("is one after closing, one that was withdrawn before, and any where nobody is there", async () => {
    const shown: string[] = [];
    const ask = (rig: Rig, over: Partial<Question>) =>
      rig.approvals.ask(question({}, { onWaiting: () => void shown.push("shown"), ...over }));
    const closed = create();
    closed.approvals.close();
    expect(await ask(closed, {})).toEqual({ kind: "denied", by: "closing", reason: null });
    expect(await ask(create(), { signal: AbortSignal.abort() })).toEqual({ kind: "withdrawn" });
    expect(await ask(create({ answerer: () => "deny" }), {})).toEqual({ kind: "denied", by: "no-answerer", reason: null });
    expect(shown).toEqual([]);
  });
});

describe("a question that waits", () => {
  it("shows no known secret: not in what the client says, the tool, the arguments, where something was found, or the server's words", () => {
    const rig = create();
    const call = { tool: `get_${secret}` };
    void rig.approvals.ask(question({ path: `/x/${secret}`, [secret]: "\u200b" }, { clientSays: `client ${secret}`, call }));
    const approval = only(rig);
    expect(approval).toMatchObject({
      clientSays: "client [redacted]",
      tool: "get_[redacted]",
      subject: { key: "path", value: "/x/[redacted]" },
      findings: [{ kind: "invisible", pointer: "/[redacted]" }],
      waived: true,
    });
    const detail = rig.approvals.detail(approval.id);
    expect(detail).toMatchObject({ ok: true, value: { toolDescription: "reads [redacted]", hints: ["hint [redacted]"] } });
    expect(JSON.stringify([approval, detail])).not.toContain(secret);
    rig.approvals.close();
  });

  it("must be seen in full where it is large, whatever is in it", () => {
    const rig = create();
    void rig.approvals.ask(question({}, { call: { bytes: 16 * 1024 } }));
    void rig.approvals.ask(question({}, { call: { bytes: 16 * 1024 + 1 } }));
    expect(rig.approvals.list().map(({ mustExpand }) => mustExpand)).toEqual([false, true]);
    rig.approvals.close();
  });

  it("gives its place and its timer back when it is settled", async () => {
    const rig = create();
    const before = timers();
    for (let round = 0; round < 5; round += 1) {
      const verdict = rig.approvals.ask(question());
      expect(timers()).toBe(before + 1);
      rig.approvals.answer(answerTo(only(rig)));
      expect(await verdict).toEqual({ kind: "allowed", by: "person" });
      expect(timers()).toBe(before);
    }
  });

  it("is withdrawn by its client, and then takes no answer", async () => {
    const rig = create();
    const abort = new AbortController();
    const verdict = rig.approvals.ask(question({}, { signal: abort.signal }));
    const approval = only(rig);
    abort.abort();
    expect(await verdict).toEqual({ kind: "withdrawn" });
    expect(rig.approvals.answer(answerTo(approval))).toMatchObject({ error: { code: "expired" } });
  });

  it("takes an answer until its deadline, and from then on none, though its timer has not come", async () => {
    const rig = create();
    const [early, late] = [rig.approvals.ask(question()), rig.approvals.ask(question())];
    const [first, second] = rig.approvals.list();
    if (first === undefined || second === undefined) throw new Error("they do not wait");
    rig.clock.now = first.deadline - 1;
    expect(rig.approvals.answer(answerTo(first)).ok).toBe(true);
    rig.clock.now = second.deadline;
    expect(rig.approvals.answer(answerTo(second))).toMatchObject({ error: { code: "expired" } });
    expect(await early).toEqual({ kind: "allowed", by: "person" });
    expect(await late).toEqual({ kind: "denied", by: "deadline", reason: null });
    expect(rig.remembered).toEqual([]);
  });

  it("is settled by a pause and by a rule, named as what it was, but not by a fault or another default", async () => {
    for (const [by, settles] of [
      ["paused", "paused"],
      ["rule r", "rule r"],
    ] as const) {
      const rig = create();
      const verdict = rig.approvals.ask(question());
      rig.judgeAs({ kind: "deny", by, why: "because" });
      expect(await verdict).toEqual({ kind: "denied", by: settles, reason: "because" });
    }
    const rig = create();
    void rig.approvals.ask(question());
    for (const by of ["fault", "default"]) rig.judgeAs({ kind: "deny", by, why: "because" });
    expect(rig.approvals.list()).toHaveLength(1);
    rig.approvals.close();
  });

  it("is allowed by a rule that comes only if nothing about it has to be looked at", async () => {
    const rig = create();
    const plain = rig.approvals.ask(question());
    void rig.approvals.ask(question({ cmd: `ls${" ".repeat(100)};rm` }));
    rig.judgeAs({ kind: "allow", by: "rule r", why: "" });
    expect(await plain).toEqual({ kind: "allowed", by: "rule r" });
    expect(only(rig).mustExpand).toBe(true);
    rig.approvals.close();
  });

  it("is denied with those of its server only", () => {
    const rig = create();
    void rig.approvals.ask(question());
    void rig.approvals.ask(question({}, { call: { server: "other" } }));
    expect(rig.approvals.denyAll("person", "files")).toBe(1);
    expect(only(rig).server).toBe("other");
    rig.approvals.close();
  });
});

describe("an answer", () => {
  it("is remembered without a secret in its preview, and says when it could not be", async () => {
    const rig = create();
    const verdict = rig.approvals.ask(question({ path: `/x/${secret}` }));
    rig.approvals.answer(answerTo(only(rig), { remember: "always", onlyTheseArguments: true }));
    await verdict;
    expect(rig.remembered).toMatchObject([{ arguments: { preview: "path: /x/[redacted]" } }]);
    expect(rig.notRemembered).toEqual([]);

    const broken = create({
      rules: { remember: () => Promise.resolve(fail("settings-broken", "No room.")), onChange: () => () => undefined },
    });
    const asked = broken.approvals.ask(question());
    broken.approvals.answer(answerTo(only(broken), { remember: "session" }));
    expect(await asked).toEqual({ kind: "allowed", by: "person" });
    expect(broken.notRemembered).toEqual(["No room."]);
  });

  it("counts once for a tool whose name would be a wildcard", async () => {
    const rig = create();
    const verdict = rig.approvals.ask(question({}, { call: { tool: "read*" } }));
    for (const remember of ["session", "always"] as const) {
      expect(rig.approvals.answer(answerTo(only(rig), { remember }))).toMatchObject({ error: { code: "bad-input" } });
    }
    expect(rig.approvals.answer(answerTo(only(rig))).ok).toBe(true);
    expect(await verdict).toEqual({ kind: "allowed", by: "person" });
    expect(rig.remembered).toEqual([]);
  });
});

describe("what an answer must repeat", () => {
  it("is another for another question, session, client, server, server as it was accepted, tool, or message", () => {
    const all = [
      approvalFingerprint("id", question()),
      approvalFingerprint("another id", question()),
      approvalFingerprint("id", question({}, { serverFingerprint: "another" })),
      approvalFingerprint("id", question({}, { bytesHash: "another" })),
      ...["sessionId", "client", "server", "tool"].map((name) => approvalFingerprint("id", question({}, { call: { [name]: "another" } }))),
    ];
    expect(new Set(all).size).toBe(all.length);
    expect(approvalFingerprint("id", question({}, { clientSays: "something else" }))).toBe(all[0]);
  });
});
