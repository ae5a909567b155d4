import { setImmediate as nextTurn } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { createPublisher, type SliceSources } from "../../../electron/state/create-publisher.ts";

function sources(built: string[]): SliceSources {
  const app = {
    version: "1",
    platform: "linux",
    state: "idle" as const,
    reason: null,
    startedAt: 0,
    answerer: "ui" as const,
    home: { config: "", data: "", logs: "" },
    connect: { command: "", args: [] },
    vault: { kind: "ready" as const, store: "file" as const },
    journal: { records: 0, fault: null },
  };
  const settings = {
    defaultEffect: "ask" as const,
    deadlineSeconds: 1,
    maxPendingPerServer: 1,
    theme: "system" as const,
    focusApprovals: false,
    notify: true,
  };
  return {
    app: () => (built.push("app"), app),
    approvals: () => (built.push("approvals"), []),
    servers: () => (built.push("servers"), []),
    clients: () => [],
    rules: () => [],
    secrets: () => [],
    settings: () => settings,
  };
}

describe("the publisher", () => {
  it("builds and pushes a slice once a tick, however often it was touched", async () => {
    const built: string[] = [];
    const publisher = createPublisher(sources(built));
    const changes: { revision: number; slices: object }[] = [];
    publisher.subscribe((change) => changes.push(change));
    for (let i = 0; i < 500; i += 1) publisher.touch(i % 2 === 0 ? "servers" : "approvals");
    expect(built).toEqual([]);
    await nextTurn();
    expect(built.toSorted()).toEqual(["approvals", "servers"]);
    expect(changes).toEqual([{ revision: 2, slices: { servers: [], approvals: [] } }]);
  });

  it("counts revisions without gaps for a subscriber, and ends a subscription", async () => {
    const publisher = createPublisher(sources([]));
    const revisions: number[] = [publisher.snapshot().revision];
    const end = publisher.subscribe((change) => revisions.push(change.revision));
    for (let i = 0; i < 3; i += 1) {
      publisher.touch("approvals");
      await nextTurn();
    }
    end();
    publisher.touch("rules");
    await nextTurn();
    expect(revisions).toEqual([1, 2, 3, 4]);
    expect(publisher.snapshot().revision).toBe(5);
  });

  it("pushes what changes with every call at most every 50 ms, and a question at once", async () => {
    const publisher = createPublisher(sources([]));
    const pushed: string[][] = [];
    publisher.subscribe(({ slices }) => pushed.push(Object.keys(slices).sort()));
    const end = performance.now() + 400;
    while (performance.now() < end) {
      publisher.touch("clients");
      await nextTurn();
    }
    expect(pushed.length).toBeGreaterThanOrEqual(3);
    expect(pushed.length).toBeLessThanOrEqual(10);
    pushed.splice(0);
    publisher.touch("clients");
    publisher.touch("approvals");
    await nextTurn();
    expect(pushed).toEqual([["approvals", "clients"]]);
    publisher.touch("clients");
    publisher.close();
    await new Promise((resolve) => setTimeout(resolve, 80));
    expect(pushed).toHaveLength(1);
  });

  it("builds nothing while nobody listens, and nothing after it was closed", async () => {
    const built: string[] = [];
    const publisher = createPublisher(sources(built));
    publisher.touch("servers");
    await nextTurn();
    publisher.subscribe(() => undefined);
    publisher.touch("servers");
    publisher.close();
    await nextTurn();
    expect(built).toEqual([]);
  });
});
