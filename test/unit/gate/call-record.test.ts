import { describe, expect, it } from "vitest";
import type { JsonObject } from "../../../shared/model/json.ts";
import type { ToolCall } from "../../../shared/model/tool-call.ts";
import { canonical } from "../../../shared/policy/canonical.ts";
import { createRedactor } from "../../../shared/text/redact.ts";
import { closingDraft, columnsOf, decodeUtf8, openingDetail } from "../../../electron/gate/call-record.ts";

const secret = "s3cr3t-value";
const redactor = createRedactor([secret]);

function recorded(args: JsonObject, why = "because"): Record<string, unknown> {
  const message = Buffer.from(JSON.stringify({ jsonrpc: "2.0", id: 1, params: { name: "t", arguments: args } }));
  const detail = JSON.parse(openingDetail(called(args, message.length), message, redactor, why)) as Record<string, unknown>;
  expect(canonical(detail)).toBe(openingDetail(called(args, message.length), message, redactor, why));
  return detail;
}

function called(args: JsonObject, bytes: number, tool = "t"): ToolCall {
  return { id: "i", sessionId: "s", client: "c", server: "v", tool, arguments: args, argumentsHash: "h", bytes };
}

describe("what the journal keeps of a call", () => {
  it("holds no known secret: not in the tool's name, the reason, or the arguments, escaped or not", () => {
    expect(columnsOf(called({}, 1, `get_${secret}`), redactor).tool).toBe("get_[redacted]");
    expect(recorded({ a: secret }, `of ${secret}`)).toMatchObject({ arguments: { a: "[redacted]" }, why: "of [redacted]" });
    expect(recorded({ a: `line\n${secret}`, [secret]: 1 })).toMatchObject({ arguments: { a: "line\n[redacted]", "[redacted]": 1 } });
  });

  it("holds the beginning of long arguments, no secret in it either, and what tells the message from another", () => {
    const detail = recorded({ a: secret, text: "x".repeat(70_000) });
    expect(detail).not.toHaveProperty("arguments");
    expect(detail["argumentsStart"]).toContain("[redacted]");
    expect(detail["argumentsStart"]).not.toContain(secret);
    expect(String(detail["argumentsStart"])).toHaveLength(4096);
    expect(detail["messageHash"]).toMatch(/^[0-9a-f]{64}$/);
  });

  it("holds the beginning of a long answer, and says that it is one; a character is not cut in two", () => {
    const columns = columnsOf(called({}, 1), redactor);
    const result = (text: string): Record<string, unknown> => {
      const line = Buffer.from(text);
      const draft = closingDraft(columns, 1, {
        outcome: "ok",
        durationMs: 1,
        bytesOut: line.length,
        answer: { line, from: 0, to: line.length },
      });
      return JSON.parse(draft.detailText ?? "") as Record<string, unknown>;
    };
    expect(result("short")).toEqual({ bytesIn: 1, bytesOut: 5, result: "short" });
    expect(result("x".repeat(4096))).not.toHaveProperty("resultCut");
    const cut = result(`${"x".repeat(4094)}€ and more`);
    expect(cut).toMatchObject({ result: "x".repeat(4094), resultCut: true });
  });
});

describe("the text of bytes", () => {
  it("is none where they are not UTF-8", () => {
    expect(decodeUtf8(Buffer.from("é"))).toBe("é");
    expect(decodeUtf8(Buffer.from([0x22, 0xff, 0x22]))).toBeNull();
  });
});
