import { assertNever } from "../../shared/errors.ts";
import type { AppError } from "../../shared/errors.ts";
import type { Verdict } from "./approvals.ts";

type Denied = Extract<Verdict, { kind: "denied" }>;

/** What the model reads when a call was not allowed: what happened, and what it can do about it. */
export function denialText(tool: string, denied: Denied): string {
  const by = denied.by;
  switch (by) {
    case "person": {
      const said = denied.reason === null || denied.reason === "" ? "" : ` Their reason: ${denied.reason}`;
      return `The person denied this call of ${tool}; it was not made.${said} Do not repeat it unchanged: ask them how to go on.`;
    }
    case "deadline":
      return `Nobody answered the question about this call of ${tool} in time, so it was denied and not made. Go on without it, or ask the person first and try again later.`;
    case "limit":
      return `This call of ${tool} was denied and not made: ${denied.reason ?? "too many calls wait for an answer"}. Wait for those before calling again.`;
    case "paused":
      return "Portcullis is paused: every tool call is refused until the person resumes it. This call was not made.";
    case "closing":
      return `This call of ${tool} was denied and not made: nobody is there to answer (Portcullis is closing, its window was closed or the screen was locked).`;
    case "no-answerer":
      return `This call of ${tool} needs the person's approval, and this Portcullis runs with nobody to answer. It was denied and not made. A rule can allow it: portcullis rules add --allow --tool ${JSON.stringify(tool)}.`;
    default:
      return by.startsWith("rule ") ? ruleText(tool, denied.reason) : assertNever(by as never);
  }
}

/** The same for a rule or a standing order. */
export function ruleText(tool: string, why: string | null): string {
  return `This call of ${tool} was denied and not made. ${why ?? "A rule denies it."} Do not repeat it; the person can change the rules in Portcullis.`;
}

/** An error as one sentence for a client: what happened, then what to do. */
export function errorText(error: AppError): string {
  return error.hint === undefined ? error.message : `${error.message} ${error.hint}`;
}
