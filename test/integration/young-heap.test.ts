import { execFileSync } from "node:child_process";
import path from "node:path";
import { expect, test } from "vitest";

// What V8 does with its flags, in a process of its own: they hold for a whole process.

test("the heap's young half stays as it starts, and then grows once and no further", () => {
  const script = path.join(import.meta.dirname, "..", "fixtures", "heap", "allocate.ts");
  const { small, grown } = JSON.parse(execFileSync(process.execPath, [script], { encoding: "utf8" })) as { small: number; grown: number };
  expect(small).toBeLessThanOrEqual(2 << 20);
  expect(grown).toBeGreaterThan(4 << 20);
  expect(grown).toBeLessThanOrEqual(32 << 20);
});
