import { randomUUID } from "node:crypto";
import { expect, it } from "vitest";
import { createOrderedIds } from "../../../electron/gate/ordered-id.ts";

it("makes version 7 UUIDs that begin with the time, also after the clock was set back", () => {
  const times = [0x018f_0a1b_2c3d, 0x018f_0a1b_2c3d, 0x018f_0a1b_2c3e, 1.9, -5, 2 ** 48 + 2];
  const ids = createOrderedIds(() => times.shift() ?? 0, randomUUID);
  const made = Array.from({ length: 6 }, () => ids());
  for (const id of made) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(made.map((id) => id.slice(0, 18))).toEqual([
    "018f0a1b-2c3d-7000",
    "018f0a1b-2c3d-7001",
    "018f0a1b-2c3e-7000",
    "00000000-0001-7000",
    "00000000-0000-7000",
    "00000000-0002-7000",
  ]);
  expect(new Set(made.map((id) => id.slice(14))).size).toBe(6);
});

it("makes each one once, in order, however many come in one millisecond", () => {
  const ids = createOrderedIds(() => 1, randomUUID);
  const made = Array.from({ length: 10_000 }, () => ids());
  expect(new Set(made).size).toBe(10_000);
  expect(made.slice(0, 4_096).toSorted()).toEqual(made.slice(0, 4_096));
  for (const id of made) expect(id).toMatch(/^00000000-0001-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});
