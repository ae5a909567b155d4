import type { Rule } from "../model/rule.ts";
import type { ToolCall } from "../model/tool-call.ts";
import { coversTool } from "./tool-pattern.ts";

/** The part of a call that rules look at. */
export type JudgedCall = Pick<ToolCall, "sessionId" | "client" | "server" | "tool" | "argumentsHash">;

/** Whether a rule still holds at `now` (milliseconds). */
export function holds(rule: Rule, now: number): boolean {
  return rule.expiresAt === undefined || rule.expiresAt > now;
}

/** Whether a rule covers a call. Everything a rule names must fit; names are compared exactly, and only `tool` may end in `*`. */
export function covers(rule: Rule, call: JudgedCall): boolean {
  if (rule.sessionId !== undefined && rule.sessionId !== call.sessionId) return false;
  if (rule.client !== undefined && rule.client !== call.client) return false;
  if (rule.server !== undefined && rule.server !== call.server) return false;
  if (rule.tool !== undefined && !coversTool(rule.tool, call.tool)) return false;
  // Last, because the hash is only computed when somebody asks for it.
  return rule.arguments === undefined || rule.arguments.hash === call.argumentsHash;
}
