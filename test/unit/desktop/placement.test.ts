import { describe, expect, it } from "vitest";
import { approvalBounds, approvalHeight, visibleBounds } from "../../../electron/desktop/placement.ts";

const screen = { x: 0, y: 0, width: 1920, height: 1080 };
const panelAtTop = { x: 0, y: 32, width: 1920, height: 1048 };
const panelAtBottom = { x: 0, y: 0, width: 1920, height: 1040 };

describe("the approval window's place", () => {
  it("is as tall as asked, at least usable, at most two thirds of the work area", () => {
    expect(approvalHeight(420, panelAtBottom)).toBe(420);
    expect(approvalHeight(10, panelAtBottom)).toBe(160);
    expect(approvalHeight(4000, panelAtBottom)).toBe(693);
  });

  it("stands at the right, at the edge where the panel is, when the tray's place is unknown", () => {
    expect(approvalBounds(400, panelAtTop, screen, null)).toEqual({ x: 1428, y: 44, width: 480, height: 400 });
    expect(approvalBounds(400, panelAtBottom, screen, null)).toEqual({ x: 1428, y: 628, width: 480, height: 400 });
    // Linux answers with an empty rectangle.
    expect(approvalBounds(400, panelAtTop, screen, { x: 0, y: 0, width: 0, height: 0 }).x).toBe(1428);
  });

  it("stands in the corner nearest to the tray", () => {
    expect(approvalBounds(400, panelAtBottom, screen, { x: 10, y: 1050, width: 24, height: 24 })).toMatchObject({ x: 12, y: 628 });
    expect(approvalBounds(400, panelAtTop, screen, { x: 1700, y: 4, width: 24, height: 24 })).toMatchObject({ x: 1428, y: 44 });
  });

  it("stays inside a second screen and a narrow one", () => {
    const left = { x: -1280, y: 200, width: 1280, height: 700 };
    expect(approvalBounds(400, left, left, null)).toMatchObject({ x: -492, y: 488 });
    expect(approvalBounds(400, { ...left, width: 400 }, left, null).width).toBe(376);
  });
});

describe("a remembered window", () => {
  it("is kept while it can be reached, and forgotten when its screen is gone", () => {
    const bounds = { x: 2000, y: 100, width: 1080, height: 720 };
    expect(visibleBounds(bounds, [screen, { ...screen, x: 1920 }])).toEqual(bounds);
    expect(visibleBounds(bounds, [screen])).toBeNull();
    expect(visibleBounds({ ...bounds, x: 100, y: -400 }, [screen])).toBeNull();
    expect(visibleBounds({ ...bounds, x: 100, y: 1070 }, [screen])).toBeNull();
  });
});
