import { describe, expect, it } from "vitest";
import { decodeUtf8 } from "../../../electron/gate/call-record.ts";
import { parseJudged } from "../../../shared/mcp/strict-json.ts";
import { processorTime } from "../../fixtures/processor-time.ts";

const parse = (text: string | Uint8Array) => parseJudged(typeof text === "string" ? Buffer.from(text) : text, decodeUtf8);

describe("parseJudged", () => {
  const same = [
    "{}",
    '{"a":[1,2.5,-0.1,1e3,true,false,null,"x"]}',
    '{"a":{"a":1},"b":{"a":1}}',
    '{"a":[{"b":1},[{"c":[{}]}]]}',
    '{"a":9007199254740991,"b":-9007199254740991,"c":9007199254740992}',
    '{"a":0.1,"b":0.30000000000000004,"c":1.7976931348623157e308,"d":5e-324}',
    '{"a":0.10000000000000001}',
    '{"emoji":"\\ud83d\\ude00 😀","nul":"\\u0000","slash":"\\/"}',
    '{"constructor":1,"toString":2,"proto":3}',
    '{"1":"integer keys","0":"in any order"}',
    '{"a:b":"c:d","e":"\\"f\\":1"}',
    '{"a":"__proto__","b":["x__proto__"]}',
    '{"a":"\\u005f_proto__"}',
  ];
  it.each(same)("reads %s as everybody does", (text) => {
    expect(parse(text)).toEqual({ ok: true, value: JSON.parse(text) as unknown });
  });

  const refused: [string, RegExp][] = [
    ['{"path":"/ok","path":"/etc/x"}', /twice/],
    ['{"a":{"b":[{"c":1,"c":1}]}}', /twice/],
    ['{"path":1,"p\\u0061th":2}', /twice/],
    ['{"__proto__":{"admin":true}}', /__proto__/],
    ['{"a":[{"\\u005f_proto__":1}]}', /__proto__/],
    ['{"a":"\\ud800"}', /surrogate/],
    ['{"a":"x\\udc00y"}', /surrogate/],
    ['{"a":"x\\uDC00y"}', /surrogate/],
    ['{"\\ud800":1}', /surrogate/],
    ['{"a":1e400}', /number/],
    ['{"a":-1e400}', /number/],
    ['{"a":1e-400}', /number/],
    ['{"a":9007199254740993}', /number 9007199254740993/],
    ['{"a":9007199254740993.0}', /number/],
    ['{"a":900719925474099300e-2}', /number/],
    ['{"a":1152921504606846976}', /number/],
    ['{"a":0.1000000000000000055511151231257827}', /number/],
    [`{"a":1${"0".repeat(500)}}`, /number/],
    [`{"a":${"[".repeat(200)}${"]".repeat(200)}}`, /nested deeper/],
    [`${'{"a":'.repeat(100_000)}1${"}".repeat(100_000)}`, /nested deeper/],
    ['{"a":01}', /JSON/],
    ['{"a":"x\ny"}', /JSON/],
    ['{"a":1}\r', /JSON/],
    ["", /JSON/],
  ];
  it.each(refused)("refuses %s", (text, reason) => {
    const result = parse(text);
    expect(result).toMatchObject({ ok: false });
    expect(result.ok ? "" : result.reason).toMatch(reason);
  });

  it("refuses bytes that are not UTF-8", () => {
    expect(parse(Buffer.concat([Buffer.from('{"a":"'), Buffer.from([0xc3, 0x28]), Buffer.from('"}')]))).toMatchObject({
      ok: false,
      reason: /UTF-8/,
    });
  });

  it("does not take a hundred times longer for a message of odd make", () => {
    for (const text of [`[${'"\\\\",'.repeat(300_000)}1]`, `[${"1,".repeat(500_000)}1]`, `{"a":"${"\\ud83d\\ude00".repeat(80_000)}"}`]) {
      const start = processorTime();
      expect(parse(text).ok).toBe(true);
      expect(processorTime() - start).toBeLessThan(1_500);
    }
  });
});
