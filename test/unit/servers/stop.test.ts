import { describe, expect, it } from "vitest";
import { descendants } from "../../../electron/sandbox/process-tree.ts";
import { createReaper, reaperCommand } from "../../../electron/sandbox/reaper.ts";
import { createLadder } from "../../../electron/servers/stop.ts";

interface Climb {
  readonly steps: string[];
  readonly stop: () => Promise<void>;
}

/** A server that ends at the given step. */
function climb(endsAt: "input" | "term" | "kill", grace: { inputMs: number; termMs: number }): Climb {
  const steps: string[] = [];
  let end = (): void => {};
  const gone = new Promise<void>((resolve) => {
    end = resolve;
  });
  const step = (name: "input" | "term" | "kill"): void => {
    steps.push(name);
    if (name === endsAt) end();
  };
  const stop = createLadder({
    grace,
    gone,
    endInput: () => step("input"),
    terminate: async () => step("term"),
    kill: async () => step("kill"),
  });
  return { steps, stop };
}

describe("the stop ladder", () => {
  it.each([
    ["input", ["input"]],
    ["term", ["input", "term"]],
    ["kill", ["input", "term", "kill"]],
  ] as const)("goes no further than %s when that ends it", async (endsAt, steps) => {
    const ladder = climb(endsAt, { inputMs: 20, termMs: 20 });
    await ladder.stop();
    expect(ladder.steps).toEqual(steps);
  });

  it("skips a rung at each further call, and takes each rung once", async () => {
    const ladder = climb("kill", { inputMs: 60_000, termMs: 60_000 });
    const stopped = ladder.stop();
    void ladder.stop();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(ladder.steps).toEqual(["input", "term"]);
    await Promise.all([stopped, ladder.stop()]);
    expect(ladder.steps).toEqual(["input", "term", "kill"]);
    await ladder.stop();
    expect(ladder.steps).toHaveLength(3);
  });
});

describe("process trees", () => {
  it("finds everything below a process, in any depth", () => {
    const entry = (pid: number, parent: number): { pid: number; parent: number; group: number; name: string } => ({
      pid,
      parent,
      group: 1,
      name: "x",
    });
    expect(descendants([entry(2, 1), entry(3, 2), entry(4, 3), entry(5, 1), entry(6, 99)], 2).map(({ pid }) => pid)).toEqual([3, 4]);
  });
});

describe("the reaper's command", () => {
  it("takes the mark as an argument, never as part of the script", () => {
    const command = reaperCommand("linux", "", "PORTCULLIS_RUN=$(id)");
    expect(command.at(-1)).toBe("PORTCULLIS_RUN=$(id)");
    expect(command[2]).not.toContain("$(id)");
    expect(reaperCommand("darwin", "", "m=1")[2]).toContain("ps -AEww");
    expect(reaperCommand("win32", "C:\\Windows", "m=1")[0]).toBe("C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe");
  });

  it.each([0, 1, -1, 1.5, Number.NaN])("is never told the group %s", (group) => {
    const reaper = createReaper({ platform: "linux", env: {} });
    expect(() => reaper.watch(group)).toThrow("not a process group");
  });
});
