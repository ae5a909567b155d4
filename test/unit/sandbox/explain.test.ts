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
  limits: { memoryMb: 1, processes: 1, openFiles: 1 },
  warnings: [],
};
const notes = (changed: Partial<BoxPlan>): string[] =>
  explainPlan({ ...plan, ...changed }, [], "linux", false).filter((line) => line.startsWith("Note: "));

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
