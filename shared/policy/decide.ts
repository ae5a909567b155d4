import type { Effect, Rule } from "../model/rule.ts";
import { covers, holds } from "./match.ts";
import type { JudgedCall } from "./match.ts";

export interface Decision {
  readonly effect: Effect;
  /** "rule <id>" or "default": what the journal says. */
  readonly by: string;
  /** In words, for the person. */
  readonly why: string;
}

/**
 * What happens to a call: deny > ask > allow among all rules that cover it, however specific; the default if none does. So a deny
 * can never be undone by adding a rule, only by removing it.
 */
export function decide(call: JudgedCall, rules: readonly Rule[], fallback: Effect, now: number): Decision {
  let ask: Rule | undefined;
  let allow: Rule | undefined;
  for (const rule of rules) {
    if (!holds(rule, now) || !covers(rule, call)) continue;
    if (rule.effect === "deny") return decisionOf(rule);
    if (rule.effect === "ask") ask ??= rule;
    else allow ??= rule;
  }
  const found = ask ?? allow;
  return found === undefined ? { effect: fallback, by: "default", why: "No rule covers this call." } : decisionOf(found);
}

const known = new WeakMap<Rule, Decision>();
const verbs = { deny: "denies", ask: "asks about", allow: "allows" } as const;

/** What a rule says is made once: the same texts, call after call, need no second look. */
function decisionOf(rule: Rule): Decision {
  let said = known.get(rule);
  if (said === undefined) {
    said = { effect: rule.effect, by: `rule ${rule.id}`, why: `A rule ${verbs[rule.effect]} ${describe(rule)}.` };
    known.set(rule, said);
  }
  return said;
}

function describe(rule: Rule): string {
  const tool = rule.tool === undefined ? "every tool" : rule.tool.endsWith("*") ? `tools named ${rule.tool}` : rule.tool;
  const server = rule.server === undefined ? "of any server" : `of ${rule.server}`;
  const client = rule.client === undefined ? "for any client" : `for ${rule.client}`;
  const exact = rule.arguments === undefined ? "" : ", with exactly these arguments";
  const session = rule.sessionId === undefined ? "" : ", in this session";
  return `${tool} ${server} ${client}${exact}${session}`;
}
