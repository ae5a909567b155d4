import { describe, expect, it } from "vitest";
import { createLineSplitter, lineContent } from "../../../electron/servers/line-splitter.ts";
import { processorTime } from "../../fixtures/processor-time.ts";

function split(chunks: readonly (string | Uint8Array)[], maxBytes = 100) {
  const lines: string[] = [];
  const heads: number[] = [];
  const splitter = createLineSplitter({ maxBytes, onTooLong: (head) => heads.push(head.length) });
  for (const chunk of chunks) splitter.push(Buffer.from(chunk), (line) => lines.push(Buffer.from(line).toString()));
  return { lines, heads };
}

describe("createLineSplitter", () => {
  it("gives the same lines however the bytes are cut", () => {
    const text = 'one\n\ntwo é 😀\r\n{"three":3}\nrest';
    const bytes = Buffer.from(text);
    const whole = split([bytes]).lines;
    expect(whole).toEqual(["one\n", "\n", "two é 😀\r\n", '{"three":3}\n']);
    for (let at = 0; at <= bytes.length; at++) expect(split([bytes.subarray(0, at), bytes.subarray(at)]).lines).toEqual(whole);
    expect(split([...bytes].map((byte) => Uint8Array.of(byte))).lines).toEqual(whole);
  });

  it("reports a line over the limit once, skips it, and goes on", () => {
    expect(split(["x".repeat(100) + "\n", "ok\n"]).lines).toHaveLength(2);
    expect(split(["x".repeat(101) + "\nok\n"])).toEqual({ lines: ["ok\n"], heads: [102] });
    const pieces = split([...Array.from({ length: 50 }, () => "y".repeat(10)), "\nok\n"]);
    expect(pieces.lines).toEqual(["ok\n"]);
    expect(pieces.heads).toHaveLength(1);
    expect(pieces.heads[0]).toBeLessThan(120);
  });

  it("is linear when a long line comes in small pieces", () => {
    const chunk = Buffer.alloc(1024, 0x61);
    const splitter = createLineSplitter({ maxBytes: 20_000_000, onTooLong: () => undefined });
    let size = 0;
    const start = processorTime();
    for (let i = 0; i < 10_000; i++) splitter.push(chunk, () => undefined);
    splitter.push(Buffer.from("\n"), (line) => (size = line.length));
    expect(size).toBe(10_240_001);
    expect(processorTime() - start).toBeLessThan(500);
  });
});

describe("lineContent", () => {
  it("takes off one line end", () => {
    expect(["a\r\n", "a\n", "a", "\n", "\r\n", ""].map((line) => Buffer.from(lineContent(Buffer.from(line))).toString())).toEqual([
      "a",
      "a",
      "a",
      "",
      "",
      "",
    ]);
  });
});
