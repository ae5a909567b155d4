import { execFileSync } from "node:child_process";
import path from "node:path";
import { expect, test } from "vitest";

// What V8 does with its flags, in a process of its own: they hold for a whole process.

const script = path.join(import.meta.dirname, "..", "fixtures", "heap", "allocate.ts");
const sizes = (...how: string[]): number[] =>
  execFileSync(process.execPath, [script, ...how], { encoding: "utf8" })
    .trim()
    .split("\n")
    .map(Number);

test("the heap's young generation stays as it starts, and under a load that would make it grow without end grows to 16 MB", () => {
  const [little = NaN, much] = sizes("bounded", "little", "much");
  expect(little).toBeLessThanOrEqual(2 << 20);
  expect(much).toBe(16 << 20);
  expect(sizes("free", "much")[0]).toBeGreaterThan(16 << 20);
});

test("after a rest, in which it gets small again, the next load finds it grown", () => {
  const [first, rest = NaN, next] = sizes("bounded", "much", "rest", "much");
  expect(first).toBe(16 << 20);
  expect(rest).toBeLessThanOrEqual(2 << 20);
  expect(next).toBe(16 << 20);
});
