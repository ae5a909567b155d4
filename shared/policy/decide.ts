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
    if (rule.effect === "deny") return { effect: "deny", by: `rule ${rule.id}`, why: `A rule denies ${words(rule)}.` };
    if (rule.effect === "ask") ask ??= rule;
    else allow ??= rule;
  }
  if (ask !== undefined) return { effect: "ask", by: `rule ${ask.id}`, why: `A rule asks about ${words(ask)}.` };
  if (allow !== undefined) return { effect: "allow", by: `rule ${allow.id}`, why: `A rule allows ${words(allow)}.` };
  return { effect: fallback, by: "default", why: "No rule covers this call." };
}

const inWords = new WeakMap<Rule, string>();

function words(rule: Rule): string {
  const known = inWords.get(rule);
  if (known !== undefined) return known;
  const text = describe(rule);
  inWords.set(rule, text);
  return text;
}

function describe(rule: Rule): string {
  const tool = rule.tool === undefined ? "every tool" : rule.tool.endsWith("*") ? `tools named ${rule.tool}` : rule.tool;
  const server = rule.server === undefined ? "of any server" : `of ${rule.server}`;
  const client = rule.client === undefined ? "for any client" : `for ${rule.client}`;
  const exact = rule.arguments === undefined ? "" : ", with exactly these arguments";
  const session = rule.sessionId === undefined ? "" : ", in this session";
  return `${tool} ${server} ${client}${exact}${session}`;
}
