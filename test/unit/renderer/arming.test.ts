import { describe, expect, it } from "vitest";
import {
  acceptsPress,
  actionForKey,
  armingDelayMs,
  disturb,
  engage,
  initialArming,
  isArmed,
  letGo,
  type Disturbance,
  type KeyPress,
} from "../../../renderer/approvals/arming.ts";

const key = (more: Partial<KeyPress>): KeyPress => ({
  at: 1000,
  key: "Enter",
  ctrlOrMeta: false,
  alt: false,
  shift: false,
  repeat: false,
  composing: false,
  trusted: true,
  typing: false,
  ...more,
});

const press = (at: number, pressedAt: number | null = at, clicks = 1, trusted = true) => ({ at, pressedAt, clicks, trusted });

describe("arming (threats 19 and 20)", () => {
  it("counts nothing in the first half second, and everything after it", () => {
    const arming = initialArming(0);
    for (const at of [0, 250, 450, 499]) {
      expect(acceptsPress(arming, press(at))).toBe(false);
      expect(actionForKey(arming, key({ at, ctrlOrMeta: true }))).toBeNull();
    }
    for (const at of [500, 800]) {
      expect(acceptsPress(arming, press(at))).toBe(true);
      expect(actionForKey(arming, key({ at, ctrlOrMeta: true }))).toBe("allow-once");
    }
  });

  it.each<Disturbance>(["shown", "content", "moved", "resized", "refocused"])("starts again when %s", (kind) => {
    const arming = disturb(initialArming(0), kind, 10_000);
    expect(isArmed(arming, 10_000 + armingDelayMs - 1)).toBe(false);
    expect(isArmed(arming, 10_000 + armingDelayMs)).toBe(true);
  });

  it("is never armed while it cannot be seen, however long", () => {
    const hidden = disturb(initialArming(0), "hidden", 100);
    expect(isArmed(hidden, 1e9)).toBe(false);
    // A move in the dark does not bring it back either.
    expect(isArmed(disturb(hidden, "moved", 200), 1e9)).toBe(false);
    expect(isArmed(disturb(hidden, "shown", 300), 800)).toBe(true);
  });

  it("refuses a press that began too soon and ended in time", () => {
    expect(acceptsPress(initialArming(0), press(510, 450))).toBe(false);
  });

  it("refuses double clicks and clicks made by a script", () => {
    expect(acceptsPress(initialArming(0), press(900, 900, 2))).toBe(false);
    expect(acceptsPress(initialArming(0), press(900, 900, 1, false))).toBe(false);
  });

  it("takes a click of assistive technology, which has no pointer", () => {
    expect(acceptsPress(initialArming(0), press(900, null, 0))).toBe(true);
    expect(acceptsPress(initialArming(0), press(400, null, 0))).toBe(false);
  });

  it("never approves by Enter or Space alone, nor with Shift or Alt, nor by a held key", () => {
    const arming = engage(initialArming(0));
    for (const more of [
      {},
      { key: " " },
      { key: " ", ctrlOrMeta: true },
      { shift: true, ctrlOrMeta: true },
      { alt: true, ctrlOrMeta: true },
      { repeat: true, ctrlOrMeta: true },
      { composing: true, ctrlOrMeta: true },
      { trusted: false, ctrlOrMeta: true },
    ]) {
      expect(actionForKey(arming, key(more))).toBeNull();
    }
  });

  it("lets a letter allow only when the person has taken hold of the window", () => {
    const arming = initialArming(0);
    expect(actionForKey(arming, key({ key: "s" }))).toBeNull();
    expect(actionForKey(engage(arming), key({ key: "s" }))).toBe("allow-session");
    expect(actionForKey(engage(arming), key({ key: "S", shift: true }))).toBeNull();
    // Getting the keyboard back ends the hold.
    expect(actionForKey(disturb(engage(arming), "refocused", 0), key({ key: "s" }))).toBeNull();
    expect(actionForKey(disturb(engage(arming), "content", 0), key({ key: "s" }))).toBe("allow-session");
  });

  it("takes no letter for an allow after the person wrote something, until they take hold again", () => {
    const written = letGo(engage(initialArming(0)));
    expect(actionForKey(written, key({ key: "s" }))).toBeNull();
    expect(actionForKey(engage(written), key({ key: "s" }))).toBe("allow-session");
  });

  it("denies and opens the rule by a letter, but not while somebody writes", () => {
    const arming = initialArming(0);
    expect(actionForKey(arming, key({ key: "d" }))).toBe("deny");
    expect(actionForKey(arming, key({ key: "a" }))).toBe("remember");
    expect(actionForKey(arming, key({ key: "d", typing: true }))).toBeNull();
    expect(actionForKey(arming, key({ key: "d", ctrlOrMeta: true }))).toBeNull();
  });
});
