import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { createRig, until } from "../../fixtures/registry/rig.ts";
import type { Rig } from "../../fixtures/registry/rig.ts";

// Servers that are started by their own command: real programs in the real box.
let rig: Rig;
const someone = { client: "a", sessionId: "a" };
beforeAll(async () => {
  rig = await createRig();
});
afterAll(async () => {
  await rig.close();
});

function has(program: string): boolean {
  try {
    execFileSync(program, ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

function put(file: string, text: string, mode = 0o644): string {
  const full = path.join(rig.home, file);
  fs.mkdirSync(path.dirname(full), { recursive: true });
  fs.writeFileSync(full, text, { mode });
  return full;
}

async function output(name: string): Promise<string> {
  const launched = await rig.registry.launch(name, someone);
  if (!launched.ok) throw new Error(`${launched.error.code}: ${launched.error.message}`);
  let said = "";
  launched.value.stdout.on("data", (chunk: Buffer) => {
    said += chunk.toString("utf8");
  });
  await launched.value.exited;
  await until("its output was read", () => launched.value.stdout.readableEnded || launched.value.stdout.destroyed);
  return said.trim();
}

describe("a command in its box", () => {
  test("a script of a project reads its own package, and nothing else of the home folder", async ({ skip }) => {
    if (rig.cannot !== undefined) skip(`nothing can be boxed here: ${rig.cannot}`);
    put("notes.txt", "private");
    put("code/app/package.json", '{"name":"own-package","type":"commonjs"}');
    const script = put(
      "code/app/dist/index.js",
      `const read = (f) => { try { return require("fs").readFileSync(f, "utf8") } catch (e) { return e.code } };
       console.log(JSON.stringify([require("../package.json").name, read(${JSON.stringify(path.join(rig.home, "notes.txt"))})]))`,
    );
    await rig.registry.add("script", { command: process.execPath, args: [script] }, true);
    expect(JSON.parse(await output("script"))).toEqual(["own-package", "ENOENT"]);
  });

  test("a program of a global package, by its name on PATH, with `#!/usr/bin/env node`", async ({ skip }) => {
    if (rig.cannot !== undefined) skip(`nothing can be boxed here: ${rig.cannot}`);
    put("tools/lib/node_modules/my-server/package.json", '{"type":"commonjs"}');
    const entry = put("tools/lib/node_modules/my-server/cli.js", "#!/usr/bin/env node\nconsole.log('hello ' + process.argv[2])\n", 0o755);
    fs.mkdirSync(path.join(rig.home, "tools/bin"), { recursive: true });
    fs.symlinkSync(entry, path.join(rig.home, "tools/bin/my-server"));
    await rig.registry.add("global", { command: path.join(rig.home, "tools/bin/my-server"), args: ["you"] }, true);
    expect(await output("global")).toBe("hello you");
  });

  test("Python, also behind a version manager's shim", async ({ skip }) => {
    if (rig.cannot !== undefined) skip(`nothing can be boxed here: ${rig.cannot}`);
    if (!has("python3")) skip("there is no python3 here");
    const script = put("code/py/server.py", "import sys, json\nprint(json.dumps(sys.argv[1:]))\n");
    await rig.registry.add("python", { command: "python3", args: [script, "a b"] }, true);
    expect(JSON.parse(await output("python"))).toEqual(["a b"]);
  });

  test("starts in its working folder, which it may read", async ({ skip }) => {
    if (rig.cannot !== undefined) skip(`nothing can be boxed here: ${rig.cannot}`);
    put("work/data.txt", "from the working folder");
    await rig.registry.add("cwd", { command: "cat", args: ["data.txt"], cwd: "~/work" }, true);
    expect(await output("cwd")).toBe("from the working folder");
  });

  test("a script, an opened folder and a working folder are found by the links that name them", async ({ skip }) => {
    if (rig.cannot !== undefined) skip(`nothing can be boxed here: ${rig.cannot}`);
    const script = put(
      "disk/projects/site/server.js",
      `const read = (f) => { try { return require("fs").readFileSync(f, "utf8") } catch (e) { return e.code } };
       console.log(JSON.stringify(process.argv.slice(2).map(read)))`,
    );
    put("disk/projects/note.txt", "note");
    put("disk/other.txt", "not opened");
    fs.symlinkSync("disk", path.join(rig.home, "mnt"));
    fs.symlinkSync(path.join(rig.home, "mnt/projects"), path.join(rig.home, "projects"));
    const named = path.join(rig.home, "projects/site/server.js");
    const args = [path.join(rig.home, "projects/note.txt"), path.join(rig.home, "mnt/other.txt")];
    await rig.registry.add("link-script", { command: process.execPath, args: [named, ...args] }, true);
    expect(JSON.parse(await output("link-script"))).toEqual(["ENOENT", "ENOENT"]);
    await rig.registry.add("link-read", { command: process.execPath, args: [script, ...args], sandbox: { read: ["~/projects"] } }, true);
    expect(JSON.parse(await output("link-read"))).toEqual(["note", "ENOENT"]);
    const cwd = { cwd: "~/projects/site" };
    await rig.registry.add("link-cwd", { command: process.execPath, args: ["server.js", "server.js"], ...cwd }, true);
    expect(JSON.parse(await output("link-cwd"))).toEqual([fs.readFileSync(script, "utf8")]);
  });

  test("a virtual environment that is a link, with a Python that is found through a version's link", async ({ skip }) => {
    if (rig.cannot !== undefined) skip(`nothing can be boxed here: ${rig.cannot}`);
    if (!has("python3")) skip("there is no python3 here");
    const ask = "import os, sys; print(os.path.realpath(sys.executable)); print(sys.base_prefix)";
    const [executable = "", prefix = ""] = execFileSync("python3", ["-c", ask], { encoding: "utf8" }).trim().split("\n");
    // An installation of its own, as a version manager keeps it: only its executable, so the library is told where it is.
    const name = path.basename(executable);
    const python = put(`uv/cpython-3.1.2/bin/${name}`, "", 0o755);
    fs.copyFileSync(executable, python);
    fs.symlinkSync("cpython-3.1.2", path.join(rig.home, "uv/cpython-3.1"));
    const base = path.join(rig.home, "uv/cpython-3.1/bin");
    put("venvs/x/pyvenv.cfg", `home = ${base}\n`);
    fs.mkdirSync(path.join(rig.home, "venvs/x/bin"));
    fs.symlinkSync(path.join(base, name), path.join(rig.home, "venvs/x/bin/python"));
    fs.mkdirSync(path.join(rig.home, "code/venv"), { recursive: true });
    fs.symlinkSync(path.join(rig.home, "venvs/x"), path.join(rig.home, "code/venv/.venv"));
    const script = put("code/venv/server.py", `import os, sys\nprint(sys.executable, os.listdir(${JSON.stringify(base)}))\n`);
    const called = path.join(rig.home, "code/venv/.venv/bin/python");
    const libraries = { env: { PYTHONHOME: prefix, LD_LIBRARY_PATH: path.join(prefix, "lib") }, sandbox: { read: [prefix] } };
    await rig.registry.add("link-venv", { command: called, args: [script], ...libraries }, true);
    expect(await output("link-venv")).toBe(`${called} ['${name}']`);
  });

  test("the tools that it listed are given out with no secret in them, and are not known of a server that is not there", async () => {
    rig.secrets.set("a/KEY", "value-of-the-key");
    await rig.registry.add("lists", { command: process.execPath }, true);
    expect(rig.registry.tools("lists")).toBeNull();
    rig.registry.noteTools("lists", [{ name: "t", description: "uses value-of-the-key" }]);
    rig.registry.noteTools("lists", [{ name: "t", description: "still uses value-of-the-key" }]);
    expect(rig.registry.tools("lists")).toEqual([{ name: "t", description: "still uses [redacted]" }]);
    expect(rig.registry.get("lists")?.tools).toEqual({ count: 1, listing: 2 });
    expect(rig.registry.tools("nobody")).toBeNull();
    rig.secrets.clear();
  });

  test("a start that fails inside of us is one in its log and in its state like any other, without the error's own text", async () => {
    rig.secrets.set("a/KEY", "value-of-the-key");
    await rig.registry.add("fault", { command: process.execPath, env: { KEY: "${keychain:a/KEY}" } }, true);
    const get = vi.spyOn(rig.secrets, "get").mockImplementation(() => {
      throw new RangeError("value-of-the-key");
    });
    const launched = await rig.registry.launch("fault", someone);
    get.mockRestore();
    rig.secrets.clear();
    const message = "The server could not be started, because something failed inside Portcullis (RangeError).";
    expect(launched).toMatchObject({ ok: false, error: { code: "internal", message } });
    expect(rig.registry.get("fault")?.state).toMatchObject({ kind: "failed", error: { message } });
    expect((await rig.registry.log("fault", 10)).at(-1)).toContain(message);
    expect(rig.journal.at(-1)).toMatchObject({ kind: "server-refused", server: "fault" });
  });

  test("what is not there, and what cannot be pinned, is said clearly", async () => {
    await rig.registry.add("nowhere", { command: "no-such-program-anywhere" }, true);
    expect(await rig.registry.launch("nowhere", someone)).toMatchObject({ ok: false, error: { code: "not-found" } });
    await rig.registry.add("git", { command: "npx", args: ["-y", "github:a/b"] }, true);
    const launched = await rig.registry.launch("git", someone);
    expect(launched).toMatchObject({ ok: false, error: { code: "cannot-start" } });
    expect(launched.ok ? "" : launched.error.message).toContain("get it yourself");
    const unknown = { code: "not-found", hint: "portcullis server list shows them." };
    expect(await rig.registry.launch("unknown", someone)).toMatchObject({ ok: false, error: unknown });
    expect(await rig.registry.remove("unknown")).toMatchObject({ ok: false, error: unknown });
  });

  test("a folder it may read that does not exist is an error before anything starts", async ({ skip }) => {
    if (rig.cannot !== undefined) skip(`nothing can be boxed here: ${rig.cannot}`);
    await rig.registry.add("folder", { command: "true", sandbox: { read: ["~/not-there"] } }, true);
    expect(await rig.registry.launch("folder", someone)).toMatchObject({ ok: false, error: { code: "bad-input" } });
  });

  test.each([false, true])("a working folder that does not exist is said, with the sandbox waived: %s", async (waived) => {
    const name = `nowhere-${String(waived)}`;
    const cwd = path.join(rig.home, "not-there");
    await rig.registry.add(name, { command: "true", cwd, ...(waived ? { sandbox: { waived } } : {}) }, true);
    const message = `The working folder “${cwd}” does not exist.`;
    expect(await rig.registry.launch(name, someone)).toMatchObject({ ok: false, error: { code: "cannot-start", message } });
  });
});

describe("what the first start asks for", () => {
  test("is found out before: the login shell's PATH, and what kinds of box are needed", async () => {
    const asked = path.join(rig.home, "asked");
    const shell = put("shell", `#!/bin/sh\necho asked >> ${asked}\nexec /bin/sh "$@"\n`, 0o755);
    const own = await createRig({ env: { SHELL: shell } });
    try {
      const getReady = vi.spyOn(own.sandbox, "getReady");
      expect(fs.existsSync(asked)).toBe(false);
      await own.registry.add("plain", { command: process.execPath }, false);
      await until("the shell is asked", () => fs.existsSync(asked));
      expect(getReady).toHaveBeenLastCalledWith({ waived: false, hosts: false });
      await own.registry.add("hosts", { command: process.execPath, sandbox: { hosts: ["localhost:9"] } }, false);
      await until("a supervisor is wanted", () => getReady.mock.lastCall?.[0].hosts === true);
      await own.registry.add("waived", { command: process.execPath, sandbox: { waived: true, hosts: ["localhost:9"] } }, false);
      await own.registry.setDisabled("hosts", true);
      await until("none is wanted, but the waived one's trial", () => getReady.mock.lastCall?.[0].hosts === false);
      expect(getReady).toHaveBeenLastCalledWith({ waived: true, hosts: false });
      getReady.mockClear();
      await own.restart();
      await until("after a restart too", () => getReady.mock.lastCall?.[0].waived === true);
      await until("the shell is asked again, once", () => fs.readFileSync(asked, "utf8") === "asked\nasked\n");
    } finally {
      await own.close();
    }
  });
});

describe("switching, waiving, explaining", () => {
  test("a disabled server is stopped and not started; enabled again it is accepted as before", async () => {
    await rig.registry.add("sleeper", { command: "sleep", args: ["600"], sandbox: { waived: true } }, true);
    const launched = await rig.registry.launch("sleeper", someone);
    expect(launched.ok).toBe(true);
    expect((await rig.registry.setDisabled("sleeper", true)).ok).toBe(true);
    expect(rig.registry.get("sleeper")).toMatchObject({ state: { kind: "disabled" }, instances: [] });
    expect(await rig.registry.launch("sleeper", someone)).toMatchObject({ ok: false, error: { code: "disabled" } });
    expect(await rig.registry.setDisabled("sleeper", false)).toMatchObject({ ok: true, value: { state: { kind: "idle" } } });
    expect(rig.settings.current().mcpServers?.["sleeper"]).not.toHaveProperty("disabled");
  });

  test("a waiver is a change that must be accepted, and is seen", async () => {
    await rig.registry.add("boxed", { command: "sleep", args: ["600"] }, true);
    const waived = await rig.registry.waive("boxed", true);
    expect(waived).toMatchObject({ ok: true, value: { state: { kind: "changed" }, sandbox: { kind: "waived" } } });
    expect(waived.ok ? waived.value.warnings.join() : "").toContain("without a sandbox");
    expect(await rig.registry.launch("boxed", someone)).toMatchObject({ ok: false, error: { code: "not-accepted" } });
    expect(await rig.registry.waive("boxed", false)).toMatchObject({ ok: true, value: { state: { kind: "idle" } } });
  });

  test("the box in words, and the exact plan", async ({ skip }) => {
    if (rig.cannot !== undefined) skip(`nothing can be boxed here: ${rig.cannot}`);
    fs.mkdirSync(path.join(rig.home, "site"));
    await rig.registry.add("words", { command: "sleep", args: ["1"], sandbox: { write: ["~/site"], hosts: ["example.org"] } }, false);
    const explained = await rig.registry.explain("words");
    if (!explained.ok) throw new Error(explained.error.message);
    expect(explained.value.words.join("\n")).toContain("It can write to ~/site");
    expect(explained.value.words.join("\n")).toContain("It can reach example.org, and no other host.");
    expect(explained.value.plan.join("\n")).toContain(path.join(rig.home, "site"));
  });

  test("a broken settings file starts nothing", async () => {
    await rig.registry.add("fine", { command: "true", sandbox: { waived: true } }, true);
    const text = fs.readFileSync(rig.config, "utf8");
    fs.writeFileSync(rig.config, text.slice(0, -5));
    await until("the problem is seen", () => rig.settings.problem() !== null);
    expect(await rig.registry.launch("fine", someone)).toMatchObject({ ok: false, error: { code: "settings-broken" } });
    fs.writeFileSync(rig.config, text);
    await until("it is mended", () => rig.settings.problem() === null);
    expect((await rig.registry.launch("fine", someone)).ok).toBe(true);
  });

  test("closing stops everything that runs", async () => {
    const own = await createRig();
    try {
      await own.registry.add("sleeper", { command: "sleep", args: ["600"], sandbox: { waived: true } }, true);
      const launched = await own.registry.launch("sleeper", someone);
      if (!launched.ok) throw new Error(launched.error.message);
      await own.registry.close();
      expect(await launched.value.exited).toBeDefined();
      expect(await own.registry.launch("sleeper", someone)).toMatchObject({ ok: false, error: { code: "closing" } });
    } finally {
      await own.close();
    }
  });
});
