import { afterEach, expect, test } from "vitest";
import { createRig, until } from "../../fixtures/registry/rig.ts";
import type { Rig } from "../../fixtures/registry/rig.ts";

// A server that does not want to end takes four seconds to; what happens to the settings meanwhile.

const someone = { client: "a", sessionId: "a" };
let rig: Rig;
afterEach(() => rig.close());

/** A rig in which `old` runs and does not want to end. */
async function withStubborn(): Promise<{ readonly alive: () => boolean }> {
  rig = await createRig({ noBox: true });
  const args = ["-e", 'process.on("SIGTERM", () => {}); setInterval(() => {}, 1000); console.log("here")'];
  await rig.registry.add("old", { command: process.execPath, args, sandbox: { waived: true } }, true);
  const launched = await rig.registry.launch("old", someone);
  if (!launched.ok) throw new Error(launched.error.message);
  let ended = false;
  void launched.value.exited.then(() => (ended = true));
  await new Promise((resolve) => launched.value.stdout.once("data", resolve));
  return { alive: () => !ended };
}

test("a server that is added while a removed one ends is not stopped with it", async () => {
  const { alive } = await withStubborn();
  await rig.settings.edit([{ path: ["mcpServers", "old"], value: undefined }]);
  await until("it is forgotten", () => rig.registry.get("old") === undefined);
  const forever = ["-e", "setInterval(() => {}, 1000)"];
  await rig.registry.add("later", { command: process.execPath, args: forever, sandbox: { waived: true } }, true);
  const launched = await rig.registry.launch("later", someone);
  expect(launched.ok && alive()).toBe(true);
  await until("the old one has ended", () => !alive());
  // What follows the end has its time.
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(rig.registry.get("later")?.state).toEqual({ kind: "running", instances: 1 });
  expect(launched.ok && launched.value.wasStopped()).toBe(false);
}, 20_000);

test("a removal is done when the server has ended, whoever has begun to stop it", async () => {
  const { alive } = await withStubborn();
  expect(await rig.registry.remove("old")).toEqual({ ok: true, value: undefined });
  expect(alive()).toBe(false);
}, 20_000);
