import { afterEach, describe, expect, test } from "vitest";
import { createRig } from "../../fixtures/registry/rig.ts";
import type { Rig, RigOptions } from "../../fixtures/registry/rig.ts";

// A start that the system would refuse at once, or that throws, is an answer like any other, and the app goes on.

const someone = { client: "a", sessionId: "a" };
let rig: Rig | undefined;
afterEach(async () => {
  await rig?.close();
  rig = undefined;
});
const createdRig = async (options: RigOptions = {}): Promise<Rig> => (rig = await createRig(options));

describe("a waived server", () => {
  test.each([
    ["an argument", { args: ["-e", "1", "a\0b"] }],
    ["a variable", { env: { TOKEN: "a\0b" } }],
    ["a variable's name", { env: { "A\0B": "x" } }],
    ["its working folder", { cwd: "/tmp/a\0b" }],
  ])("with a NUL in %s is refused", async (_what, settings) => {
    const { registry } = await createdRig({ noBox: true });
    await registry.add("nul", { command: process.execPath, ...settings, sandbox: { waived: true } }, true);
    const launched = await registry.launch("nul", someone);
    expect(launched).toMatchObject({ ok: false, error: { message: expect.not.stringContaining("a\0b") as string } });
    expect(registry.get("nul")?.state.kind).toBe("failed");
  });
});

test("a server whose start throws is one that failed, like any other", async () => {
  const { registry } = await createdRig({ prepare: () => Promise.reject(new TypeError("a bug")) });
  await registry.add("bug", { command: process.execPath, sandbox: { waived: true } }, true);
  const error = { code: "internal", message: "The server could not be started, because something failed inside Portcullis (TypeError)." };
  expect(await registry.launch("bug", someone)).toMatchObject({ ok: false, error });
  expect(registry.get("bug")?.state).toMatchObject({ kind: "failed", error });
});
