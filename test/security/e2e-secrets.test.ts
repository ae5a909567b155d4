import { randomBytes } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { connectClient, connectRawClient } from "../fixtures/e2e/connect.ts";
import { familyOf, processes, until } from "../fixtures/e2e/processes.ts";
import { addEverything, addFixture, startApp } from "../fixtures/e2e/running-app.ts";
import type { RunningApp } from "../fixtures/e2e/running-app.ts";
import { keyringMissing, startPrivateKeyring } from "../integration/vault/private-keyring.ts";
import type { PrivateKeyring } from "../integration/vault/private-keyring.ts";

// Threat 25 on the running app: three secrets lent to two boxed servers that tell all they know. Searched for in spellings that are written
// down here, not taken from the redactor. And a keychain that fails in every way it can, under the running app.

const missing = keyringMissing();
if (missing !== null) console.log(`skipped: secrets through the running app: ${missing}`);

const secrets = {
  "app/TOKEN": `ghp_${randomBytes(18).toString("hex")}`,
  "app/PASSWORD": `p"w\\d/ü+${randomBytes(9).toString("base64url")}&=?%`,
  "app/LONG": randomBytes(2_000).toString("base64"),
};

function traces(value: string): readonly string[] {
  // Of a long one any part would be a leak as well.
  const parts = value.length > 200 ? [value.slice(0, 60), value.slice(1_000, 1_060), value.slice(-60)] : [value];
  return parts.flatMap((part) => {
    const bytes = Buffer.from(part);
    return [
      part,
      JSON.stringify(part).slice(1, -1),
      encodeURIComponent(part),
      bytes.toString("hex"),
      bytes.toString("base64").replaceAll("=", "").slice(0, -1),
      bytes.toString("base64url").slice(0, -1),
    ];
  });
}
const allTraces = Object.values(secrets).flatMap(traces);

/** The spellings that are found in a text; letter case does not hide them. */
function found(text: string): string[] {
  const lower = text.toLowerCase();
  return allTraces.filter((trace) => text.includes(trace) || (/^[0-9a-f]+$/u.test(trace) && lower.includes(trace)));
}

function filesBelow(folder: string): string[] {
  return fs
    .readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name));
}

describe.skipIf(missing !== null)("on the running app", () => {
  let keyring: PrivateKeyring;
  let app: RunningApp;

  beforeAll(async () => {
    keyring = await startPrivateKeyring();
    const { DBUS_SESSION_BUS_ADDRESS = "" } = keyring.env;
    app = await startApp({ env: { DBUS_SESSION_BUS_ADDRESS } });
    for (const [name, value] of Object.entries(secrets)) {
      const set = await app.run(["secret", "set", name], `${value}\n`);
      if (set.status !== 0) throw new Error(set.stderr);
    }
    const env = [
      "--env",
      "TOKEN=${keychain:app/TOKEN}",
      "--env",
      "HEADER=Basic ${keychain:app/PASSWORD}",
      "--env",
      "LONG=${keychain:app/LONG}",
    ];
    await addEverything(app, "everything", env);
    await addFixture(app, "leaky", "leaky.mjs", ["-", "TOKEN", "HEADER", "LONG"], env);
    await addEverything(app, "plain");
    for (const name of ["everything", "leaky", "plain"]) await app.ok("rules", "add", "--allow", "--server", name);
  });
  afterAll(async () => {
    await app.close();
    await keyring.close();
  });

  test("get-env of server-everything: the names are there, no value in any spelling", async () => {
    const { client } = await connectClient(app, "everything");
    const answer = JSON.stringify(await client.callTool({ name: "get-env", arguments: {} }));
    for (const name of ["TOKEN", "HEADER", "LONG"]) expect(answer).toContain(`\\"${name}\\"`);
    expect(found(answer)).toEqual([]);
    // While it runs: nobody but the boxed server itself has a value in its environment, and nobody at all in its arguments.
    const view = await app.json<{ instances: { pid: number }[] }>("server", "show", "everything");
    const boxed = new Set(view.instances.flatMap(({ pid }) => familyOf(pid)).map(({ pid }) => pid));
    expect(boxed.size).toBeGreaterThan(0);
    const all = processes();
    expect(all.filter(({ command }) => found(command).length > 0)).toEqual([]);
    const holders = all.filter(({ environment }) => found(environment).length > 0).map(({ pid }) => pid);
    expect(holders).not.toEqual([]);
    expect(holders.filter((pid) => !boxed.has(pid))).toEqual([]);
    await client.close();
  });

  test("a server that spells them in every way, everywhere: no line to the client has one", async () => {
    const raw = connectRawClient(app, "leaky");
    raw.send({
      id: 1,
      method: "initialize",
      params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "r", version: "1" } },
    });
    await raw.answer(1);
    raw.send({ id: 2, method: "tools/list" });
    await raw.answer(2);
    for (const [id, name] of [
      [3, "leak"],
      [4, "error"],
      [5, "crash"],
    ] as const) {
      raw.send({ id, method: "tools/call", params: { name, arguments: {} } });
      await raw.answer(id);
    }
    expect(await raw.end()).toBe(0);
    const heard = raw.lines.join("\n");
    expect(heard).toContain("TOKEN: ");
    expect(heard).not.toContain("MISSING");
    expect(found(heard)).toEqual([]);
  });

  test.skipIf(process.platform !== "linux")("nor would a core dump of the app, or of a helper: both are without their memory", () => {
    const ours = [
      app.pid(),
      ...familyOf(app.pid())
        .filter(({ command }) => command.includes("-helper"))
        .map(({ pid }) => pid),
    ];
    expect(ours.length).toBeGreaterThan(1);
    for (const pid of ours) expect(fs.readFileSync(`/proc/${String(pid)}/coredump_filter`, "utf8").trim()).toBe("00000000");
  });

  test("nor has any file of ours, the state for the windows, a command's output, or what the app itself printed", async () => {
    const outputs = [app.said()];
    for (const args of [
      ["server", "show", "leaky", "--json"],
      ["server", "tools", "leaky", "--json"],
      ["server", "log", "leaky", "-n", "2000"],
      ["server", "list", "--json"],
      ["sandbox", "explain", "everything", "--json"],
      ["secret", "list", "--json"],
      ["journal", "export"],
      ["journal", "export", "--format", "csv"],
      ["doctor", "--json"],
      ["status", "--json"],
    ]) {
      const ran = await app.run(args);
      outputs.push(ran.stdout, ran.stderr);
    }
    const state = await app.ask("state.get", undefined);
    outputs.push(JSON.stringify(state));
    expect(outputs.join("\n")).toContain("app/PASSWORD");
    expect(outputs.filter((text) => found(text).length > 0)).toEqual([]);

    const log = await app.ok("server", "log", "leaky", "-n", "2000");
    expect(log).toContain("about to crash: TOKEN: ");
    // The page that the app answers with while it runs, and everything on the disk: config, journal and its log, index, server logs.
    const files = filesBelow(app.place);
    expect(files.some((file) => file.endsWith("journal.db"))).toBe(true);
    expect(files.filter((file) => found(fs.readFileSync(file, "latin1")).length > 0)).toEqual([]);
    expect(files.filter((file) => found(fs.readFileSync(file, "utf8")).length > 0)).toEqual([]);
    const used = await app.journal("--kind", "secret-used", "--server", "leaky");
    expect(used.map(({ detail }) => detail?.["secret"])).toContain("app/LONG");
  });

  describe("when the keychain fails, a launch says how, in time, and the app goes on", () => {
    afterEach(async () => {
      keyring.signal("SIGCONT");
      await keyring.restart();
    });

    /** What a client that starts the server hears, and how long it takes. */
    async function launch(server: string): Promise<{ error: string; ms: number }> {
      const started = performance.now();
      const raw = connectRawClient(app, server);
      raw.send({
        id: 1,
        method: "initialize",
        params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "r", version: "1" } },
      });
      const { error } = await raw.answer(1);
      const ms = performance.now() - started;
      await raw.end();
      return { error: error?.message ?? "", ms };
    }

    const cases: readonly [string, () => Promise<void> | void, RegExp, string][] = [
      ["locked", () => keyring.lock(), /locked/u, "vault-locked"],
      ["gone", () => keyring.kill(), /cannot be read/u, "vault-unavailable"],
      ["hung", () => keyring.signal("SIGSTOP"), /did not answer in time/u, "timed-out"],
    ];
    test.each(cases)("%s", async (_how, act, words, code) => {
      await act();
      const before = (await app.journal("--kind", "server-launched", "--server", "leaky")).length;
      const { error, ms } = await launch("leaky");
      expect(error).toMatch(words);
      expect(found(error)).toEqual([]);
      expect(ms).toBeLessThan(9_000);
      expect((await app.journal("--kind", "server-refused", "--server", "leaky")).at(-1)).toMatchObject({ detail: { code } });
      expect(await app.journal("--kind", "server-launched", "--server", "leaky")).toHaveLength(before);
      // A server without secrets is none the worse, and the journal is written.
      const plain = await launch("plain");
      expect(plain.error).toBe("");
      expect(await app.ok("status")).toContain("is running");
    });

    test("its helper killed in the middle: another one answers", async () => {
      keyring.signal("SIGSTOP");
      const started = launch("leaky");
      const helpers = (): number[] =>
        familyOf(app.pid())
          .filter(({ command }) => command.includes("keychain-helper"))
          .map(({ pid }) => pid);
      await until("the helper asks", () => helpers().length > 0);
      for (const pid of helpers()) process.kill(pid, "SIGKILL");
      keyring.signal("SIGCONT");
      expect((await started).error).toBe("");
    });

    test("and deleted behind our back: missing is said, nothing is started with an empty value", async () => {
      await app.ok("secret", "delete", "app/LONG");
      expect((await launch("leaky")).error).toContain("app/LONG");
      expect(await app.run(["secret", "set", "app/LONG"], secrets["app/LONG"])).toMatchObject({ status: 0 });
      expect((await launch("leaky")).error).toBe("");
    });

    test("and put back after it was deleted or replaced: it is lent again as it was, and printed by none of that", async () => {
      const said = [
        await app.ok("secret", "delete", "app/LONG"),
        await app.ok("secret", "restore", "app/LONG"),
        JSON.stringify(await app.run(["secret", "set", "app/LONG"], "another")),
        await app.ok("secret", "restore", "app/LONG"),
      ].join("\n");
      expect(found(said)).toEqual([]);
      expect(said.match(/portcullis secret restore app\/LONG/gu)).toHaveLength(2);
      const { client } = await connectClient(app, "everything");
      const answer = JSON.stringify(await client.callTool({ name: "get-env", arguments: {} }));
      await client.close();
      expect(answer).toContain('\\"LONG\\"');
      expect(answer).not.toContain("another");
      expect(found(answer)).toEqual([]);
    });
  });
});
