import { describe, expect, it } from "vitest";
import { errorLine, progressLine, refusalLine } from "../../../shared/mcp/messages.ts";
import { scanEnvelope } from "../../../shared/mcp/json-rpc.ts";
import { parseJudged } from "../../../shared/mcp/strict-json.ts";
import { readCallLine, readToolCall } from "../../../shared/mcp/tool-call-request.ts";
import type { ReadToolCall } from "../../../shared/mcp/tool-call-request.ts";
import { scanToolResult } from "../../../shared/mcp/tool-result.ts";
import type { JsonValue } from "../../../shared/model/json.ts";
import { decodeUtf8 } from "../../../electron/gate/call-record.ts";
import { createRandom } from "../../fixtures/journal/parts.ts";

const read = (params: JsonValue, method = "tools/call") => readToolCall({ jsonrpc: "2.0", id: 1, method, params });

describe("a line with a call", () => {
  const line = (text: string) => {
    const bytes = Buffer.from(`${text}\n`);
    const envelope = scanEnvelope(bytes, bytes.length - 1);
    return { envelope, read: () => readCallLine(bytes, bytes.length - 1, envelope, decodeUtf8) };
  };
  /** As it is read when it is read whole. */
  const whole = (text: string): ReadToolCall => {
    const judged = parseJudged(Buffer.from(text), decodeUtf8);
    return judged.ok ? readToolCall(judged.value) : judged;
  };
  const params = '{"name":"t","arguments":{"a":1}}';

  it.each([
    `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":${params}}`,
    `{"params":${params} , "id":"a b" ,\t"method":"tools/call","jsonrpc":"2.0"} `,
  ])("is bare: %s", (text) => {
    expect(line(text).envelope).toMatchObject({ kind: "request", bare: true });
    expect(line(text).read()).toEqual(whole(text));
    expect(line(text).read()).toMatchObject({ ok: true, value: { tool: "t", arguments: { a: 1 } } });
  });

  it.each([
    `{"id":1,"method":"tools/call","params":${params}}`,
    `{"jsonrpc":"1.0","id":1,"method":"tools/call","params":${params}}`,
    `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":${params},"x":1}`,
    `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":${params},"trace-parent":1}`,
    `{"jsonrpc":"2.0","id":0,"method":"tools/call","params":${params}}`,
    `{"jsonrpc":"2.0","id":007,"method":"tools/call","params":${params}}`,
    `{"jsonrpc":"2.0","id":1e5,"method":"tools/call","params":${params}}`,
    `{"jsonrpc":"2.0","id":9007199254740993,"method":"tools/call","params":${params}}`,
    '{"jsonrpc":"2.0","id":1,"method":"tools/call"}',
    `{"jsonrpc":"2.0","method":"tools/call","params":${params}}`,
    '{"jsonrpc":"2.0","id":1,"result":{}}',
  ])("is read whole: %s", (text) => {
    expect(line(text).envelope.bare).toBe(false);
    expect(line(text).read()).toEqual(whole(text));
  });

  it("says the same whether it is read whole or not, whatever stands in it", () => {
    const random = createRandom(20261201);
    const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T;
    const ids = [
      "1",
      "0",
      "12",
      "-1",
      "1.5",
      "1e-999",
      "007",
      "123456789",
      "1234567890",
      "9007199254740993",
      '"x"',
      '"\\u0061"',
      "null",
      '"é"',
    ];
    const values = [
      "1",
      "1e400",
      '"\\ud800"',
      '"\\\\"',
      "[1,{}]",
      '{"b":1,"b":2}',
      '{"__proto__":1}',
      '"__proto__"',
      "01",
      '"é"',
      "tru",
      "9007199254740993",
    ];
    const deep = (levels: number): string => "[".repeat(levels) + "]".repeat(levels);
    let bare = 0;
    let refused = 0;
    for (let round = 0; round < 20_000; round += 1) {
      const call = pick([
        params,
        `{"name":"t","arguments":{"a":${pick(values)}}}`,
        `{"name":${pick(values)}}`,
        pick(values),
        deep(124 + Math.floor(random() * 8)),
      ]);
      const members = [
        `"jsonrpc":${pick(['"2.0"', '"2.0"', '"2.\\u0030"', "2"])}`,
        `"id":${pick(ids)}`,
        `"method":"${pick(["tools/call", "tools/call", "Tools/Call"])}"`,
        `"params":${call}`,
      ];
      if (random() < 0.1) members.push(pick(['"x":1', '"x":1,"x":2', '"Id":2', '"id":3', '"p\\u0061rams":{}']));
      let text = `{${members.sort(() => random() - 0.5).join(pick([",", ", ", " ,"]))}}`;
      if (random() < 0.3) {
        const at = Math.floor(random() * text.length);
        text = text.slice(0, at) + pick(['"', "\\", "{", "}", "\r", "\u0000", " ", "é", ""]) + text.slice(at + (random() < 0.5 ? 1 : 0));
      }
      const { envelope, read } = line(text);
      if (!envelope.bare) continue;
      bare += 1;
      const said = read();
      if (!said.ok) refused += 1;
      expect({ text, said }).toEqual({ text, said: whole(text) });
    }
    expect(bare).toBeGreaterThan(1_000);
    expect(refused).toBeGreaterThan(500);
  });

  it("is refused where it is not UTF-8", () => {
    const bytes = Buffer.concat([
      Buffer.from('{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"'),
      Buffer.from([0xff]),
      Buffer.from('"}}'),
    ]);
    const envelope = scanEnvelope(bytes);
    expect(envelope.bare).toBe(true);
    expect(readCallLine(bytes, bytes.length, envelope, decodeUtf8)).toEqual({ ok: false, reason: "it is not valid UTF-8" });
  });
});

describe("readToolCall", () => {
  it("reads nothing but an object", () => {
    for (const message of [null, 1, ["tools/call"]]) expect(readToolCall(message)).toEqual({ ok: false, reason: "it is not an object" });
  });

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
