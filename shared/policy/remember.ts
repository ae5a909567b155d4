import type { ApprovalAnswer } from "../model/approval.ts";
import type { Rule } from "../model/rule.ts";
import type { ToolCall } from "../model/tool-call.ts";

/**
 * The rule that an answer asks for, or null for `once`. It is as narrow as the question: this client, this server, this tool, and
 * this session or these arguments if the person said so.
 *
 * @param preview the arguments in a few words for the rule list, secrets redacted
 */
export function remember(
  answer: ApprovalAnswer,
  call: ToolCall,
  given: { readonly id: string; readonly now: number; readonly preview: string },
): Rule | null {
  if (answer.remember === "once") return null;
  return {
    id: given.id,
    effect: answer.verdict,
    client: call.client,
    server: call.server,
    tool: call.tool,
    ...(answer.onlyTheseArguments === true ? { arguments: { hash: call.argumentsHash, preview: given.preview } } : {}),
    ...(answer.remember === "session" ? { sessionId: call.sessionId } : {}),
    createdAt: given.now,
    ...(answer.remember === "always" && answer.expiresInMs !== undefined ? { expiresAt: given.now + answer.expiresInMs } : {}),
    origin: "approval",
  };
}

/** A rule's tool that ends in `*` is a prefix and one with another `*` is none, so a tool of such a name (which no honest server has) cannot be remembered. */
export function canRemember(call: Pick<ToolCall, "tool">): boolean {
  return !call.tool.includes("*");
}
