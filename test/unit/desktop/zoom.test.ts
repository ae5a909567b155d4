import { describe, expect, it } from "vitest";
import { zoomAfter, type ZoomInput } from "../../../electron/desktop/zoom.ts";

const key = (more: Partial<ZoomInput>): ZoomInput => ({ type: "keyDown", key: "+", control: true, meta: false, alt: false, ...more });

describe("zoom by keys", () => {
  it("goes up, down and back, and stays within what can be read", () => {
    expect(zoomAfter(0, key({}), "linux")).toBe(0.5);
    expect(zoomAfter(0, key({ key: "=" }), "linux")).toBe(0.5);
    expect(zoomAfter(0, key({ key: "-" }), "linux")).toBe(-0.5);
    expect(zoomAfter(3, key({ key: "0" }), "linux")).toBe(0);
    expect(zoomAfter(5, key({}), "linux")).toBe(5);
    expect(zoomAfter(-2, key({ key: "-" }), "linux")).toBe(-2);
  });

  it("takes Ctrl, on macOS Cmd, and nothing else", () => {
    expect(zoomAfter(0, key({ control: false, meta: true }), "darwin")).toBe(0.5);
    expect(zoomAfter(0, key({}), "darwin")).toBeNull();
    for (const other of [{ control: false }, { control: false, meta: true }, { alt: true }, { type: "keyUp" }, { key: "a" }]) {
      expect(zoomAfter(0, key(other), "linux")).toBeNull();
    }
  });
});
