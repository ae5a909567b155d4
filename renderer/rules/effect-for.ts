import type { Effect, Rule } from "../../shared/model/rule.ts";
import { coversTool } from "../../shared/policy/tool-pattern.ts";

/**
 * What the rules say of a tool, for the eye (the gate decides by itself, with the arguments and the session at hand): the strongest
 * effect among the rules for every client and any arguments, and whether narrower rules say something else for some calls.
 */
export function effectFor(
  rules: readonly Rule[],
  server: string,
  tool: string,
  fallback: Effect,
  now: number,
): { readonly effect: Effect; readonly exceptions: number } {
  const matching = rules.filter(
    (rule) =>
      (rule.expiresAt === undefined || rule.expiresAt > now) &&
      (rule.server === undefined || rule.server === server) &&
      (rule.tool === undefined || coversTool(rule.tool, tool)),
  );
  const general = matching.filter((rule) => rule.client === undefined && rule.arguments === undefined && rule.sessionId === undefined);
  const effect = (["deny", "ask", "allow"] as const).find((candidate) => general.some((rule) => rule.effect === candidate)) ?? fallback;
  return { effect, exceptions: matching.filter((rule) => !general.includes(rule) && rule.effect !== effect).length };
}
