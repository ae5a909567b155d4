import fs from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createRig, until } from "../../fixtures/registry/rig.ts";
import type { Rig } from "../../fixtures/registry/rig.ts";

// Real npm, real registry, real box, real servers.
let rig: Rig;
beforeAll(async () => {
  rig = await createRig();
});
afterAll(async () => {
  await rig.close();
});

const everything = "@modelcontextprotocol/server-everything";

describe("a package runner's line", () => {
  test("is installed once, boxed, listed, and starts again offline", async ({ skip }) => {
    if (rig.cannot !== undefined) skip(`nothing can be boxed here: ${rig.cannot}`);
    const added = await rig.registry.add("everything", { command: "npx", args: ["-y", everything] }, true);
    expect(added).toMatchObject({ ok: true, value: { state: { kind: "idle" }, package: null, sandbox: { kind: "boxed" } } });

    const steps: string[] = [];
    const unsubscribe = rig.registry.onChange(() => {
      const state = rig.registry.get("everything")?.state;
      if (state?.kind === "installing") steps.push(state.step);
    });
    const tools = await rig.registry.inspect("everything");
    unsubscribe();
    expect(tools.ok ? tools.value.length : tools.error).toBe(13);
    expect(steps[0]).toContain(everything);

    const view = rig.registry.get("everything");
    expect(view?.package).toMatchObject({ ecosystem: "npm", name: everything });
    expect(view?.package?.integrity).toMatch(/^sha512-/u);
    expect(view?.state).toEqual({ kind: "idle" });
    expect(view?.tools).toEqual({ count: 13, listing: 1 });
    expect(rig.registry.tools("everything")).toEqual(tools.ok ? tools.value : []);
    expect(fs.readdirSync(path.join(rig.data, "packages")).filter((name) => name.startsWith("."))).toEqual([]);
    const kinds = rig.journal.map((draft) => draft.kind);
    expect(kinds).toEqual(["settings-changed", "server-accepted", "server-installed", "server-launched", "server-stopped"]);

    // Trust on first install: a restarted app knows exactly this version and integrity, and needs no network and no npm for it.
    const again = await rig.restart();
    const started = performance.now();
    const second = await again.inspect("everything");
    const took = performance.now() - started;
    expect(second.ok ? second.value.length : second.error).toBe(13);
    expect(rig.journal.filter((draft) => draft.kind === "server-installed")).toHaveLength(1);
    expect(took).toBeLessThan(4000);
    console.log(`second start of server-everything, listed and stopped: ${Math.round(took)} ms`);
  }, 120_000);

  test("two sessions at once share one installation", async ({ skip }) => {
    if (rig.cannot !== undefined) skip(`nothing can be boxed here: ${rig.cannot}`);
    const folder = path.join(rig.home, "shared");
    fs.mkdirSync(folder);
    fs.writeFileSync(path.join(folder, "a.txt"), "hello");
    const settings = {
      command: "npx",
      args: ["--yes", "@modelcontextprotocol/server-filesystem@2026.8.31", folder],
      sandbox: { read: [folder] },
    };
    await rig.registry.add("files", settings, true);
    const launchFor = (client: string) => ({ client, sessionId: client });
    const [one, two] = await Promise.all([rig.registry.launch("files", launchFor("a")), rig.registry.launch("files", launchFor("b"))]);
    expect(one.ok && two.ok, JSON.stringify([one.ok || one.error, two.ok || two.error])).toBe(true);
    expect(rig.journal.filter((draft) => draft.kind === "server-installed" && draft.server === "files")).toHaveLength(1);
    expect(rig.registry.get("files")?.state).toEqual({ kind: "running", instances: 2 });
    // The whole tree is counted: bwrap alone is small, Node inside of it is not.
    await until("both have the memory of a Node process", async () => {
      await rig.registry.sampleMemory();
      const instances = rig.registry.get("files")?.instances ?? [];
      return process.platform !== "linux" || instances.every((instance) => (instance.memoryBytes ?? 0) > 20_000_000);
    });
    await rig.registry.stop("files");
    expect(rig.registry.get("files")?.state).toEqual({ kind: "idle" });
    const log = await rig.registry.log("files", 50);
    expect(log.filter((line) => line.includes("started for"))).toHaveLength(2);
    const tools = await rig.registry.inspect("files");
    expect(tools.ok && tools.value.some((tool) => tool.name === "read_text_file")).toBe(true);
  }, 120_000);

  test("a package that does not exist is a clear error and leaves nothing behind", async ({ skip }) => {
    if (rig.cannot !== undefined) skip(`nothing can be boxed here: ${rig.cannot}`);
    await rig.registry.add("missing", { command: "npx", args: ["-y", "@portcullis-test/there-is-no-such-package"] }, true);
    const launched = await rig.registry.launch("missing", { client: "a", sessionId: "a" });
    expect(launched).toMatchObject({ ok: false, error: { code: "install-failed" } });
    expect(launched.ok ? "" : launched.error.message).toContain("There is no such package or version.");
    expect(rig.registry.get("missing")?.state.kind).toBe("failed");
    expect(rig.journal.at(-1)).toMatchObject({ kind: "server-refused", server: "missing" });
    expect(fs.readdirSync(path.join(rig.data, "packages")).filter((name) => name.startsWith("."))).toEqual([]);
  }, 60_000);

  test("an installation that was edited is not run", async ({ skip }) => {
    if (rig.cannot !== undefined) skip(`nothing can be boxed here: ${rig.cannot}`);
    const view = rig.registry.get("everything");
    const version = view?.package?.version ?? "";
    const manifest = path.join(rig.data, "packages", "npm", `${everything}@${version}`, "node_modules", everything, "package.json");
    const text = fs.readFileSync(manifest, "utf8");
    fs.writeFileSync(manifest, text.replace("dist/index.js", "../../../evil.js"));
    const launched = await rig.registry.launch("everything", { client: "a", sessionId: "a" });
    expect(launched).toMatchObject({ ok: false, error: { code: "install-failed" } });
    fs.writeFileSync(manifest, text);
    await until("it starts again", async () => {
      const started = await rig.registry.launch("everything", { client: "a", sessionId: "a" });
      if (started.ok) await started.value.stop();
      return started.ok;
    });
  }, 60_000);
});
