import type { ApprovalDetail } from "../../shared/model/approval.ts";
import { margin, rows } from "./rows.ts";

/**
 * A question in plain text: who, what, and the arguments as they will be forwarded, whole, hidden characters revealed. No row of a
 * terminal of that many columns looks like ours unless it is (threat 15): whatever the call brings stands behind a margin, also where a
 * row is full, and who wants what is said again at the end, where the answer is given.
 */
export function questionLines(detail: ApprovalDetail, columns: number): string[] {
  const says = detail.clientSays === null ? "" : ` (says it is ${detail.clientSays})`;
  const what = rows(`${detail.client}${says} wants ${detail.server} to run ${detail.tool}`, columns);
  return [
    ...what,
    ...(detail.waived ? ["! This server runs WITHOUT a sandbox."] : []),
    ...detail.findings.flatMap((finding) => rows(`! ${finding.text} (${finding.pointer})`, columns)),
    ...rows(`Why this is asked: ${detail.why}`, columns),
    `Arguments (${String(detail.argumentsBytes)} bytes):`,
    // Line breaks inside of values are written as \n: a line is one line of JSON.
    ...detail.argumentsText.split("\n").flatMap((line) => rows(line, columns, margin)),
    ...(detail.waived ? ["! This server runs WITHOUT a sandbox."] : []),
    ...what,
  ];
}
