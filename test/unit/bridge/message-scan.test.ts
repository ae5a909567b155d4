import { describe, expect, it } from "vitest";
import { createMessageScan } from "../../../electron/bridge/message-scan.ts";
import { processorTime } from "../../fixtures/processor-time.ts";

function scan(chunks: readonly (string | Buffer)[]): (readonly [string | null, boolean])[] {
  const found: (readonly [string | null, boolean])[] = [];
  const scanner = createMessageScan((id, hasMethod) => found.push([id, hasMethod]));
  for (const chunk of chunks) scanner.push(Buffer.from(chunk as string));
  return found;
}

describe("what it finds", () => {
  it.each([
    ['{"jsonrpc":"2.0","id":1,"method":"a"}\n', [["1", true]]],
    ['{"method":"a","params":{"id":7,"method":"x","list":[{"id":8}]},"id":"tail"}\n', [['"tail"', true]]],
    ['{"id":3,"result":{"method":"not this one"}}\n', [["3", false]]],
    ['{"method":"notifications/x"}\n', [[null, true]]],
    [' \t{ "id" : 12 , "method" : "spaced" } \r\n', [["12", true]]],
    ['{"id":null,"error":{}}\n', [[null, false]]],
    ['{"id":{"no":1},"method":"a"}\n', [[null, true]]],
    ['{"\\u0069d":5,"\\u006d\\u0065\\u0074\\u0068\\u006f\\u0064":"a"}\n', [["5", true]]],
    ['{"id":"\\u0061","method":"a"}\n', [['"a"', true]]],
    ['{"id":1.0,"method":"a"}\n', [["1", true]]],
    ['{"id":"quo\\"te,}","method":"a"}\n', [['"quo\\"te,}"', true]]],
    ['{"text":"\\\\","id":1}\n', [["1", false]]],
    ['{"id":007,"method":"a"}\n', [[null, true]]],
    ['{"id":-5,"method":"a"}\n', [["-5", true]]],
    ['{"id":0,"method":"a"}\n', [["0", true]]],
    ['{"id":12345678901234567890,"method":"a"}\n', [["12345678901234567000", true]]],
    ['{"id":"","method":"a"}\n', [['""', true]]],
    ['{"id":"\u00e9","method":"a"}\n', [['"\u00e9"', true]]],
    ['{"id":1,"id":2,"method":"a"}\n', [["2", true]]],
    ['{"identity":3,"ID":4,"methods":"a"}\n', [[null, false]]],
    ['{"text":"a long one that is skipped by a search for its end \\" \\\\","id":1}\n', [["1", false]]],
    [
      '[{"id":1,"method":"a"},{"method":"n"},{"id":"b","result":[1,2]}]\n',
      [
        ["1", true],
        [null, true],
        ['"b"', false],
      ],
    ],
    ['{"a":"\\"}","id":1}\n', [["1", false]]],
    ['{"jsonrpc":"2.0","result":{"a":"}","b":[{"id":2}]},"id":1}\n', [["1", false]]],
    [
      '{"a":{"b":"{\\""},"id":1,"method":"m"}\n{"id":2,"method":"m"}\n',
      [
        ["1", true],
        ["2", true],
      ],
    ],
    ['{"id":1,"method":"m","params":{"half\n{"id":2,"method":"m"}\n', [["2", true]]],
    ['garbage { "x\n{"id":2,"method":"a"}\n', [["2", true]]],
    ['"just a string"\n[]\n[[1]]\n17\n\n', []],
  ])("%j", (line, expected) => {
    expect(scan([line])).toEqual(expected);
    expect(scan(Array.from(line))).toEqual(expected);
  });

  // As the SDKs write them, and nearly so.
  it.each<[string, (readonly [string | null, boolean])[]]>([
    ['{"jsonrpc":"2.0","id":7,"result":{"method":"x"}}\n', [["7", false]]],
    ['{"jsonrpc":"2.0","id":"seven","error":{"code":1}}\n', [['"seven"', false]]],
    ['{"jsonrpc":"2.0","id":7,"resultType":1,"method":"a"}\n', [["7", true]]],
    ['{"jsonrpc":"2.0","id":7}\n', [["7", false]]],
    ['{"jsonrpc":"2.0","id":7 ,"method":"a"}\n', [["7", true]]],
    ['{"jsonrpc":"2.0","id":07,"method":"a"}\n', [[null, true]]],
    ['{"method":"a","params":{"id":1},"jsonrpc":"2.0","id":2}\n', [["2", true]]],
    ['{"method":"a","params":{"id":1},"jsonrpc":"2.0","id":2}\r\n', [["2", true]]],
    ['{"method":"a","params":{"id":1},"jsonrpc":"2.0","id":"two words"}\n', [['"two words"', true]]],
    ['{"result":{"id":1},"jsonrpc":"2.0","id":2}\n', [["2", false]]],
    ['{"error":{"id":1},"jsonrpc":"2.0","id":2}\n', [["2", false]]],
    ['{"params":{"id":1},"method":"a","jsonrpc":"2.0","id":2}\n', [["2", true]]],
    ['{"result":{"a":1,"jsonrpc":"2.0","id":2}}\n', [[null, false]]],
    [String.raw`{"result":",\"jsonrpc\":\"2.0\",\"id\":2}"}` + "\n", [[null, false]]],
    [
      String.raw`{"result":1,"jsonrpc":"2.0","id":",\"jsonrpc\":\"2.0\",\"id\":\"b"}` + "\n",
      [[String.raw`",\"jsonrpc\":\"2.0\",\"id\":\"b"`, false]],
    ],
    ['{"result":1,"jsonrpc":"2.0","id":-5}\n', [["-5", false]]],
    ['{"result":1,"jsonrpc":"2.0","id":1.0}\n', [["1", false]]],
    ['{"result":1,"jsonrpc":"2.0","id":null}\n', [[null, false]]],
    [',"jsonrpc":"2.0","id":5}\n', []],
    ['["method":1,"jsonrpc":"2.0","id":5}\n', []],
    ['{"method":1,"jsonrpc":"2.0","id":5,\n', []],
    ['{"}\n', []],
    ["{5}\n", [[null, false]]],
    ['"}\n', []],
    [
      '{"method":"a"}\n{"jsonrpc":"2.0","id":007,"result":1}\n',
      [
        [null, true],
        [null, false],
      ],
    ],
    [`{"method":"a","jsonrpc":"2.0","id":"${"i".repeat(300)}"}\n`, [[`"${"i".repeat(300)}"`, true]]],
    ['{"jsonrpc":"2.0","id":5}\n', [["5", false]]],
  ])("%j, whole and cut", (line, expected) => {
    expect(scan([line])).toEqual(expected);
    expect(scan(Array.from(line))).toEqual(expected);
  });

  // Lines that a look at the whole could take for something else than the walk does, byte by byte.
  const oneOfEach: (readonly [string | null, boolean])[] = [
    [null, true],
    ["1", false],
  ];
  it.each<[string, (readonly [string | null, boolean])[]]>([
    ['{"method":}{,"id":1}\n', oneOfEach],
    ['{"method":"a"}{"id":1}\n', oneOfEach],
    ['x"id":1}\n', []],
    ['{"id" 1}\n', [[null, false]]],
    ['{"a":},"id":1}\n', [[null, false]]],
    ['{"a":{}\n', []],
    ['{"a":{"b":[],"id":1}\n', []],
    ['{"a":"b" ,"id":1}\n', [["1", false]]],
    [`x:"a","b":[\n{"${"k".repeat(41)}":5]}}\n`, []],
    [',"b":[\n{"a":1]}}\n', []],
    [String.raw`{"method":"m","p":[{"q":["\"]}],",":[\""],"id":2,"z":["\"[[","\""]}]}` + "\n", [[null, true]]],
  ])("%j, also as a whole", (line, expected) => {
    expect(scan([line])).toEqual(expected);
    expect(scan(Array.from(line))).toEqual(expected);
  });

  it("does not take what goes on with a line for one", () => {
    expect(scan(['{"params":', '{"id":1}\n'])).toEqual([]);
    expect(scan(['{"params":', '{"jsonrpc":"2.0","id":1,"method":"a"}\n'])).toEqual([]);
  });

  it("agrees with JSON.parse on any message, however it is cut", () => {
    let seed = 42;
    const random = (below: number): number => {
      seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
      return Math.floor((seed / 4_294_967_296) * below);
    };
    const text = (): string =>
      Array.from(
        { length: random(80) },
        () => ['"', "\\", "{", "}", "[", ",", ":", "a", "é", "\u{1f600}", "\n", "id", "method"][random(13)],
      ).join("");
    const value = (depth: number): unknown => {
      const kind = random(depth > 3 ? 3 : 6);
      if (kind < 2) return text();
      if (kind === 2) return random(1000) - 500;
      if (kind === 3) return Array.from({ length: random(4) }, () => value(depth + 1));
      return Object.fromEntries(Array.from({ length: random(4) }, () => [["id", "method", text()][random(3)] ?? "", value(depth + 1)]));
    };
    for (let round = 0; round < 1_200; round++) {
      const members: [string, unknown][] = [["params", value(0)]];
      if (random(2) === 0) members.push(["method", text()]);
      if (random(2) === 0) members.push(["id", random(2) === 0 ? text() : random(100_000)]);
      // As the SDKs order theirs, or in any order.
      const order = random(3);
      if (order < 2) {
        members.push(...members.splice(0, 1), ["jsonrpc", "2.0"]);
        const id = members.findIndex(([key]) => key === "id");
        if (id >= 0) members.push(...members.splice(id, 1));
        if (order === 0) members.unshift(...members.splice(members.findIndex(([key]) => key === "jsonrpc")));
        // Never both: such a message is none, and may be told as either.
        if (!members.some(([key]) => key === "method"))
          members.splice(order === 0 ? members.length : 0, 0, [["result", "error"][random(2)] ?? "", value(0)]);
      } else {
        members.sort(() => random(2) - 0.5);
      }
      const message = Object.fromEntries(members);
      const bytes = Buffer.from(`${JSON.stringify(message)}\n`);
      const chunks: Buffer[] = [];
      for (let at = 0; at < bytes.length;) {
        const size = 1 + random(40);
        chunks.push(bytes.subarray(at, at + size));
        at += size;
      }
      const id = Object.hasOwn(message, "id") ? JSON.stringify(message["id"]) : null;
      const told = [[id, Object.hasOwn(message, "method")]];
      expect(scan(chunks)).toEqual(told);
      expect(scan([bytes, bytes])).toEqual([...told, ...told]);
    }
  });

  it("knows whether it stands inside a line", () => {
    const scanner = createMessageScan(() => undefined);
    expect(scanner.midLine()).toBe(false);
    scanner.push(Buffer.from('{"id":1,"result":"half'));
    expect(scanner.midLine()).toBe(true);
    scanner.push(Buffer.from(' done"}\n'));
    expect(scanner.midLine()).toBe(false);
    scanner.push(Buffer.from('{"id":2}'));
    expect(scanner.midLine()).toBe(true);
  });
});

it("is fast enough to run on every message", () => {
  const big = Buffer.from(`${JSON.stringify({ jsonrpc: "2.0", id: 1, result: { text: "x".repeat(1_000_000) } })}\n`);
  const scanner = createMessageScan(() => undefined);
  for (let i = 0; i < 50; i++) scanner.push(big);
  const started = processorTime();
  for (let i = 0; i < 20; i++) scanner.push(big);
  expect((processorTime() - started) / 20).toBeLessThan(5);
});
