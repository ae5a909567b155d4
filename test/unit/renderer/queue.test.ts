import { describe, expect, it } from "vitest";
import { follow, inOrder, lingerMs, moveOn } from "../../../renderer/approvals/queue.ts";
import { approval } from "../../fixtures/renderer/snapshot.ts";

const now = 1_000_000;
const first = approval(now, { id: "a", createdAt: 1 });
const second = approval(now, { id: "b", createdAt: 2 });
const third = approval(now, { id: "c", createdAt: 2 });

describe("the queue (threat 20)", () => {
  it("keeps the order of asking, whatever the order of arrival", () => {
    expect(inOrder([third, second, first]).map(({ id }) => id)).toEqual(["a", "b", "c"]);
  });

  it("never puts a new question in the place of the shown one", () => {
    const shown = follow(null, [second], { now });
    expect(follow(shown, [first, second], { now })?.approval.id).toBe("b");
  });

  it("says that a question is gone, and whether its time had run out", () => {
    const shown = follow(null, [first], { now });
    expect(follow(shown, [second], { now })?.ended?.how).toBe("withdrawn");
    expect(follow(shown, [second], { now: first.deadline })?.ended?.how).toBe("expired");
  });

  it("takes an ending right before the deadline for the deadline, and one by this page for what it was", () => {
    const shown = follow(null, [first], { now });
    expect(follow(shown, [], { now: first.deadline - 900 })?.ended?.how).toBe("expired");
    expect(follow(shown, [], { now: first.deadline - 1500 })?.ended?.how).toBe("withdrawn");
    expect(follow(shown, [], { now, denied: new Set([first.id]) })?.ended?.how).toBe("denied");
  });

  it("keeps an ending on screen, also when the question comes back or others come", () => {
    const gone = follow(follow(null, [first], { now }), [], { now });
    expect(follow(gone, [first, second], { now })).toBe(gone);
    expect(gone === null ? null : moveOn(gone, [first, second], { now })?.approval.id).toBe("b");
    expect(gone === null ? undefined : moveOn(gone, [first], { now })).toBeNull();
  });

  it("shows what the person chose, and the oldest when that is gone", () => {
    expect(follow(null, [first, second], { now, wanted: "b" })?.approval.id).toBe("b");
    expect(follow(null, [first, second], { now, wanted: "x" })?.approval.id).toBe("a");
  });

  it("lingers longer over what happened by itself", () => {
    expect(lingerMs("expired")).toBeGreaterThan(lingerMs("allowed"));
  });
});
