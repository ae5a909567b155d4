import { describe, expect, it } from "vitest";
import { createArming } from "../../../electron/desktop/arming.ts";

describe("the main process's half second", () => {
  it("starts disarmed, arms after 500 ms, and starts again with each disturbance", () => {
    let now = 1_000;
    const arming = createArming(() => now);
    expect(arming.armed()).toBe(false);
    now += 499;
    expect(arming.armed()).toBe(false);
    now += 1;
    expect(arming.armed()).toBe(true);
    arming.disturb();
    expect(arming.armed()).toBe(false);
    now += 499;
    arming.disturb();
    now += 499;
    expect(arming.armed()).toBe(false);
    now += 1;
    expect(arming.armed()).toBe(true);
  });
});
