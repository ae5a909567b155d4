import { execFileSync } from "node:child_process";
import path from "node:path";
import { expect, it } from "vitest";
import { createPassingMap } from "../../shared/passing-map.ts";

it("keeps what is in it, in order, however much has passed", () => {
  const map = createPassingMap<number>();
  map.set("stays", -1);
  for (let i = 0; i < 1_000; i += 1) {
    map.set(String(i), i);
    expect(map.delete(String(i - 5))).toBe(i >= 5);
    expect(map.size()).toBe(Math.min(i + 2, 6));
  }
  expect(map.get("stays")).toBe(-1);
  expect(map.get("999")).toBe(999);
  expect(map.get("994")).toBeUndefined();
  expect(map.delete("994")).toBe(false);
  map.set("stays", -2);
  expect(map.values()).toEqual([-2, 995, 996, 997, 998, 999]);
  expect([...map.takeAll()]).toEqual([["stays", -2], ...[995, 996, 997, 998, 999].map((value) => [String(value), value])]);
  expect(map.size()).toBe(0);
  expect(map.get("stays")).toBeUndefined();
});

// Should the first of these ever fail, the language's own Map does it too and this one may go.
it("lets the collector forget what has passed, which a Map does not", () => {
  const grown = (kind: string): number =>
    Number(
      execFileSync(
        process.execPath,
        ["--expose-gc", "--semi-space-growth-factor=1", path.join("test", "fixtures", "heap", "churn.ts"), kind],
        {
          encoding: "utf8",
        },
      ),
    );
  expect(grown("map")).toBeGreaterThan(5_000_000);
  expect(grown("passing")).toBeLessThan(3_000_000);
});
