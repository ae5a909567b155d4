import { isText, quote } from "./ascii.ts";
import { createCursor, skipBlank, skipString, skipValue } from "./json-bytes.ts";

/** What the journal and the gate want to know of a tool's result, without parsing it. */
export interface ToolResultFacts {
  readonly isError: boolean;
  /** An `InputRequiredResult` (2026-07-28): the call goes on with a retry. */
  readonly inputRequired: boolean;
}

/** Looks at the top level of the result that stands at `from`. What it cannot read it takes for a plain success. */
export function scanToolResult(bytes: Uint8Array, from: number): ToolResultFacts {
  const cursor = createCursor();
  let isError = false;
  let inputRequired = false;
  let at = bytes[from] === 0x7b ? skipBlank(bytes, from + 1) : bytes.length;
  while (bytes[at] === quote) {
    const keyStart = at + 1;
    const keyEnd = skipString(bytes, keyStart, cursor) - 1;
    if (keyEnd < 0) break;
    at = skipBlank(bytes, keyEnd + 1);
    if (bytes[at] !== 0x3a) break;
    const start = skipBlank(bytes, at + 1);
    const end = skipValue(bytes, start, cursor);
    if (end < 0) break;
    if (isText(bytes, keyStart, keyEnd, "isError")) isError = bytes[start] === 0x74;
    if (isText(bytes, keyStart, keyEnd, "resultType")) inputRequired = isText(bytes, start, end, '"input_required"');
    at = skipBlank(bytes, end);
    if (bytes[at] !== 0x2c) break;
    at = skipBlank(bytes, at + 1);
  }
  return { isError, inputRequired };
}
