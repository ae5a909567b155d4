import { describe, expect, it } from "vitest";
import { createTerminalApprover } from "../../../electron/commands/terminal-approver.ts";
import type { TerminalApproverDeps } from "../../../electron/commands/terminal-approver.ts";
import type { Envelope } from "../../../shared/ipc/envelope.ts";
import type { Approval } from "../../../shared/model/approval.ts";
import { approval } from "../../fixtures/clients/command-bench.ts";

function setUp() {
  const asked: { channel: unknown; input: unknown }[] = [];
  const notes: string[] = [];
  let push: (approvals: Approval[]) => void = () => undefined;
  let type: (line: string) => void = () => undefined;
  let endInput: () => void = () => undefined;
  let time = 1000;
  const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));
  const deps: TerminalApproverDeps = {
    terminal: {
      columns: () => 80,
      note: (text) => notes.push(text),
      onLines(onLine, onEnd) {
        type = onLine;
        endInput = onEnd;
        return () => undefined;
      },
    },
    dispatch: (_role, channel, input): Promise<Envelope> => {
      asked.push({ channel, input });
      const value =
        channel === "approval.get"
          ? { ...approval, ...(input as object), argumentsText: '{\n  "path": "\u202e\u001b[2K"\n}', toolDescription: null, hints: [] }
          : undefined;
      return Promise.resolve({ ok: true, value: channel === "approval.denyAll" ? { denied: 1 } : value });
    },
    subscribe(listener) {
      push = (approvals) => listener("state.changed", { revision: 1, slices: { approvals } });
      return () => undefined;
    },
    now: () => time,
  };
  const approver = createTerminalApprover(deps);
  return {
    approver,
    notes,
    answers: () => asked.filter(({ channel }) => channel === "approval.answer").map(({ input }) => input),
    denials: () => asked.filter(({ channel }) => channel === "approval.denyAll").length,
    async waits(...approvals: Approval[]) {
      push(approvals);
      await settle();
    },
    async types(line: string) {
      type(line);
      await settle();
    },
    async ends() {
      endInput();
      await settle();
    },
    pass(ms: number) {
      time += ms;
    },
  };
}

const base = { id: approval.id, fingerprint: approval.fingerprint };

describe("the terminal approver", () => {
  it("shows who, what and all arguments revealed, and sends the letter that was typed", async () => {
    for (const [line, answer] of [
      ["a", { ...base, verdict: "allow", remember: "once" }],
      [" S ", { ...base, verdict: "allow", remember: "session" }],
      ["d", { ...base, verdict: "deny", remember: "once" }],
      ["d  use the other file ", { ...base, verdict: "deny", remember: "once", reason: "use the other file" }],
    ] as const) {
      const bench = setUp();
      await bench.waits(approval);
      const text = bench.notes.join("\n");
      expect(text).toContain("Claude (says it is claude-ai 0.1) wants files to run write_file");
      expect(text).toContain('"path": "⟨U+202E⟩⟨U+001B⟩[2K"');
      bench.pass(600);
      await bench.types(line);
      expect(bench.answers()).toEqual([answer]);
    }
  });

  it("takes nothing else for an answer, and nothing that was typed too early", async () => {
    const bench = setUp();
    await bench.types("a");
    await bench.waits(approval);
    await bench.types("a");
    bench.pass(499);
    await bench.types("a");
    bench.pass(1);
    for (const line of ["", " ", "y", "yes", "allow", "aa", "a please", "s x", "1", "\u001b[A"]) await bench.types(line);
    expect(bench.answers()).toEqual([]);
    await bench.types("a");
    expect(bench.answers()).toHaveLength(1);
  });

  it("arms anew for each question, one at a time, in their order", async () => {
    const bench = setUp();
    const second = { ...approval, id: "second", fingerprint: approval.fingerprint };
    await bench.waits(approval, second);
    bench.pass(600);
    await bench.types("a");
    await bench.types("a");
    expect(bench.answers()).toEqual([{ ...base, verdict: "allow", remember: "once" }]);
    bench.pass(600);
    await bench.types("d");
    expect(bench.answers()[1]).toMatchObject({ id: "second", verdict: "deny" });
  });

  it("does not give an answer for one question to the next", async () => {
    const bench = setUp();
    await bench.waits(approval);
    bench.pass(600);
    await bench.waits({ ...approval, id: "second" });
    await bench.types("a");
    expect(bench.notes.join("\n")).toContain("This question is gone");
    expect(bench.answers()).toEqual([]);
  });

  it("denies what waits and all that follows when the input ends", async () => {
    const bench = setUp();
    await bench.waits(approval);
    bench.pass(600);
    await bench.ends();
    expect(bench.denials()).toBe(1);
    await bench.waits({ ...approval, id: "later" });
    expect(bench.denials()).toBe(2);
    expect(bench.answers()).toEqual([]);
  });
});
