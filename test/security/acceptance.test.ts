import fs from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { ServerSettings } from "../../shared/model/server.ts";
import { createRig, until } from "../fixtures/registry/rig.ts";
import type { Rig } from "../fixtures/registry/rig.ts";

// Threats 1, 2 and 5: nothing is run, installed or even asked before the person accepted exactly what would run.
let rig: Rig;
let marker: string;
let base: ServerSettings;
const someone = { client: "a", sessionId: "a" };

beforeEach(async () => {
  rig = await createRig();
  fs.mkdirSync(path.join(rig.home, "work"));
  marker = path.join(rig.home, "work", "ran");
  // Runs anywhere, waived so that its effect would be seen on the disk; the args name everything it does.
  base = { command: "touch", args: [marker], env: { MODE: "plain" }, cwd: path.join(rig.home, "work"), sandbox: { waived: true } };
});
afterEach(async () => {
  await rig.close();
});

const ran = (): boolean => fs.existsSync(marker);
const write = async (settings: ServerSettings): Promise<void> => {
  const edited = await rig.settings.edit([{ path: ["mcpServers", "helper"], value: settings }]);
  expect(edited.ok).toBe(true);
};

describe("a server that was never accepted (threats 1, 5)", () => {
  test("is not run by a health check, a client, a look at its tools or an explanation", async () => {
    await rig.registry.add("helper", base, false);
    expect(rig.registry.get("helper")?.state).toEqual({ kind: "new" });
    const launched = await rig.registry.launch("helper", someone);
    expect(launched).toMatchObject({ ok: false, error: { code: "not-accepted" } });
    expect(launched.ok ? "" : launched.error.hint).toContain("portcullis server accept helper");
    expect(await rig.registry.inspect("helper")).toMatchObject({ ok: false, error: { code: "not-accepted" } });
    await rig.registry.explain("helper");
    expect(ran()).toBe(false);
    expect(rig.registry.get("helper")?.state).toEqual({ kind: "new" });
    expect(rig.journal.some((draft) => draft.kind === "server-launched")).toBe(false);
    expect(rig.journal.filter((draft) => draft.kind === "server-refused")).toHaveLength(2);
  });

  test("written into the file by another program is new, and a restart does not change that", async () => {
    await write(base);
    await until("it is known", () => rig.registry.get("helper")?.state.kind === "new");
    const again = await rig.restart();
    expect(again.get("helper")?.state).toEqual({ kind: "new" });
    expect(await again.launch("helper", someone)).toMatchObject({ ok: false, error: { code: "not-accepted" } });
    expect(ran()).toBe(false);
  });

  test("installs nothing, whatever its command", async () => {
    await rig.registry.add("helper", { command: "npx", args: ["-y", "@modelcontextprotocol/server-everything"] }, false);
    expect(await rig.registry.inspect("helper")).toMatchObject({ ok: false, error: { code: "not-accepted" } });
    expect(fs.existsSync(path.join(rig.data, "packages"))).toBe(false);
  });

  test("a shim of its own making is not asked where it leads", async () => {
    const shims = path.join(rig.home, "work", "shims");
    fs.mkdirSync(shims);
    fs.writeFileSync(path.join(shims, "python3"), `#!/bin/sh\n: > ${marker}\n`, { mode: 0o755 });
    await rig.registry.add("helper", { command: path.join(shims, "python3"), args: ["-V"] }, false);
    await rig.registry.explain("helper");
    await rig.registry.launch("helper", someone);
    expect(ran()).toBe(false);
  });

  test("runs once it is accepted as it was shown, and not with another fingerprint", async () => {
    await rig.registry.add("helper", base, false);
    expect(await rig.registry.accept("helper", "0".repeat(64))).toMatchObject({ ok: false, error: { code: "not-accepted" } });
    expect(await rig.registry.launch("helper", someone)).toMatchObject({ ok: false });
    expect(ran()).toBe(false);
    const shown = rig.registry.get("helper")?.fingerprint ?? "";
    expect(await rig.registry.accept("helper", shown)).toMatchObject({ ok: true, value: { state: { kind: "idle" } } });
    const launched = await rig.registry.launch("helper", someone);
    expect(launched.ok).toBe(true);
    await until("it ran", ran);
  });

  test("changed between the look and the acceptance is not accepted", async () => {
    await rig.registry.add("helper", base, false);
    const shown = rig.registry.get("helper")?.fingerprint ?? "";
    await write({ ...base, args: ["-c", marker] });
    expect(await rig.registry.accept("helper", shown)).toMatchObject({ ok: false, error: { code: "not-accepted" } });
    expect(await rig.registry.launch("helper", someone)).toMatchObject({ ok: false, error: { code: "not-accepted" } });
    expect(ran()).toBe(false);
  });
});

describe("an accepted name whose command was changed (threat 2, MCPoison)", () => {
  const cases: readonly [field: string, change: (settings: ServerSettings) => ServerSettings][] = [
    ["command", (settings) => ({ ...settings, command: "/bin/touch" })],
    ["args", (settings) => ({ ...settings, args: [...(settings.args ?? []), `${marker}2`] })],
    ["env.MODE", (settings) => ({ ...settings, env: { MODE: "other" } })],
    ["env.NODE_OPTIONS", (settings) => ({ ...settings, env: { ...settings.env, NODE_OPTIONS: "--require ./p.js" } })],
    ["env.MODE", (settings) => ({ ...settings, env: {} })],
    ["cwd", (settings) => ({ ...settings, cwd: rig.home })],
    ["sandbox.waived", (settings) => ({ ...settings, sandbox: {} })],
    ["sandbox.read", (settings) => ({ ...settings, sandbox: { ...settings.sandbox, read: [rig.home] } })],
    ["sandbox.write", (settings) => ({ ...settings, sandbox: { ...settings.sandbox, write: [rig.home] } })],
    ["sandbox.hosts", (settings) => ({ ...settings, sandbox: { ...settings.sandbox, hosts: ["example.org"] } })],
    ["sandbox.limits", (settings) => ({ ...settings, sandbox: { ...settings.sandbox, limits: { memoryMb: 4096 } } })],
  ];

  test.each(cases)("%s", async (field, change) => {
    await rig.registry.add("helper", base, true);
    expect(rig.registry.get("helper")?.state).toEqual({ kind: "idle" });
    await write(change(base));
    const launched = await rig.registry.launch("helper", someone);
    expect(launched).toMatchObject({ ok: false, error: { code: "not-accepted" } });
    const state = rig.registry.get("helper")?.state;
    expect(state?.kind === "changed" ? state.changes.map((one) => one.field) : state).toEqual([field]);
    expect(ran()).toBe(false);
    // Put back as it was, it is accepted again: what counts is what would run, not that somebody edited.
    await write(base);
    expect((await rig.registry.launch("helper", someone)).ok).toBe(true);
  });

  test("keys that decide nothing are no change", async () => {
    await rig.registry.add("helper", base, true);
    await write({ ...base, idleMinutes: 5, note: "a key that another program keeps here" });
    expect((await rig.registry.launch("helper", someone)).ok).toBe(true);
  });

  test("the program behind the same command: another file", async () => {
    const link = path.join(rig.home, "work", "tool");
    fs.symlinkSync("/bin/true", link);
    await rig.registry.add("helper", { ...base, command: link }, true);
    fs.rmSync(link);
    fs.symlinkSync(fs.realpathSync("/usr/bin/touch"), link);
    expect(await rig.registry.launch("helper", someone)).toMatchObject({ ok: false, error: { code: "not-accepted" } });
    const state = rig.registry.get("helper")?.state;
    expect(state?.kind === "changed" ? state.changes.map((one) => one.field) : state).toEqual(["program"]);
    expect(ran()).toBe(false);
  });

  test("a folder it may read that now leads elsewhere", async () => {
    const open = path.join(rig.home, "work", "open");
    fs.mkdirSync(open);
    await rig.registry.add("helper", { ...base, sandbox: { waived: true, read: [open] } }, true);
    fs.rmdirSync(open);
    fs.mkdirSync(path.join(rig.home, ".ssh"));
    fs.symlinkSync(path.join(rig.home, ".ssh"), open);
    expect(await rig.registry.launch("helper", someone)).toMatchObject({ ok: false, error: { code: "not-accepted" } });
  });

  const fields = (): unknown => {
    const state = rig.registry.get("helper")?.state;
    return state?.kind === "changed" ? state.changes.map((one) => one.field) : state;
  };
  const refused = { ok: false, error: { code: "not-accepted" } };
  const turn = (link: string, to: string): void => {
    fs.rmSync(link, { recursive: true, force: true });
    fs.symlinkSync(to, link);
  };

  test("a working folder that now leads elsewhere, and back", async () => {
    const cwd = path.join(rig.home, "work", "folder");
    fs.mkdirSync(cwd);
    await rig.registry.add("helper", { ...base, cwd }, true);
    turn(cwd, rig.home);
    expect(await rig.registry.launch("helper", someone)).toMatchObject(refused);
    expect(fields()).toEqual(["cwd"]);
    expect(ran()).toBe(false);
    fs.rmSync(cwd);
    fs.mkdirSync(cwd);
    expect((await rig.registry.launch("helper", someone)).ok).toBe(true);
  });

  test("a script that now leads elsewhere, also by a folder on the way to it", async () => {
    for (const name of ["good", "bad"]) {
      fs.mkdirSync(path.join(rig.home, name));
      fs.writeFileSync(
        path.join(rig.home, name, "server.js"),
        name === "bad" ? `require("fs").writeFileSync(${JSON.stringify(marker)}, "")` : "",
      );
    }
    const folder = path.join(rig.home, "work", "folder");
    const file = path.join(folder, "server.js");
    fs.cpSync(path.join(rig.home, "good"), folder, { recursive: true });
    await rig.registry.add("helper", { ...base, command: process.execPath, args: [file] }, true);
    turn(file, path.join(rig.home, "bad/server.js"));
    expect(await rig.registry.launch("helper", someone)).toMatchObject(refused);
    expect(fields()).toEqual(["script"]);
    turn(folder, path.join(rig.home, "bad"));
    expect(await rig.registry.launch("helper", someone)).toMatchObject(refused);
    expect(fields()).toEqual(["script"]);
    expect(ran()).toBe(false);
  });

  test("a script that is a link is accepted with where it leads", async () => {
    for (const name of ["one.js", "two.js"]) fs.writeFileSync(path.join(rig.home, name), "");
    const link = path.join(rig.home, "work", "server.js");
    fs.symlinkSync("../one.js", link);
    await rig.registry.add("helper", { ...base, command: process.execPath, args: ["server.js"] }, true);
    expect((await rig.registry.launch("helper", someone)).ok).toBe(true);
    turn(link, "../two.js");
    expect(await rig.registry.launch("helper", someone)).toMatchObject(refused);
    const state = rig.registry.get("helper")?.state;
    const script = { field: "script", before: path.join(rig.home, "one.js"), after: path.join(rig.home, "two.js") };
    expect(state).toMatchObject({ kind: "changed", changes: [script] });
  });

  test("a virtual environment that now leads to another", async () => {
    const real = fs.realpathSync(process.execPath);
    for (const name of ["one", "two"]) {
      fs.mkdirSync(path.join(rig.home, name, "bin"), { recursive: true });
      fs.writeFileSync(path.join(rig.home, name, "pyvenv.cfg"), "home = /usr/bin\n");
      fs.symlinkSync(real, path.join(rig.home, name, "bin", "python"));
    }
    const link = path.join(rig.home, "work", ".venv");
    fs.symlinkSync(path.join(rig.home, "one"), link);
    await rig.registry.add("helper", { ...base, command: path.join(link, "bin/python"), args: ["-v"] }, true);
    expect((await rig.registry.launch("helper", someone)).ok).toBe(true);
    turn(link, path.join(rig.home, "two"));
    expect(await rig.registry.launch("helper", someone)).toMatchObject(refused);
    expect(fields()).toEqual(["environment"]);
  });

  test.each(["#!/usr/bin/env node", "#!LINK"])("the interpreter behind %s: another file", async (line) => {
    const link = path.join(rig.home, "bin", "node");
    const shell = path.join(rig.home, "shell");
    const real = fs.realpathSync(process.execPath);
    fs.mkdirSync(path.dirname(link));
    const answer = `@portcullis-path@\${FIRST}${process.env["PATH"] ?? ""}@portcullis-path@`;
    fs.writeFileSync(shell, `#!/bin/sh\n[ -e ${rig.home}/first ] && FIRST=${rig.home}/bin:\nprintf %s "${answer}"\n`, { mode: 0o755 });
    const own = await createRig({ env: { SHELL: shell } });
    try {
      const script = path.join(rig.home, "server");
      fs.writeFileSync(script, `${line.replace("LINK", link)}\n`, { mode: 0o755 });
      if (line.includes("LINK")) fs.symlinkSync(real, link);
      await own.registry.add("helper", { ...base, command: script, args: [] }, true);
      expect((await own.registry.launch("helper", someone)).ok).toBe(true);
      turn(link, fs.realpathSync("/usr/bin/touch"));
      fs.writeFileSync(path.join(rig.home, "first"), "");
      const again = await own.restart();
      expect(await again.launch("helper", someone)).toMatchObject(refused);
      const state = again.get("helper")?.state;
      const interpreter = { field: "interpreter", before: real, after: fs.realpathSync("/usr/bin/touch") };
      expect(state).toMatchObject({ kind: "changed", changes: [interpreter] });
    } finally {
      await own.close();
    }
  });

  test("what was accepted before interpreters were kept stays so, and is bound to the one of its next start", async () => {
    const script = path.join(rig.home, "server");
    fs.writeFileSync(script, "#!/usr/bin/env node\n", { mode: 0o755 });
    await rig.registry.add("helper", { ...base, command: script, args: [] }, true);
    const file = path.join(rig.data, "accepted.json");
    type Saved = { servers: { helper: { subject: Record<string, unknown> } } };
    const saved = (): Saved => JSON.parse(fs.readFileSync(file, "utf8")) as Saved;
    const older = saved();
    const found = older.servers.helper.subject["interpreter"];
    expect(path.isAbsolute(String(found))).toBe(true);
    delete older.servers.helper.subject["interpreter"];
    fs.writeFileSync(file, JSON.stringify(older));
    const again = await rig.restart();
    expect(again.get("helper")?.state).toEqual({ kind: "idle" });
    expect((await again.launch("helper", someone)).ok).toBe(true);
    expect(saved().servers.helper.subject["interpreter"]).toBe(found);
  });

  test("a sandbox that was opened further, and nothing else of its settings is touched", async () => {
    const open = path.join(rig.home, "work", "open");
    fs.mkdirSync(open);
    await rig.registry.add(
      "helper",
      { ...base, sandbox: { waived: true, hosts: ["example.org"], limits: { memoryMb: 64, later: 1 } } },
      true,
    );
    const opened = await rig.registry.setSandbox("helper", { read: [open] });
    expect(opened).toMatchObject({ ok: true, value: { state: { kind: "changed" }, sandbox: { kind: "waived", read: [open], hosts: [] } } });
    expect(await rig.registry.launch("helper", someone)).toMatchObject({ ok: false, error: { code: "not-accepted" } });
    expect(ran()).toBe(false);
    expect(rig.settings.current().mcpServers?.["helper"]).toEqual({
      ...base,
      sandbox: { waived: true, read: [open], limits: { memoryMb: 64, later: 1 } },
    });
    // Limits that are given are all there are, but for what is not known here.
    const limited = await rig.registry.setSandbox("helper", { read: [open], limits: { processes: 32 } });
    expect(limited).toMatchObject({ ok: true, value: { sandbox: { limits: { processes: 32 } } } });
    expect(rig.settings.current().mcpServers?.["helper"]?.sandbox?.limits).toEqual({ later: 1, processes: 32 });
    await rig.registry.setSandbox("helper", { read: [open], limits: {} });
    expect(rig.settings.current().mcpServers?.["helper"]?.sandbox?.limits).toEqual({ later: 1 });
  });

  test("an edit stops what runs, must be accepted, and is put back with the acceptance of before", async () => {
    const sleeper: ServerSettings = { command: "sleep", args: ["600"], env: { PLAIN: "kept" }, sandbox: { waived: true }, note: "mine" };
    await rig.registry.add("helper", sleeper, true);
    const launched = await rig.registry.launch("helper", someone);
    if (!launched.ok) throw new Error(launched.error.message);
    const edited = await rig.registry.edit("helper", { command: ["sleep", "601"], env: { MORE: "1" } });
    await launched.value.exited;
    expect(edited).toMatchObject({ ok: true, value: { args: ["601"], state: { kind: "changed" } } });
    expect(rig.settings.current().mcpServers?.["helper"]).toEqual({ ...sleeper, args: ["601"], env: { PLAIN: "kept", MORE: "1" } });
    expect(await rig.registry.launch("helper", someone)).toMatchObject({ ok: false, error: { code: "not-accepted" } });
    expect(await rig.registry.restore("helper")).toMatchObject({ ok: true, value: { args: ["600"], state: { kind: "idle" } } });
    expect(rig.settings.current().mcpServers?.["helper"]).toEqual(sleeper);
    expect(await rig.registry.restore("helper")).toMatchObject({ ok: false, error: { code: "not-found" } });
    // What was done to it since is not lost by that.
    await rig.registry.edit("helper", { cwd: rig.home });
    await write({ ...sleeper, args: ["602"] });
    expect(await rig.registry.restore("helper")).toMatchObject({ ok: false, error: { code: "not-found" } });
    expect(rig.settings.current().mcpServers?.["helper"]?.args).toEqual(["602"]);
    expect(await rig.registry.edit("other", { cwd: null })).toMatchObject({ ok: false, error: { code: "not-found" } });
  });

  test("an edit that is accepted leaves the way back, which must be accepted again", async () => {
    await rig.registry.add("helper", base, true);
    const edited = await rig.registry.edit("helper", { env: { MORE: "1" } });
    if (!edited.ok) throw new Error(edited.error.message);
    expect((await rig.registry.accept("helper", edited.value.fingerprint)).ok).toBe(true);
    expect(await rig.registry.restore("helper")).toMatchObject({
      ok: true,
      value: { env: [{ name: "MODE" }], state: { kind: "changed" } },
    });
    // A server that is taken out and added anew has nothing to do with the one before.
    await rig.registry.edit("helper", { env: { MORE: "1" } });
    await rig.registry.remove("helper");
    await rig.registry.add("helper", base, true);
    expect(await rig.registry.restore("helper")).toMatchObject({ ok: false, error: { code: "already-exists" } });
  });

  test("a running instance of what is no longer accepted is ended", async () => {
    const sleeper: ServerSettings = { command: "sleep", args: ["600"], sandbox: { waived: true } };
    await rig.registry.add("helper", sleeper, true);
    const launched = await rig.registry.launch("helper", someone);
    if (!launched.ok) throw new Error(launched.error.message);
    await write({ ...sleeper, args: ["601"] });
    await launched.value.exited;
    expect(rig.registry.get("helper")?.instances).toEqual([]);
  });

  test("removed and added again under its name is new, and does not get the private folder of before", async () => {
    await rig.registry.add("helper", base, true);
    await rig.registry.launch("helper", someone);
    fs.writeFileSync(path.join(rig.data, "state", "helper", "token"), "private");
    await rig.registry.remove("helper");
    await rig.registry.add("helper", base, false);
    expect(rig.registry.get("helper")?.state).toEqual({ kind: "new" });
    expect(fs.existsSync(path.join(rig.data, "state", "helper"))).toBe(false);
  });

  test("removed and put back is as it was, private folder and all, but must be accepted again", async () => {
    const settings: ServerSettings = { ...base, env: { TOKEN: "plain-value" }, later: "a key of another version" };
    await rig.registry.add("helper", settings, true);
    await rig.registry.launch("helper", someone);
    fs.writeFileSync(path.join(rig.data, "state", "helper", "token"), "private");
    expect(await rig.registry.restore("helper")).toMatchObject({ ok: false, error: { code: "not-found" } });
    await rig.registry.remove("helper");
    await rig.registry.add("helper", base, false);
    expect(await rig.registry.restore("helper")).toMatchObject({ ok: false, error: { code: "already-exists" } });
    await rig.settings.edit([{ path: ["mcpServers", "helper"], value: undefined }]);
    await until("the other one is gone", () => rig.registry.get("helper") === undefined);
    expect(await rig.registry.restore("helper")).toMatchObject({ ok: true, value: { state: { kind: "new" } } });
    expect(rig.settings.current().mcpServers?.["helper"]).toEqual(settings);
    expect(fs.readFileSync(path.join(rig.data, "state", "helper", "token"), "utf8")).toBe("private");
    expect(await rig.registry.launch("helper", someone)).toMatchObject({ ok: false, error: { code: "not-accepted" } });
    expect(await rig.registry.restore("helper")).toMatchObject({ ok: false, error: { code: "not-found" } });
    expect(rig.journal.filter(({ kind, detail }) => kind === "settings-changed" && detail?.["change"] === "put back")).toHaveLength(1);
  });

  test("a damaged list of acceptances accepts nothing", async () => {
    await rig.registry.add("helper", base, true);
    fs.writeFileSync(path.join(rig.data, "accepted.json"), "{}");
    const again = await rig.restart();
    expect(again.get("helper")?.state).toEqual({ kind: "new" });
    expect(await again.launch("helper", someone)).toMatchObject({ ok: false, error: { code: "not-accepted" } });
    expect(fs.readdirSync(rig.data).some((name) => name.startsWith("accepted.json.broken-"))).toBe(true);
  });

  test("the list of acceptances holds no value of the environment and is ours alone", async () => {
    await rig.registry.add("helper", { ...base, env: { TOKEN: "plain-secret-value" } }, true);
    const file = path.join(rig.data, "accepted.json");
    expect(fs.readFileSync(file, "utf8")).not.toContain("plain-secret-value");
    expect(fs.statSync(file).mode & 0o777).toBe(process.platform === "win32" ? 0o666 : 0o600);
    expect(JSON.stringify(rig.registry.get("helper"))).not.toContain("plain-secret-value");
  });
});

test("a journal that cannot be written starts nothing", async () => {
  await rig.close();
  rig = await createRig({ journalFault: (draft) => draft.kind === "secret-used" || draft.kind === "server-launched" });
  fs.mkdirSync(path.join(rig.home, "work"));
  marker = path.join(rig.home, "work", "ran");
  await rig.registry.add("sleeper", { command: "sleep", args: ["600"], sandbox: { waived: true } }, true);
  expect(await rig.registry.launch("sleeper", someone)).toMatchObject({ ok: false, error: { code: "journal-unavailable" } });
  expect(rig.registry.get("sleeper")?.instances).toEqual([]);
  rig.secrets.set("a", "the-value-of-a");
  await rig.registry.add("user", { command: "touch", args: [marker], env: { A: "${keychain:a}" }, sandbox: { waived: true } }, true);
  expect(await rig.registry.launch("user", someone)).toMatchObject({ ok: false, error: { code: "journal-unavailable" } });
  expect(ran()).toBe(false);
});
