import fs from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ServerProcess } from "../../electron/servers/server-process.ts";
import { createRig, until } from "../fixtures/registry/rig.ts";
import type { Rig } from "../fixtures/registry/rig.ts";

// Threats 25 and 26 as far as launching goes: a lent secret is in the environment of the server's process and nowhere else.
let rig: Rig;
const secret = "tok_9f86d081884c7d659a2feaa0c55ad015";
const someone = { client: "a", sessionId: "a" };

beforeAll(async () => {
  process.env["PORTCULLIS_TEST_LEAK"] = "leak";
  rig = await createRig();
  rig.secrets.set("test/TOKEN", secret);
});
afterAll(async () => {
  delete process.env["PORTCULLIS_TEST_LEAK"];
  await rig.close();
});

/** Starts a Node server that prints what it was given, and reads what it prints until it has. */
async function started(name: string): Promise<{ server: ServerProcess; said: () => string }> {
  const launched = await rig.registry.launch(name, someone);
  if (!launched.ok) throw new Error(`${launched.error.code}: ${launched.error.message}`);
  let said = "";
  launched.value.stdout.on("data", (chunk: Buffer) => {
    said += chunk.toString("utf8");
  });
  await until("it said something", () => said.includes("\n"));
  return { server: launched.value, said: () => said };
}

function script(name: string, text: string): string {
  const folder = path.join(rig.home, "code", name);
  fs.mkdirSync(folder, { recursive: true });
  fs.writeFileSync(path.join(folder, "package.json"), '{"type":"commonjs"}');
  fs.writeFileSync(path.join(folder, "server.js"), text);
  return path.join(folder, "server.js");
}

const forms = [secret, Buffer.from(secret).toString("base64"), Buffer.from(secret).toString("hex"), encodeURIComponent(secret)];

function filesWith(folder: string): readonly string[] {
  return fs
    .readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .filter((file) => {
      const text = fs.readFileSync(file, "latin1");
      return forms.some((form) => text.includes(form));
    });
}

function processesWith(): readonly string[] {
  if (process.platform !== "linux") return [];
  return fs
    .readdirSync("/proc")
    .filter((name) => /^\d+$/u.test(name))
    .filter((pid) => {
      try {
        return fs.readFileSync(`/proc/${pid}/cmdline`, "latin1").includes(secret);
      } catch {
        return false;
      }
    });
}

describe("a secret lent to a server", () => {
  test("by environment: it is there, and in no argv, file, journal, log or view", async ({ skip }) => {
    if (rig.cannot !== undefined) skip(`nothing can be boxed here: ${rig.cannot}`);
    const file = script(
      "env",
      "console.log(process.env.TOKEN); console.error('my token is ' + process.env.TOKEN); setInterval(() => {}, 1000)",
    );
    await rig.registry.add("env", { command: process.execPath, args: [file], env: { TOKEN: "${keychain:test/TOKEN}" } }, true);
    const { server, said } = await started("env");
    expect(said().trim()).toBe(secret);
    expect(processesWith()).toEqual([]);
    await until("its log has it", async () => (await rig.registry.log("env", 50)).some((line) => line.includes("my token is [redacted]")));
    expect(filesWith(rig.home)).toEqual([]);
    const explained = await rig.registry.explain("env");
    for (const form of forms) expect(JSON.stringify([rig.journal, rig.registry.list(), explained])).not.toContain(form);
    expect(rig.journal.find((draft) => draft.kind === "secret-used")).toMatchObject({ server: "env", detail: { secret: "test/TOKEN" } });
    await server.stop();
  });

  test("by a variable whose name only looks like one of the loader's: like by any other", async ({ skip }) => {
    if (rig.cannot !== undefined) skip(`nothing can be boxed here: ${rig.cannot}`);
    const file = script("looks", "console.log(process.env.LD_ACCESS_TOKEN + process.env.MALLOC_KEY); setInterval(() => {}, 1000)");
    const env = { LD_ACCESS_TOKEN: "${keychain:test/TOKEN}", MALLOC_KEY: "${keychain:test/TOKEN}" };
    await rig.registry.add("looks", { command: process.execPath, args: [file], env }, true);
    const { server, said } = await started("looks");
    expect(said().trim()).toBe(secret + secret);
    expect(processesWith()).toEqual([]);
    await server.stop();
  });

  test("by a variable that the loader obeys: refused with the way out, and nothing is started or lent", async () => {
    const out = path.join(rig.home, "ran");
    const env = { LD_LIBRARY_PATH: "/opt/${keychain:test/TOKEN}" };
    await rig.registry.add("loader", { command: "touch", args: [out], env, sandbox: { write: [rig.home] } }, true);
    const before = rig.journal.length;
    const launched = await rig.registry.launch("loader", someone);
    expect(launched).toMatchObject({ ok: false, error: { code: "not-allowed" } });
    expect(launched.ok ? "" : launched.error.message).toContain("LD_LIBRARY_PATH");
    expect(fs.existsSync(out)).toBe(false);
    expect(rig.journal.slice(before).map((draft) => draft.kind)).toEqual(["server-refused"]);
  });

  test("by argument, to Node: process.argv has it, argv does not", async ({ skip }) => {
    if (rig.cannot !== undefined) skip(`nothing can be boxed here: ${rig.cannot}`);
    const file = script(
      "args",
      "console.log(JSON.stringify([process.argv.slice(2), Object.values(process.env).some((v) => v.includes('tok_'))])); setInterval(() => {}, 1000)",
    );
    const args = [file, "--header", "Authorization: Bearer ${keychain:test/TOKEN}"];
    await rig.registry.add("args", { command: process.execPath, args }, true);
    const { server, said } = await started("args");
    expect(JSON.parse(said())).toEqual([["--header", `Authorization: Bearer ${secret}`], false]);
    expect(processesWith()).toEqual([]);
    expect(filesWith(rig.home)).toEqual([]);
    await server.stop();
  });

  test("by argument, to anything else: refused with the way out, and nothing is started or lent", async () => {
    const out = path.join(rig.home, "ran");
    await rig.registry.add("other", { command: "touch", args: [out, "--token=${keychain:test/TOKEN}"], sandbox: { waived: true } }, true);
    const before = rig.journal.length;
    const launched = await rig.registry.launch("other", someone);
    expect(launched).toMatchObject({ ok: false, error: { code: "not-allowed" } });
    expect(fs.existsSync(out)).toBe(false);
    expect(rig.journal.slice(before).map((draft) => draft.kind)).toEqual(["server-refused"]);
  });

  test("missing: the server is not started, and never gets an empty one", async () => {
    const out = path.join(rig.home, "ran");
    await rig.registry.add("missing", { command: "touch", args: [out], env: { T: "${keychain:none}" }, sandbox: { waived: true } }, true);
    expect(await rig.registry.launch("missing", someone)).toMatchObject({ ok: false, error: { code: "secret-missing" } });
    expect(fs.existsSync(out)).toBe(false);
    expect(rig.registry.get("missing")?.state.kind).toBe("failed");
  });
});

describe("the environment of a server (threat 30)", () => {
  test("is an allow-list and what its settings name, nothing of ours", async ({ skip }) => {
    if (rig.cannot !== undefined) skip(`nothing can be boxed here: ${rig.cannot}`);
    const file = script("all", "console.log(JSON.stringify(process.env)); setInterval(() => {}, 1000)");
    await rig.registry.add("all", { command: process.execPath, args: [file], env: { MINE: "yes" } }, true);
    const { server, said } = await started("all");
    const seen = JSON.parse(said()) as Record<string, string>;
    expect(seen["MINE"]).toBe("yes");
    expect(seen["HOME"]).toBe(path.join(rig.data, "state", "all"));
    const allowed = /^(?:PATH|HOME|LOGNAME|SHELL|TERM|USER|LANG|LANGUAGE|LC_\w+|TZ|TMPDIR|PWD|SHLVL|_|MINE)$/u;
    expect(Object.keys(seen).filter((name) => !allowed.test(name))).toEqual([]);
    await server.stop();
  });
});
