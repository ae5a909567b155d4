import { describe, expect, it } from "vitest";
import { envelopeOf, scanEnvelope } from "../../../shared/mcp/json-rpc.ts";
import { isJudged } from "../../../shared/mcp/methods.ts";
import { processorTime } from "../../fixtures/processor-time.ts";

const scan = (text: string) => scanEnvelope(Buffer.from(text));

describe("scanEnvelope", () => {
  it("tells requests, notifications and responses apart, whatever the order of keys", () => {
    expect(scan('{"jsonrpc":"2.0","id":1,"method":"tools/list"}')).toMatchObject({ kind: "request", id: "1", method: "tools/list" });
    expect(scan('{"params":{"a":[1,{"b":"}"}]},"method":"x","id":"a"}')).toMatchObject({ kind: "request", id: '"a"', method: "x" });
    expect(scan('{"jsonrpc":"2.0","method":"notifications/initialized"}')).toMatchObject({ kind: "notification", id: null });
    expect(scan('{"result":{"isError":true},"jsonrpc":"2.0","id":7}')).toMatchObject({ kind: "response", id: "7", failed: false });
    expect(scan('{"jsonrpc":"2.0","id":7,"error":{"code":1,"message":"m"}}')).toMatchObject({ kind: "response", id: "7", failed: true });
    expect(scan(' \t{ "id" : -3 , "method" : "m" } ')).toMatchObject({ kind: "request", id: "-3", method: "m" });
    expect(scan('[{"id":1,"method":"m"}]').kind).toBe("batch");
  });

  it("takes no key for one of its own that only begins like it, and reads a method of 254 letters", () => {
    const method = "m".repeat(254);
    const text = `{"jsonrpc2":1,"ids":2,"methods":3,"paramsX":4,"results":5,"errors":6,"e":7,"id":1,"method":"${method}"}`;
    expect(scan(text)).toMatchObject({ kind: "request", id: "1", method, bodyEnd: 0 });
  });

  it("says where the body stands", () => {
    const text = '{"id":1,"method":"m","params": {"é":"x"} ,"more":[true,null,-1.5e3]}';
    const envelope = scan(text);
    expect(Buffer.from(text).subarray(envelope.bodyStart, envelope.bodyEnd).toString()).toBe('{"é":"x"}');
  });

  it("spells one id in one way", () => {
    expect(scan('{"id":1.0,"method":"m"}').id).toBe("1");
    expect(scan('{"id":1e2,"method":"m"}').id).toBe("100");
    expect(scan('{"id":12345678901234567890,"method":"m"}').id).toBe("12345678901234567890");
    expect(envelopeOf({ jsonrpc: "2.0", id: "a", method: "m", params: {} })).toMatchObject({ id: '"a"', bare: false });
    for (const id of ["null", "true", "[1]", '{"a":1}', '"\\u0061"', '"é"', "1e999"])
      expect(scan(`{"id":${id},"method":"m"}`).kind).toBe("unclear");
  });

  const notMessages = [
    "",
    " ",
    "hello",
    "{}",
    "{",
    '{"id":1',
    '{"id":1,"method":"m"',
    '{"id":1,"method":"m"}}',
    '{"id":1,"method":"m"} {"id":2,"method":"tools/call"}',
    '{"id":1,"method":"m"}\r{"id":2,"method":"tools/call"}',
    '{"id":1,"method":"m","params":{"a":\r{"jsonrpc":"2.0","id":2,"method":"tools/call"}\r}}',
    '{"id":1,\r"method":"m"}',
    '{"id":1,"method":"m",}',
    '{"id":1 "method":"m"}',
    "{'id':1,'method':'m'}",
    '{"id":1,"method":"m","params":{"a":[}]}}',
    '{"id":1,"method":"m","params":{"a": /* " */ 1}}',
    '{"id":1,"method":"m","params":nul}',
    '{"id":1,"method":"m","x":NaN}',
    '\ufeff{"id":1,"method":"m"}',
    '{"id":1,"method":"m","x":"\\"}',
    '{"id":1}',
    '{"id":1,"result":1,"error":{}}',
    '{"id":1,"method":"m","result":{}}',
    '{"id":1,"params":{},"result":{}}',
  ];
  it.each(notMessages)("calls %j no message", (text) => {
    expect(scan(text).kind).toBe("malformed");
  });

  const unclear = [
    '{"id":1,"m\\u0065thod":"tools/call"}',
    '{"id":1,"method":"tools\\/call"}',
    '{"id":1,"method":"tools/c\\u0061ll"}',
    '{"id":1,"method":"ping","method":"tools/call"}',
    '{"id":1,"id":2,"method":"ping"}',
    '{"id":1,"method":"ping","Method":"tools/call"}',
    '{"id":1,"METHOD":"tools/call"}',
    '{"JsonRpc":"2.0","id":1,"method":"ping"}',
    `{"id":1,"method":"${"m".repeat(255)}"}`,
    '{"id":1,"method":"ping","paramſ":{}}',
    '{"id":1,"method":["tools/call"]}',
    '{"id":1,"method":"ping\u2028"}',
    `{"id":1,"method":"ping","params":${"[".repeat(129)}${"]".repeat(129)}}`,
  ];
  it.each(unclear)("does not guess what %j is", (text) => {
    expect(scan(text).kind).toBe("unclear");
  });

  it("finds long strings with escapes, and stays linear in hostile ones", () => {
    const long = "a".repeat(1000) + '\\"' + "b".repeat(300) + "\\\\";
    expect(scan(`{"method":"m","id":1,"params":{"x":"${long}"}}`)).toMatchObject({ kind: "request", id: "1" });
    for (const piece of ["x".repeat(100) + '\\"', '","' + "y".repeat(80), "\\\\" + "z".repeat(70)]) {
      const text = Buffer.from(`{"id":1,"method":"m","params":["${piece.repeat(Math.ceil(2_000_000 / piece.length))}"]}`);
      const start = processorTime();
      expect(scanEnvelope(text).kind).toBe("request");
      expect(processorTime() - start).toBeLessThan(500);
    }
  });

  it("agrees with JSON.parse on every valid message, and never passes one that a parser would take for a tool call", () => {
    const random = seeded(20261120);
    const values = [
      '"x"',
      "1",
      "null",
      "true",
      '{"method":"tools/call"}',
      '[{"id":3}]',
      '"\\"method\\":\\"tools/call\\""',
      '""',
      "{}",
      "[]",
      "-1.5e3",
    ];
    const keys = ["id", "method", "params", "jsonrpc", "extra", "Method", "m\\u0065thod", "result", "methods", "me", ""];
    const methods = ['"tools/call"', '"tools\\/call"', '"ping"', '"\\u0074ools/call"', '"tools/list"'];
    const noise = ["\r", "\\", '"', "{", "}", "[", "]", ",", ":", " ", "\t", "\u0000", "a", "é", "/"];
    let valid = 0;
    for (let round = 0; round < 40_000; round++) {
      const members = Array.from({ length: 1 + Math.floor(random() * 5) }, () => {
        const key = keys[Math.floor(random() * keys.length)] ?? "";
        const pool = key.startsWith("m") || key === "Method" ? methods : values;
        return `"${key}":${pool[Math.floor(random() * pool.length)] ?? "1"}`;
      });
      let text = `{${members.join(random() < 0.8 ? "," : " , ")}}`;
      if (random() < 0.4) {
        const at = Math.floor(random() * text.length);
        text = text.slice(0, at) + (noise[Math.floor(random() * noise.length)] ?? "") + text.slice(at + (random() < 0.5 ? 1 : 0));
      }
      const seen = scan(text);
      const passes = seen.kind === "request" || seen.kind === "notification" || seen.kind === "response";
      if (!passes) continue;
      let parsed: Record<string, unknown>;
      try {
        parsed = JSON.parse(text) as Record<string, unknown>;
      } catch {
        continue; // a parser refuses it
      }
      valid++;
      const method = typeof parsed["method"] === "string" ? parsed["method"] : null;
      expect({ text, method: seen.method }).toEqual({ text, method });
      const judgedBySomebody = Object.entries(parsed).some(
        ([key, value]) => key.toLowerCase() === "method" && typeof value === "string" && isJudged(value),
      );
      expect({ text, judged: isJudged(seen.method ?? "") }).toEqual({ text, judged: judgedBySomebody });
    }
    expect(valid).toBeGreaterThan(2_000);
  });
});

describe("isJudged", () => {
  it("judges tools/call in any spelling a lenient server might accept, and nothing else", () => {
    for (const method of ["tools/call", "Tools/Call", " tools/call", "tools/call\n", "TOOLS/CALL"]) expect(isJudged(method)).toBe(true);
    for (const method of ["tools/list", "tools/callx", "ping", "", "tasks/result", "tools/call/x"]) expect(isJudged(method)).toBe(false);
  });
});

function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296;
    return state / 4_294_967_296;
  };
}
