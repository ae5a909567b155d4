import { execFileSync } from "node:child_process";
import path from "node:path";
import { expect, test } from "vitest";

// What V8 does with its flags, in a process of its own: they hold for a whole process.

test("the heap's young half stays as it starts under a load that would make it grow", () => {
  const script = path.join(import.meta.dirname, "..", "fixtures", "heap", "allocate.ts");
  const size = (how: string): number => Number(execFileSync(process.execPath, [script, how], { encoding: "utf8" }));
  expect(size("small")).toBeLessThanOrEqual(2 << 20);
  expect(size("free")).toBeGreaterThan(4 << 20);
});
