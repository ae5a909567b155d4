import { assertNever } from "../../shared/errors.ts";
import type { Effect, Rule } from "../../shared/model/rule.ts";
import { decide } from "../../shared/policy/decide.ts";
import type { JudgedCall } from "../../shared/policy/match.ts";

/** The gate's standing orders, read anew for every call. */
export interface GateState {
  readonly paused: boolean;
  /** Why nothing may be served (settings broken …), for the person and the model; null while all is well. */
  readonly fault: string | null;
  /** What happens to a call that no rule covers. */
  readonly defaultEffect: Effect;
}

export type Judgement =
  | { readonly kind: "allow"; readonly by: string; readonly why: string }
  | { readonly kind: "ask"; readonly why: string }
  | { readonly kind: "deny"; readonly by: string; readonly why: string };

/**
 * What happens to a call now. With a broken rules file nothing is allowed without a question: a deny that cannot be read must not
 * turn into an allow by default.
 */
export function judge(call: JudgedCall, state: GateState, rules: readonly Rule[], rulesProblem: string | null, now: number): Judgement {
  if (state.fault !== null) return { kind: "deny", by: "fault", why: state.fault };
  if (state.paused)
    return { kind: "deny", by: "paused", why: "Portcullis is paused: every tool call is refused until the person resumes it." };
  const decision = decide(call, rules, state.defaultEffect, now);
  switch (decision.effect) {
    case "deny":
      return { kind: "deny", by: decision.by, why: decision.by === "default" ? "Calls that no rule allows are denied." : decision.why };
    case "ask":
      return { kind: "ask", why: decision.why };
    case "allow":
      if (rulesProblem !== null) return { kind: "ask", why: `The rules cannot be read (${rulesProblem}), so every call is a question.` };
      return { kind: "allow", by: decision.by, why: decision.why };
    default:
      return assertNever(decision.effect);
  }
}
