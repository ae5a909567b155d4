import { describe, expect, it } from "vitest";
import { createLimits } from "../../../electron/gate/limits.ts";

describe("createLimits", () => {
  it("lets so many wait for a server, and others go on", () => {
    const limits = createLimits({ now: () => 0, maxPendingPerServer: () => 2 });
    const first = limits.admit("a", "s");
    limits.admit("a", "t");
    expect(limits.admit("a", "s")).toMatchObject({ refused: /2 calls/ });
    expect(limits.admit("b", "s")).toHaveProperty("release");
    if ("release" in first) {
      first.release();
      first.release();
    }
    expect(limits.admit("a", "s")).toHaveProperty("release");
    expect(limits.admit("a", "s")).toHaveProperty("refused");
  });

  it("lets a session ask only as fast as a person reads", () => {
    let now = 0;
    const limits = createLimits({ now: () => now, maxPendingPerServer: () => 100 });
    const ask = (session: string): boolean => {
      const place = limits.admit("a", session);
      if ("release" in place) place.release();
      return "release" in place;
    };
    expect(Array.from({ length: 100 }, () => ask("s")).filter(Boolean)).toHaveLength(60);
    expect(ask("t")).toBe(true);
    now = 2_000;
    expect([ask("s"), ask("s"), ask("s")]).toEqual([true, true, false]);
    // A clock that was set back costs nobody anything, and a session that ended is forgotten.
    now = 3_600_000;
    for (let left = 60; left > 1; left -= 1) ask("t");
    now = 10;
    expect([ask("t"), ask("t")]).toEqual([true, false]);
    expect(ask("s")).toBe(false);
    now = 510;
    expect(ask("s")).toBe(false);
    limits.endSession("s");
    expect(ask("s")).toBe(true);
  });
});
