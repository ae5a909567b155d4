import fs from "node:fs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ok } from "../../shared/errors.ts";
import type { ServerSettings } from "../../shared/model/server.ts";
import { createRig, until } from "../fixtures/registry/rig.ts";
import type { Rig } from "../fixtures/registry/rig.ts";

// Threat 2: what runs is what was accepted last, whatever is changed at the same moment; and an edit takes nothing with it that it does not name.
let rig: Rig;
const base: ServerSettings = { command: "sleep", args: ["600"], sandbox: { waived: true } };

beforeEach(async () => {
  rig = await createRig();
});
afterEach(async () => {
  await rig.close();
});

const now = (): ServerSettings | undefined => rig.settings.current().mcpServers?.["helper"];

describe("an edit that is put back", () => {
  test.each<[string, ServerSettings]>([
    ["a server with a sandbox and no variables", base],
    ["one with keys of the person's own before the others", { note: "mine", ...base }],
  ])("%s", async (_what, settings) => {
    await rig.registry.add("helper", settings, true);
    const edited = await rig.registry.edit("helper", { env: { MODE: "1" }, cwd: rig.home });
    expect(edited).toMatchObject({ ok: true, value: { state: { kind: "changed" } } });
    expect(await rig.registry.restore("helper")).toMatchObject({ ok: true, value: { state: { kind: "idle" } } });
    expect(now()).toEqual(settings);
  });

  test("an edit that changes nothing is what is put back then, not the one before it", async () => {
    await rig.registry.add("helper", base, true);
    await rig.registry.edit("helper", { env: { MODE: "1" } });
    expect(await rig.registry.edit("helper", { env: { MODE: "1" } })).toMatchObject({ ok: true, value: { state: { kind: "changed" } } });
    expect(await rig.registry.restore("helper")).toMatchObject({ ok: true, value: { state: { kind: "changed" } } });
    expect(now()).toEqual({ ...base, env: { MODE: "1" } });
  });

  test("comments in the file stay, with all that is not named", async () => {
    fs.writeFileSync(
      rig.config,
      '{\n  "mcpServers": {\n    "helper": {\n      // waits\n      "command": "sleep",\n      "args": ["600"],\n      "env": {\n        // why\n        "A": "1"\n      }\n    }\n  }\n}\n',
    );
    await expect.poll(() => rig.registry.get("helper")?.state.kind).toBe("new");
    const before = fs.readFileSync(rig.config, "utf8");
    expect(await rig.registry.edit("helper", { command: ["sleep", "601"], env: { B: "1" } })).toMatchObject({ ok: true });
    const edited = fs.readFileSync(rig.config, "utf8");
    expect(edited).toContain("// waits");
    expect(edited).toContain("// why");
    expect(now()).toEqual({ command: "sleep", args: ["601"], env: { A: "1", B: "1" } });
    expect((await rig.registry.restore("helper")).ok).toBe(true);
    expect(now()).toEqual({ command: "sleep", args: ["600"], env: { A: "1" } });
    expect(fs.readFileSync(rig.config, "utf8").match(/\/\/ \w+/g)).toEqual(before.match(/\/\/ \w+/g));
  });
});

describe("changes at the same moment", () => {
  test("of two edits both are made", async () => {
    await rig.registry.add("helper", base, true);
    await Promise.all([rig.registry.edit("helper", { env: { A: "1" } }), rig.registry.edit("helper", { env: { B: "1" } })]);
    expect(now()).toEqual({ ...base, env: { A: "1", B: "1" } });
  });

  test.each<[string, () => Promise<unknown>]>([
    ["an edit", () => rig.registry.edit("helper", { env: { A: "1" } })],
    ["another box", () => rig.registry.setSandbox("helper", { hosts: ["example.org"] })],
  ])("%s does not bring back a waiver that is taken back", async (_what, change) => {
    await rig.registry.add("helper", base, true);
    await Promise.all([rig.registry.waive("helper", false), change()]);
    expect(now()?.sandbox?.waived).toBeUndefined();
  });

  test("what was changed and accepted while it was started does not run as it was", async () => {
    await rig.close();
    let asked = false;
    let open = (): void => undefined;
    const opened = new Promise<void>((resolve) => (open = resolve));
    rig = await createRig({
      async prepare({ argv, env, cwd }) {
        asked = true;
        await opened;
        const nothing = { letGo: () => undefined, watch: () => () => undefined, close: () => Promise.resolve() };
        return ok({ argv, env, cwd, diesWithParent: false, descriptors: [], ...nothing });
      },
    });
    await rig.registry.add("helper", base, true);
    const someone = { client: "a", sessionId: "a" };
    const launching = rig.registry.launch("helper", someone);
    await until("it waits for its box", () => asked);
    const edited = await rig.registry.edit("helper", { command: ["sleep", "601"] });
    if (!edited.ok) throw new Error(edited.error.message);
    expect((await rig.registry.accept("helper", edited.value.fingerprint)).ok).toBe(true);
    open();
    expect(await launching).toMatchObject({ ok: false, error: { code: "cannot-start" } });
    expect(rig.registry.get("helper")?.instances).toEqual([]);
    expect((await rig.registry.launch("helper", someone)).ok).toBe(true);
  });
});
