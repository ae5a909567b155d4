import { afterEach, beforeEach, expect, it } from "vitest";
import type { MigrationStep } from "../../../shared/model/migration.ts";
import { benchNow, createCommandBench } from "../../fixtures/clients/command-bench.ts";
import type { CommandBench } from "../../fixtures/clients/command-bench.ts";
import { migrationDone, migrationPlan, migrationScan } from "../../fixtures/renderer/migration.ts";

let bench: CommandBench;
beforeEach(() => {
  bench = createCommandBench();
});
afterEach(() => bench.close());

const plan = { ...migrationPlan(), servers: [], secrets: [], files: [] };
const answers = { "migration.scan": migrationScan(benchNow), "migration.plan": plan, "migration.apply": migrationDone(benchNow) };
const step = (kind: MigrationStep["kind"], text: string): readonly ["migration.progressed", object] => [
  "migration.progressed",
  { step: { kind, done: 0, total: 2, text } },
];

it("migrate says each step once while it works, and nothing of the scans that others ask for", async () => {
  const pushed = [
    step("scan", "Looking at ~/.cursor"),
    step("store", "Storing stripe"),
    step("store", "Storing stripe"),
    step("write", "Writing"),
  ];
  await bench.startApp(answers, [...pushed, ["migration.progressed", { step: null }]]);
  const { errors } = await bench.run(["migrate", "--yes"]);
  expect(errors).toContain("Each server is started once; one that has to be installed first takes a while.\nStoring stripe\nWriting\n");
});

it("migrate --json has the plan and why it failed", async () => {
  const error = { code: "vault-locked", message: "The keychain is locked." };
  await bench.startApp({ ...answers, "migration.apply": { error } });
  const { status, out, errors } = await bench.run(["migrate", "--yes", "--json"]);
  expect(status).toBe(1);
  expect(JSON.parse(out)).toMatchObject({ plan: { id: plan.id }, migration: null, error });
  expect(errors).toContain("The keychain is locked.");
});
