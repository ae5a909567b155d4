import { EventEmitter } from "node:events";
import { describe, expect, it, vi } from "vitest";
import { watchPower, type PowerDeps } from "../../../electron/desktop/power.ts";

function fakePower() {
  const events = new EventEmitter();
  let idle: "active" | "locked" = "active";
  const power = {
    on: (name: string, listener: () => void) => events.on(name, listener),
    off: (name: string, listener: () => void) => events.off(name, listener),
    getSystemIdleState: () => idle,
  };
  return { events, lock: () => (idle = "locked"), power: power as unknown as PowerDeps["power"] };
}

describe("nobody there (threat 22)", () => {
  it.each(["lock-screen", "suspend", "shutdown"])("denies on %s", (event) => {
    const { events, power } = fakePower();
    let denied = 0;
    const stop = watchPower({ power, platform: "darwin", waiting: () => true, deny: () => (denied += 1) });
    events.emit(event);
    expect(denied).toBe(1);
    stop();
    events.emit(event);
    expect(denied).toBe(1);
    expect(events.eventNames()).toEqual([]);
  });

  it("asks Linux whether the screen is locked while something waits", () => {
    vi.useFakeTimers();
    try {
      const { lock, power } = fakePower();
      let waiting = true;
      let denied = 0;
      const stop = watchPower({ power, platform: "linux", waiting: () => waiting, deny: () => (denied += 1) });
      vi.advanceTimersByTime(3_000);
      expect(denied).toBe(0);
      lock();
      vi.advanceTimersByTime(1_000);
      expect(denied).toBe(1);
      waiting = false;
      vi.advanceTimersByTime(5_000);
      expect(denied).toBe(1);
      stop();
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });
});
