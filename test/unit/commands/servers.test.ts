import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createCommandBench, serverView, snapshot } from "../../fixtures/clients/command-bench.ts";
import type { CommandBench } from "../../fixtures/clients/command-bench.ts";

let bench: CommandBench;
beforeEach(() => {
  bench = createCommandBench();
});
afterEach(() => bench.close());

describe("server add and accept", () => {
  it("shows all of it, and accepts what was shown only after a yes", async () => {
    const view = { ...serverView, warnings: ["It can change your files."] };
    await bench.startApp({ "server.add": view, "server.accept": { ...view, state: { kind: "idle" } }, "server.remove": undefined });
    const line = ["server", "add", "files", "--", "npx", "-y", "x"];
    for (const [typed, accepted] of [
      ["y\n", true],
      ["yes\n", true],
      ["n\n", false],
      ["\n", false],
      ["", false],
      ["yeah\n", false],
    ] as const) {
      bench.asked.length = 0;
      const { status, errors } = await bench.run(line, typed, true);
      expect(status).toBe(accepted ? 0 : 1);
      expect(errors).toContain("npx -y @modelcontextprotocol/server-filesystem '/home/ann/my notes'");
      expect(errors).toContain("TOKEN (secret: github/token)");
      expect(errors).toContain("! It can change your files.");
      expect(bench.asked[0]).toEqual({
        channel: "server.add",
        input: { name: "files", settings: { command: "npx", args: ["-y", "x"] }, accept: false },
      });
      const accepts = bench.asked.filter(({ channel }) => channel === "server.accept");
      expect(accepts.map(({ input }) => input)).toEqual(accepted ? [{ name: "files", fingerprint: "fp-1" }] : []);
      // A no takes it out again.
      const removes = bench.asked.filter(({ channel }) => channel === "server.remove");
      expect(removes.map(({ input }) => input)).toEqual(accepted ? [] : [{ name: "files" }]);
      expect(errors.includes("Nothing was changed")).toBe(!accepted);
    }
  });

  it("without a terminal adds it unaccepted and says so; --yes accepts", async () => {
    await bench.startApp({ "server.add": serverView, "server.accept": { ...serverView, state: { kind: "idle" } } });
    const unaccepted = await bench.run(["server", "add", "files", "--", "npx"], "y\n");
    expect(unaccepted.status).toBe(0);
    expect(unaccepted.errors).toContain("portcullis server accept files");
    expect(bench.asked.map(({ channel }) => channel)).toEqual(["server.add"]);
    const accepted = await bench.run(["server", "add", "files", "--yes", "--json", "--", "npx"]);
    expect(accepted.status).toBe(0);
    expect(JSON.parse(accepted.out)).toMatchObject({ name: "files", state: { kind: "idle" } });
  });

  it("cannot be made to show something else: line breaks, escapes and padding stand there as they are", async () => {
    const args = ["ok\n  env       NOTHING", "\u001b[2K\r", "a\u202eb", `${" ".repeat(6000)}; rm -rf ~`];
    await bench.startApp({ "state.get": snapshot({ servers: [{ ...serverView, args }] }), "server.accept": serverView });
    const { errors } = await bench.run(["server", "accept", "files"], "n\n", true);
    expect(errors).not.toContain("\u001b");
    expect(errors).not.toContain("\u202e");
    expect(errors).toContain("'ok⟨U+000A⟩  env       NOTHING' '⟨U+001B⟩[2K⟨U+000D⟩' 'a⟨U+202E⟩b'");
    expect(errors).toContain("'⟨6000 spaces⟩; rm -rf ~'");
  });

  it("cannot be made to show something else by what a terminal does at the end of a row", async () => {
    const forged = "  may write nothing";
    const args = Array.from({ length: 40 }, (_none, at) => `${"x".repeat(at)}${forged}`);
    await bench.startApp({ "state.get": snapshot({ servers: [{ ...serverView, args }] }), "server.accept": serverView });
    const { errors } = await bench.run(["server", "accept", "files"], "n\n", true, 40);
    const shown = errors.split("\n").filter((line) => !line.startsWith("Let files run"));
    for (const line of shown.slice(0, -2)) expect(line.length, line).toBeLessThanOrEqual(40);
    expect(shown.filter((line) => line.startsWith(forged))).toEqual(["  may write nothing"]);
  });

  it("warns of a secret in plain text", async () => {
    await bench.startApp({ "server.add": serverView });
    const { errors } = await bench.run(["server", "add", "files", "--env", "API_TOKEN=hunter2-hunter2", "--", "npx"]);
    expect(errors).toContain("API_TOKEN looks like a secret");
    expect(errors).not.toContain("hunter2");
  });
});

it("server accept that is answered with no, or asks nobody, is status 1", async () => {
  await bench.startApp({ "state.get": snapshot({ servers: [serverView] }) });
  expect(await bench.run(["server", "accept", "files"], "n\n", true)).toMatchObject({ status: 1 });
  const unasked = await bench.run(["server", "accept", "files"]);
  expect(unasked.status).toBe(1);
  expect(unasked.errors).toContain("server accept files --yes");
  expect(bench.asked.map(({ channel }) => channel)).toEqual(["state.get", "state.get"]);
});

it("what is not there any more is told as nothing", async () => {
  const changes = [{ field: "sandbox.read", before: '["/a"]', after: null }];
  await bench.startApp({ "state.get": snapshot({ servers: [{ ...serverView, state: { kind: "changed", changes } }] }) });
  expect((await bench.run(["server", "accept", "files"])).errors).toContain('sandbox.read has changed: ["/a"] → nothing');
});

describe("a config.json that cannot be used while the app runs", () => {
  it("is said by every server command, and does not pass for an empty one", async () => {
    mkdirSync(bench.paths.config, { recursive: true });
    writeFileSync(path.join(bench.paths.config, "config.json"), "{,");
    await bench.startApp({ "state.get": snapshot(), "server.stop": undefined });
    for (const line of ["list", "list --json", "stop files"]) {
      const { status, out, errors } = await bench.run(["server", ...line.split(" ")]);
      expect(status, line).toBe(1);
      expect(errors).toContain("config.json, line 1, column 2: ");
      expect(out).not.toContain("No servers yet");
    }
  });
});

it("server start lists the tools", async () => {
  await bench.startApp({ "server.start": serverView, "server.knownTools": [{ name: "read_file", description: "Reads." }] });
  const { status, out } = await bench.run(["server", "start", "files"]);
  expect(status).toBe(0);
  expect(out).toContain("files starts and answers.");
  expect(out).toMatch(/read_file +Reads\./);
});

it("server start says each step of an installation once", async () => {
  const step = (text: string): object => ({
    revision: 1,
    slices: { servers: [{ ...serverView, state: { kind: "installing", step: text } }] },
  });
  const pushed = ["Installing x …", "Installing x …", "Checking x …"].map((text) => ["state.changed", step(text)] as const);
  await bench.startApp({ "server.start": serverView, "server.knownTools": [] }, pushed);
  const { errors } = await bench.run(["server", "start", "files"]);
  expect(errors).toBe("Installing x …\nChecking x …\n");
});

it("server list has a state of one line", async () => {
  const error = { code: "cannot-start", message: `It did not start: ${"and on ".repeat(100)}\nand more` } as const;
  await bench.startApp({ "state.get": snapshot({ servers: [{ ...serverView, state: { kind: "failed", error, at: 1 } }] }) });
  const { out } = await bench.run(["server", "list"]);
  expect(out).toContain("failed: It did not start");
  expect(Math.max(...out.split("\n").map((line) => line.length))).toBeLessThan(160);
});

describe("server add says what is meant", () => {
  it.each([
    [["--host", "https://api.github.com/", "--", "node"], "write api.github.com"],
    [["npx", "-y", "foo"], "put the command after --"],
    [["--env", "TOKEN=${keychan:nope/x}", "--", "node"], "${keychan:…}"],
  ])("%j", async (line, said) => {
    await bench.startApp({});
    const { status, errors } = await bench.run(["server", "add", "x", ...line]);
    expect(status).toBe(2);
    expect(errors).toContain(said);
    expect(bench.asked).toEqual([]);
  });

  it("and leaves a shell's own words alone", async () => {
    await bench.startApp({ "server.add": serverView });
    for (const value of ["${HOME:-/x}", "${a:1:2}", "${keychain:env/x}", "$x:y"]) {
      expect(await bench.run(["server", "add", "x", "--env", `A=${value}`, "--", "node"])).toMatchObject({ status: 0 });
    }
  });
});

it("open says that the window of the desktop app is up", async () => {
  await bench.startApp({ "app.open": { kind: "window" } });
  expect(await bench.run(["open"])).toMatchObject({ status: 0, out: "The window is up.\n" });
});

it("vault status asks the vault anew", async () => {
  await bench.startApp({ "doctor.run": [], "state.get": snapshot() });
  expect(await bench.run(["vault", "status"])).toMatchObject({ status: 0 });
  expect(bench.asked.map(({ channel }) => channel)).toEqual(["doctor.run", "state.get"]);
});

it("vault unlock asks for the passphrase of the file only: a keychain asks itself", async () => {
  await bench.startApp({ "state.get": snapshot(), "vault.unlock": { kind: "ready", store: "keychain" } });
  expect(await bench.run(["vault", "unlock"])).toMatchObject({ status: 0 });
  expect(bench.asked.at(-1)).toEqual({ channel: "vault.unlock", input: { passphrase: "" } });
});
