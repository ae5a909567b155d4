import { describe, expect, it } from "vitest";
import { createConduct, outputPolicy, readOutputLine } from "../../../electron/servers/server-output.ts";

const read = (text: string) => readOutputLine(Buffer.from(`${text}\n`));
const deep = (levels: number): string => "[".repeat(levels) + "]".repeat(levels);

describe("a line of a server", () => {
  it("passes members that are null because its writer writes all of them", () => {
    const text = '{"jsonrpc":"2.0","id":7,"result":{"isError":true},"error":null}';
    const line = read(text);
    expect(line).toMatchObject({ kind: "message", envelope: { kind: "response", id: "7", failed: false } });
    const envelope = line.kind === "message" ? line.envelope : null;
    expect(text.slice(envelope?.bodyStart, envelope?.bodyEnd)).toBe('{"isError":true}');
    expect(read('{"id":7,"result":null,"error":{"code":1,"message":"x"}}')).toMatchObject({
      kind: "message",
      envelope: { id: "7", failed: true },
    });
    expect(read('{"id":7,"result":null,"error":null}')).toMatchObject({ kind: "message", envelope: { id: "7", failed: false } });
  });

  it("passes an error about a message whose id could not be read", () => {
    expect(read('{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"x"}}')).toMatchObject({
      kind: "message",
      envelope: { kind: "response", id: null, failed: true },
    });
  });

  it.each([
    ['{"jsonrpc":"2.0","id":7}', "7"],
    ['{"id":"a","result":1,"error":{}}', '"a"'],
    ['{"id":7,"method":"x","result":1}', null],
    ['{"id":null,"result":1}', null],
    ["stray words", null],
  ])("that is none, %j, says whose answer it would have been", (text, answers) => {
    expect(read(text)).toMatchObject({ kind: "garbage", answers });
  });

  it("that is not UTF-8 is none, and says whose answer it would have been", () => {
    const cut = (text: string): Uint8Array => Buffer.concat([Buffer.from(text), Buffer.of(0xc3), Buffer.from('"}\n')]);
    expect(readOutputLine(cut('{"id":7,"result":"'))).toEqual({ kind: "garbage", answers: "7", problem: "is not valid UTF-8" });
    expect(readOutputLine(cut('{"method":"'))).toMatchObject({ kind: "garbage", answers: null });
  });

  it("knows where an answer stands that is nested deeper than it is read", () => {
    const text = `{"id":1,"result":{"isError":true},"x":${deep(100)}}`;
    const line = read(text);
    expect(line).toMatchObject({ kind: "message", envelope: { bodyStart: text.indexOf('{"isError"') } });
    const error = `{"x":${deep(100)},"id":1,"error":{"code":1,"message":"no"},"result":null}`;
    expect(read(error)).toMatchObject({ kind: "message", envelope: { failed: true, bodyStart: error.indexOf('{"code"') } });
  });

  it("cuts a batch into its own bytes, whatever is in it", () => {
    const items = [
      '{"jsonrpc":"2.0","id":1,"result":{"n":12345678901234567890}}',
      `{"method":"n","params":${deep(100_000)}}`,
      '{"id":null,"error":{}}',
    ];
    const batch = read(`[${items.join(",")}]`);
    expect(batch.kind === "batch" ? batch.items.map(({ line }) => Buffer.from(line).toString()) : batch).toEqual(
      items.map((item) => `${item}\n`),
    );
    expect(batch).toMatchObject({
      items: [{ envelope: { kind: "response", id: "1" } }, { envelope: { kind: "notification" } }, { envelope: { id: null } }],
    });
    for (const none of ["[]", "[1]", '[{"id":1}]', `[${deep(100_000)}]`])
      expect(read(none)).toMatchObject({ kind: "garbage", answers: null });
  });
});

describe("what a server may do before it is stopped (threat 34)", () => {
  const times = <T>(count: number, act: () => T): readonly T[] => Array.from({ length: count }, act);
  const nothing = (reasons: readonly (string | null)[]): void => expect(new Set(reasons)).toEqual(new Set([null]));

  it("is so many stray lines, or so many bytes of them, since its last message", () => {
    const conduct = createConduct(outputPolicy, () => 0);
    const { garbageLines, garbageBytes } = outputPolicy;
    nothing(times(garbageLines, () => conduct.garbage(1)));
    conduct.good();
    nothing(times(garbageLines, () => conduct.garbage(1)));
    expect(conduct.garbage(1)).toMatch(/no MCP message/);
    conduct.good();
    expect(conduct.garbage(garbageBytes)).toBeNull();
    conduct.good();
    expect(conduct.garbage(garbageBytes)).toBeNull();
    expect(conduct.garbage(1)).toMatch(/no MCP message/);
  });

  it("is so many answers to nothing, whatever is between them", () => {
    const conduct = createConduct(outputPolicy, () => 0);
    nothing(
      times(outputPolicy.unknownAnswers, () => {
        conduct.good();
        return conduct.unknownAnswer();
      }),
    );
    conduct.good();
    expect(conduct.unknownAnswer()).toMatch(/nobody had asked/);
  });

  it("is so many messages, and so many bytes, in a while; then it is not read until that is over", () => {
    let now = 1_000;
    const conduct = createConduct(outputPolicy, () => now);
    const until = (bytes: number): { passed: number; rest: number } => {
      for (let passed = 0; ; passed += 1) {
        const rest = conduct.unsolicited(bytes);
        if (rest > 0 || passed > 5_000) return { passed, rest };
      }
    };
    expect(until(0)).toEqual({ passed: 1_500, rest: 100 });
    now += 60;
    expect(conduct.unsolicited(0)).toBe(40);
    now += 40;
    expect(until(512)).toEqual({ passed: 750, rest: 100 });
    now += 100;
    expect(until(512 * 1_499)).toEqual({ passed: 1, rest: 100 });
    now += 99;
    expect(conduct.unsolicited(0)).toBe(1);
  });
});
