import { expect, it } from "vitest";
import { explainPlan } from "../../../electron/sandbox/explain.ts";
import type { BoxPlan } from "../../../electron/sandbox/plan.ts";

const plan: BoxPlan = {
  name: "a",
  argv: ["/usr/bin/node", "x.js"],
  cwd: "/state/a",
  stateDir: "/state/a",
  env: {},
  layers: [],
  links: [],
  network: { kind: "none" },
  limits: { memoryMb: 2048, processes: 1, openFiles: 1 },
  warnings: [],
};
const notes = (changed: Partial<BoxPlan>): string[] =>
  explainPlan({ ...plan, ...changed }, [], { platform: "linux", root: false, sizes: true }).filter((line) => line.startsWith("Note: "));

it("does not miss the folder that is only made at the first start", () => {
  const missed = (folder: string): string[] => [`It starts in its own folder, because ${folder} is not open to it.`];
  expect(notes({ warnings: missed(plan.stateDir) })).toEqual([]);
  expect(notes({ warnings: missed("/x") })).toHaveLength(1);
});

it("says what an old Node cannot reach", () => {
  const network = { kind: "hosts", rules: [], allowed: ["a.example"], forwards: [] } as const;
  expect(notes({ network })[0]).toContain("older than 24");
  expect(notes({})).toEqual([]);
  expect(notes({ argv: ["/usr/bin/python3", "x.py"], network })).toEqual([]);
});

it("says with how little memory a Node does not start", () => {
  const limits = { memoryMb: 639, processes: 1, openFiles: 1 };
  expect(notes({ limits })[0]).toContain("640 MiB");
  expect(notes({ limits: { ...limits, memoryMb: 640 } })).toEqual([]);
  expect(notes({ argv: ["/usr/bin/python3", "x.py"], limits })).toEqual([]);
  // Elsewhere that room is not counted.
  expect(explainPlan({ ...plan, limits }, [], { platform: "darwin", root: false, sizes: true }).join("\n")).not.toContain("640 MiB");
});

it("says how much may be kept in /tmp, or that nothing limits it", () => {
  const lines = (sizes: boolean): string => explainPlan(plan, [], { platform: "linux", root: false, sizes }).join("\n");
  expect(lines(true)).toContain("/tmp, /var/tmp and /dev/shm are private and in memory, 2048 MiB in each.");
  expect(lines(false)).toContain("as much as the machine gives; bubblewrap 0.7 and later can limit that.");
});
