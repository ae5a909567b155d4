import { describe, expect, it } from "vitest";
import { errorLine, progressLine, refusalLine } from "../../../shared/mcp/messages.ts";
import { readToolCall } from "../../../shared/mcp/tool-call-request.ts";
import { scanToolResult } from "../../../shared/mcp/tool-result.ts";
import type { JsonValue } from "../../../shared/model/json.ts";

const read = (params: JsonValue, method = "tools/call") => readToolCall({ jsonrpc: "2.0", id: 1, method, params });

describe("readToolCall", () => {
  it("reads both eras", () => {
    expect(read({ name: "t" })).toMatchObject({
      ok: true,
      value: { tool: "t", arguments: {}, progressToken: null, task: false, stateless: false },
    });
    const meta = {
      progressToken: 0,
      "io.modelcontextprotocol/protocolVersion": "2026-07-28",
      "io.modelcontextprotocol/clientInfo": { name: "c", version: "2" },
    };
    expect(read({ name: "t", arguments: { a: 1 }, task: { ttl: 1 }, requestState: "s", _meta: meta })).toMatchObject({
      ok: true,
      value: { arguments: { a: 1 }, progressToken: 0, task: true, stateless: true, requestState: "s", clientSays: "c 2" },
    });
  });

  it("keeps a token of either kind, and of what the client says of itself no more than fits", () => {
    const said = (meta: JsonValue): { progressToken: unknown; clientSays: unknown } | null => {
      const call = read({ name: "t", _meta: meta });
      return call.ok ? call.value : null;
    };
    expect(said({ progressToken: "p" })?.progressToken).toBe("p");
    expect(said({ progressToken: { a: 1 } })?.progressToken).toBeNull();
    const clientInfo = { name: "n".repeat(10_000), version: "v".repeat(10_000) };
    expect(said({ "io.modelcontextprotocol/clientInfo": clientInfo })?.clientSays).toBe(`${"n".repeat(128)} ${"v".repeat(64)}`);
  });

  it.each([
    [{ arguments: {} }, "tools/call"],
    [{ name: "" }, "tools/call"],
    [{ name: 5 }, "tools/call"],
    [{ name: "t", arguments: [] }, "tools/call"],
    [{ name: "t", arguments: "x" }, "tools/call"],
    [["t"], "tools/call"],
    [{ name: "safe", Name: "dangerous" }, "tools/call"],
    [{ name: "safe", argumentſ: {} }, "tools/call"],
    [{ name: "safe", RequestState: "x" }, "tools/call"],
    [{ name: "t" }, "Tools/Call"],
    [{ name: "x".repeat(2_000) }, "tools/call"],
  ] as [JsonValue, string][])("refuses %j", (params, method) => {
    expect(read(params, method).ok).toBe(false);
  });
});

describe("messages of our own", () => {
  it("are one line of valid JSON, whatever they are told", () => {
    const text = 'a "quote"\nline\u2028end \\ \u0000';
    for (const line of [
      errorLine('"i"', -32603, text),
      errorLine(null, -32700, text),
      refusalLine("1", text, true),
      progressLine("t\n", 3, text),
    ]) {
      expect(line.indexOf("\n")).toBe(line.length - 1);
      expect(JSON.stringify(JSON.parse(line))).toContain("quote");
    }
    expect(JSON.parse(refusalLine("1", "no", false))).toEqual({
      jsonrpc: "2.0",
      id: 1,
      result: { content: [{ type: "text", text: "no" }], isError: true },
    });
    expect(JSON.parse(refusalLine("1", "no", true))).toMatchObject({ result: { resultType: "complete" } });
  });

  it("count progress in steps smaller than any server's", () => {
    const values = [1, 2, 3].map((n) => (JSON.parse(progressLine(7, n, "")) as { params: { progress: number } }).params.progress);
    expect(values).toEqual([0.000001, 0.000002, 0.000003]);
  });
});

describe("scanToolResult", () => {
  const scan = (text: string) => scanToolResult(Buffer.from(text), 0);
  it("finds isError and resultType at the top level only", () => {
    expect(scan('{"content":[{"isError":true}],"isError":false}').isError).toBe(false);
    expect(scan('{"content":[],"isError" : true}').isError).toBe(true);
    expect(scan('{"resultType":"input_required","requestState":"s"}').inputRequired).toBe(true);
    expect(scan('{"structuredContent":{"resultType":"input_required"}}').inputRequired).toBe(false);
    expect(scan("null").isError).toBe(false);
    expect(scan('{"a":').isError).toBe(false);
  });
});
