import { execFileSync } from "node:child_process";
import path from "node:path";
import { expect, test } from "vitest";

// What V8 does with its flags, in a process of its own: they hold for a whole process.

test("the heap's young generation stays as it starts, and under a load that would make it grow without end grows to 8 MB", () => {
  const script = path.join(import.meta.dirname, "..", "fixtures", "heap", "allocate.ts");
  const size = (...how: string[]): number => Number(execFileSync(process.execPath, [script, ...how], { encoding: "utf8" }));
  expect(size("bounded", "little")).toBeLessThanOrEqual(2 << 20);
  expect(size("bounded", "much")).toBe(8 << 20);
  expect(size("free", "much")).toBeGreaterThan(8 << 20);
});
