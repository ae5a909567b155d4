import type { ApprovalDetail } from "../../shared/model/approval.ts";
import { reveal, revealLine } from "../../shared/text/reveal.ts";

/** A question in plain text: who, what, and the arguments as they will be forwarded, whole, hidden characters revealed. */
export function questionLines(detail: ApprovalDetail): string[] {
  const says = detail.clientSays === null ? "" : ` (says it is ${revealLine(detail.clientSays)})`;
  return [
    `${revealLine(detail.client)}${says} wants ${revealLine(detail.server)} to run ${revealLine(detail.tool)}`,
    ...(detail.waived ? ["! This server runs WITHOUT a sandbox."] : []),
    ...detail.findings.map((finding) => `! ${revealLine(finding.text)} (${revealLine(finding.pointer)})`),
    `Why this is asked: ${revealLine(detail.why)}`,
    `Arguments (${String(detail.argumentsBytes)} bytes):`,
    // The margin tells what belongs to the arguments from what we say.
    ...reveal(detail.argumentsText)
      .split("\n")
      .map((line) => `  | ${line}`),
  ];
}
