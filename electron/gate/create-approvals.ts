import { timingSafeEqual } from "node:crypto";
import { fail, ok } from "../../shared/errors.ts";
import type { Result } from "../../shared/errors.ts";
import type { Approval, ApprovalAnswer, ApprovalDetail } from "../../shared/model/approval.ts";
import type { AppView } from "../../shared/model/snapshot.ts";
import type { ToolCall } from "../../shared/model/tool-call.ts";
import { inspectArguments, subjectOf } from "../../shared/policy/findings.ts";
import { canRemember, remember } from "../../shared/policy/remember.ts";
import type { Redactor } from "../../shared/text/redact.ts";
import type { Approvals, Question, Verdict } from "./approvals.ts";
import { approvalFingerprint } from "./fingerprint.ts";
import type { Judgement } from "./judge.ts";
import { createLimits } from "./limits.ts";
import type { Rules } from "./rules.ts";

// Questions to the person. Everything that is not an explicit, fitting, timely allow is a no: deadline, close, withdrawal, no answerer
// (threat 22). An answer counts once and only with the fingerprint of its question (threat 23).

export interface ApprovalsDeps {
  now(): number;
  /** Random and unguessable. */
  newId(): string;
  limits(): { readonly deadlineMs: number; readonly maxPendingPerServer: number };
  answerer(): AppView["answerer"];
  readonly rules: Pick<Rules, "remember" | "onChange">;
  /** What would happen to a call if it came now. */
  judge(call: ToolCall): Judgement;
  redactor(): Redactor;
  /** What is known of a tool: the server's own words are untrusted. */
  describe(
    server: string,
    tool: string,
  ): { readonly waived: boolean; readonly description: string | null; readonly hints: readonly string[] };
  /** A remembered answer could not be kept: the call was answered, but it will be asked again. */
  onNotRemembered?(reason: string): void;
}

interface Entry {
  readonly approval: Approval;
  readonly question: Question;
  settle(verdict: Verdict): void;
}

/** Arguments larger than this, in bytes, do not fit on a screen. */
const largeArguments = 16 * 1024;
const mostSettled = 500;

export function createApprovals(deps: ApprovalsDeps): Approvals {
  const entries = new Map<string, Entry>();
  const settled = new Set<string>();
  const listeners = new Set<() => void>();
  const limits = createLimits({ now: () => deps.now(), maxPendingPerServer: () => deps.limits().maxPendingPerServer });
  let closed = false;

  const changed = (): void => {
    for (const listener of listeners) listener();
  };

  const ask = async (question: Question): Promise<Verdict> => {
    if (closed) return denied("closing");
    if (question.signal.aborted) return { kind: "withdrawn" };
    if (deps.answerer() === "deny") return denied("no-answerer");
    const place = limits.admit(question.call.server, question.call.sessionId);
    if ("refused" in place) return denied("limit", place.refused);
    try {
      return await wait(question);
    } finally {
      place.release();
    }
  };

  const wait = (question: Question): Promise<Verdict> => {
    const approval = describeQuestion(question);
    question.onWaiting?.();
    return new Promise((resolve) => {
      const settle = (verdict: Verdict): void => {
        if (!entries.delete(approval.id)) return;
        clearTimeout(timer);
        question.signal.removeEventListener("abort", onAbort);
        settled.add(approval.id);
        for (const oldest of settled) {
          if (settled.size <= mostSettled) break;
          settled.delete(oldest);
        }
        resolve(verdict);
        changed();
      };
      const onAbort = (): void => settle({ kind: "withdrawn" });
      const timer = setTimeout(() => settle(denied("deadline")), approval.deadline - approval.createdAt);
      question.signal.addEventListener("abort", onAbort, { once: true });
      entries.set(approval.id, { approval, question, settle });
      changed();
    });
  };

  const describeQuestion = (question: Question): Approval => {
    const { call } = question;
    const id = deps.newId();
    const createdAt = deps.now();
    const redactor = deps.redactor();
    const inspection = inspectArguments(call.arguments);
    const subject = subjectOf(redactor.json(call.arguments));
    return {
      id,
      fingerprint: approvalFingerprint(id, question),
      createdAt,
      deadline: createdAt + deps.limits().deadlineMs,
      client: call.client,
      clientSays: question.clientSays === null ? null : redactor.text(question.clientSays),
      server: call.server,
      tool: redactor.text(call.tool),
      subject,
      findings: inspection.findings.map((finding) => ({ ...finding, pointer: redactor.text(finding.pointer) })),
      argumentsBytes: call.bytes,
      mustExpand: inspection.mustExpand || call.bytes > largeArguments,
      why: question.why,
      waived: deps.describe(call.server, call.tool).waived,
    };
  };

  const answer = (given: ApprovalAnswer): Result<void> => {
    const entry = entries.get(given.id);
    if (entry === undefined) {
      return settled.has(given.id)
        ? fail("expired", "This question was already answered, withdrawn or timed out.")
        : fail("not-found", "There is no such question.");
    }
    if (!sameText(given.fingerprint, entry.approval.fingerprint)) {
      return fail("not-allowed", "This answer does not belong to the question as it was shown.");
    }
    const now = deps.now();
    if (now >= entry.approval.deadline) {
      entry.settle(denied("deadline"));
      return fail("expired", "The question's time is over; the call was denied.");
    }
    const { call } = entry.question;
    if (given.remember !== "once" && !canRemember(call)) {
      return fail(
        "bad-input",
        "A tool whose name ends in * cannot be remembered: a rule for it would cover others too.",
        "Answer it once.",
      );
    }
    const preview = subjectOf(deps.redactor().json(call.arguments));
    const rule = remember(given, call, { id: deps.newId(), now, preview: preview === null ? "" : `${preview.key}: ${preview.value}` });
    entry.settle(given.verdict === "allow" ? { kind: "allowed", by: "person" } : denied("person", given.reason ?? null));
    if (rule !== null) {
      void deps.rules.remember(rule).then((kept) => {
        if (!kept.ok) deps.onNotRemembered?.(kept.error.message);
        return undefined;
      });
    }
    return ok(undefined);
  };

  const reconsider = (): void => {
    for (const entry of entries.values()) {
      const judgement = deps.judge(entry.question.call);
      if (judgement.kind === "deny") {
        const by = settlingBy(judgement.by);
        if (by !== null) entry.settle(denied(by, judgement.why));
      } else if (judgement.kind === "allow" && !entry.approval.mustExpand) {
        entry.settle({ kind: "allowed", by: judgement.by });
      }
    }
  };
  const stopListening = deps.rules.onChange(reconsider);

  const denyAll: Approvals["denyAll"] = (by, server) => {
    const chosen = [...entries.values()].filter((entry) => server === undefined || entry.approval.server === server);
    for (const entry of chosen) entry.settle(denied(by));
    return chosen.length;
  };

  return {
    ask,
    list: () => [...entries.values()].map((entry) => entry.approval),
    detail: (id) => {
      const entry = entries.get(id);
      if (entry === undefined) return fail("not-found", "This question no longer waits.");
      const { call } = entry.question;
      const redactor = deps.redactor();
      const { description, hints } = deps.describe(call.server, call.tool);
      const detail: ApprovalDetail = {
        ...entry.approval,
        argumentsText: JSON.stringify(redactor.json(call.arguments), null, 2),
        toolDescription: description === null ? null : redactor.text(description),
        hints: hints.map((hint) => redactor.text(hint)),
      };
      return ok(detail);
    },
    answer,
    denyAll,
    endSession: (sessionId) => limits.endSession(sessionId),
    onChange: (listener) => {
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
      };
    },
    close: () => {
      closed = true;
      stopListening();
      denyAll("closing");
      listeners.clear();
    },
  };
}

type DeniedBy = Extract<Verdict, { kind: "denied" }>["by"];

function denied(by: DeniedBy, reason: string | null = null): Verdict {
  return { kind: "denied", by, reason };
}

/** Who settles a waiting question with a no: a rule or a pause. A fault or a changed default stops the call when it is answered. */
function settlingBy(by: string): DeniedBy | null {
  if (by === "paused") return "paused";
  return by.startsWith("rule ") ? `rule ${by.slice(5)}` : null;
}

function sameText(a: string, b: string): boolean {
  const left = Buffer.from(a);
  const right = Buffer.from(b);
  return left.length === right.length && timingSafeEqual(left, right);
}
