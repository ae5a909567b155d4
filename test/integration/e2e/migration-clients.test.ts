import { spawn } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Migration, Plan, Scan } from "../../../shared/model/migration.ts";
import { codexServers } from "../../fixtures/e2e/codex-status.ts";
import { connectTo } from "../../fixtures/e2e/connect.ts";
import { installProgram, installRealClients, runProgram } from "../../fixtures/e2e/real-clients.ts";
import type { ProgramClient, RealClients } from "../../fixtures/e2e/real-clients.ts";
import { createPlace, node, type RunningApp } from "../../fixtures/e2e/running-app.ts";
import { writeSevenClients } from "../../fixtures/e2e/seven-clients.ts";
import type { ConfiguredServer, SevenClients } from "../../fixtures/e2e/seven-clients.ts";
import { filesWith, sha256, snapshot } from "../../fixtures/migrate/configs.ts";
import { keyringMissing, startPrivateKeyring, type PrivateKeyring } from "../vault/private-keyring.ts";

// The home of someone with seven clients: moved, used by the clients themselves, and put back. Portcullis' own files are where they are on
// a person's machine: some clients (Codex) pass on little of their environment, and the bridge has to find the app all the same.

const missing = keyringMissing();
if (missing !== null) console.warn(`skipped: seven migrated clients (${missing})`);

describe.skipIf(missing !== null)("seven clients", { timeout: 300_000 }, () => {
  let keyring: PrivateKeyring;
  let app: RunningApp;
  let clients: SevenClients;
  let before: ReadonlyMap<string, string>;
  let real: RealClients | string;
  const programs: Partial<Record<ProgramClient, string>> = {};

  beforeAll(async () => {
    real = await installRealClients();
    if (typeof real === "string") console.warn(`skipped: Claude Code and Gemini CLI (${real})`);
    for (const client of ["codex", "opencode", "copilot"] as const) {
      const installed = await installProgram(client);
      if (installed.ok) programs[client] = installed.value;
      else console.warn(`skipped: ${client} (${installed.error.message})`);
    }
  }, 400_000);
  beforeEach(async () => {
    // Each has its own: where nothing moves the app's files, they share the names in the keychain, too.
    keyring = await startPrivateKeyring();
    const bus = keyring.env["DBUS_SESSION_BUS_ADDRESS"] ?? "";
    app = createPlace({ inHome: true, env: { DBUS_SESSION_BUS_ADDRESS: bus, TMPDIR: "/tmp" } });
    clients = writeSevenClients(app.home);
    before = snapshot(app.home);
  });
  afterEach(async () => {
    await app.close();
    await keyring.close();
  });

  const folder = (): readonly string[] => ["--folder", clients.project];
  /** Of what was there at first: Portcullis and the clients may have made files of their own. */
  const now = (): ReadonlyMap<string, string> => snapshot(app.home, (file) => !before.has(path.relative(app.home, file)));
  /** Files with a token: as it is, as JSON and TOML write it, and in six encodings. */
  const plaintext = (): readonly string[] =>
    clients.servers.flatMap(({ token }) => [token, JSON.stringify(token).slice(1, -1)].flatMap((text) => filesWith(text, [app.place])));
  const migrate = async (): Promise<{ plan: Plan; migration: Migration }> => {
    const ran = await app.run(["migrate", ...folder(), "--yes", "--json"]);
    expect(ran.status, ran.stderr).toBe(0);
    return JSON.parse(ran.stdout) as { plan: Plan; migration: Migration };
  };
  /** What the server says that it got, when it is launched by the very words of its client's config, with no more than HOME and PATH. */
  const arrives = async ({ launch }: ConfiguredServer): Promise<string> => {
    const { command, args, env } = launch();
    const client = await connectTo({ command, args, env: { HOME: app.home, PATH: app.env["PATH"] ?? "", ...env } });
    try {
      return (await client.call("who")).text;
    } finally {
      await client.close();
    }
  };
  const launches = async (): Promise<number> => (await app.journal("--kind", "server-launched")).length;

  test("a scan and a dry run change no byte, mode or time of any file, and nothing in the keychain", async () => {
    const keychain = path.join(keyring.env["HOME"] ?? "", "data");
    const everything = () => [snapshot(app.place), times(app.place), snapshot(keychain), times(keychain)];
    const was = everything();
    const scan = await app.json<Scan>("scan", ...folder());
    expect(new Set(scan.files.map(({ path: file }) => file))).toEqual(new Set(clients.files));
    expect(scan.files.filter(({ status }) => status.kind !== "ready")).toEqual([]);
    expect(scan.secrets.filter((secret) => secret.class !== "unlikely")).toHaveLength(clients.servers.length);
    const dry = await app.json<{ plan: Plan }>("migrate", "--dry-run", ...folder());
    expect(new Set(dry.plan.files.map(({ path: file }) => file))).toEqual(new Set(clients.files));
    expect(everything()).toEqual(was);
    for (const { token } of clients.servers) expect(JSON.stringify([scan, dry])).not.toContain(JSON.stringify(token).slice(1, -1));
  });

  test("every token arrives by the words of every migrated config, none is left in a file, and without the app all is put back byte for byte", async () => {
    expect(new Set(plaintext())).toEqual(new Set(clients.files));
    await app.start();
    const programFolder = path.join(app.place, "bin");
    fs.mkdirSync(programFolder);
    // One that is a program, one that is a script of Node; both are clients that no other test runs at the same time.
    fs.symlinkSync(node, path.join(programFolder, "copilot"));
    fs.writeFileSync(path.join(programFolder, "opencode"), "setInterval(() => undefined, 1000);\n");
    const ours = (name: string): boolean => name === "Copilot CLI" || name === "opencode";
    const running = async (): Promise<readonly string[]> => {
      const { files } = await app.json<Scan>("scan", ...folder());
      return files.flatMap((file) => (file.running && ours(file.clientName) ? [file.clientName] : [])).sort();
    };
    expect(await running()).toEqual([]);
    const started = [
      await startIdle(path.join(programFolder, "copilot"), ["-e", "setInterval(() => undefined, 1000)"]),
      await startIdle(node, [path.join(programFolder, "opencode")]),
    ];
    let plan: Plan;
    let migration: Migration;
    try {
      expect(await running()).toEqual(["Copilot CLI", "opencode"]);
      ({ plan, migration } = await migrate());
    } finally {
      for (const idle of started) await idle.end();
    }
    expect(await running()).toEqual([]);
    const told = migration.restart.map(({ client, how }) => `${client}: ${how}`);
    expect(told).toEqual(expect.arrayContaining(["Copilot CLI: Start Copilot CLI again.", "opencode: Start opencode again."]));
    expect(plan.stays.map(({ server }) => server)).toEqual(["remote"]);
    expect(new Set(migration.files.map(({ path: file, state }) => `${state} ${file}`))).toEqual(
      new Set(clients.files.map((file) => `applied ${file}`)),
    );
    expect(migration.servers.map(({ name, state }) => `${name} ${state}`).sort()).toEqual(
      [...new Set(clients.servers.map(({ server }) => `${server} verified`))].sort(),
    );
    expect(plaintext()).toEqual([]);

    await app.ok("rules", "add", "--allow", "--everything");
    for (const configured of clients.servers) {
      const { args, env } = configured.launch();
      expect(args.slice(1), configured.file).toEqual(["connect", configured.server, "--client", configured.client]);
      expect(env).toEqual({});
      expect(await arrives(configured), configured.file).toBe(sha256(configured.token));
    }
    const sessions = await app.journal("--kind", "client-connected");
    expect(new Set(sessions.map(({ client }) => client))).toEqual(new Set(clients.servers.map(({ client }) => client)));
    expect(plaintext()).toEqual([]);

    await app.stop();
    const restored = await app.run(["restore", "--yes", "--json"]);
    expect(restored.status, restored.stderr).toBe(0);
    expect(now()).toEqual(before);
    for (const configured of clients.servers) expect(await arrives(configured), configured.file).toBe(sha256(configured.token));
    await app.start();
    expect(await app.json<unknown[]>("server", "list")).toEqual([]);
    expect(await app.json<unknown[]>("secret", "list")).toEqual([]);
    expect(await app.json<{ kind: string }>("journal", "verify")).toMatchObject({ kind: "intact" });
  });

  test("the clients themselves connect through Portcullis afterwards, and directly again when it is undone", async () => {
    await app.start();
    await migrate();
    const moved = await launches();
    expect(moved).toBeGreaterThan(0);
    expect(await connected()).toEqual(allConnected());
    expect(await copilotShows()).toEqual(programs.copilot === undefined ? null : { bridge: true, token: false });
    const used = new Set((await app.journal("--kind", "client-connected")).map(({ client }) => client));
    expect(used).toEqual(new Set(Object.keys(allConnected())));
    expect(plaintext()).toEqual([]);

    // Claude Code writes its file at every start: there only what is ours can be as it was.
    const restored = await app.run(["restore", "--yes"]);
    expect(restored.status, restored.stderr).toBe(0);
    const claude = ".claude.json";
    const without = (all: ReadonlyMap<string, string>) => [...all].filter(([file]) => file !== claude);
    expect(without(now())).toEqual(without(before));
    for (const configured of clients.servers) expect(await arrives(configured), configured.file).toBe(sha256(configured.token));
    const undone = await launches();
    const sessions = (await app.journal("--kind", "client-connected")).length;
    expect(await connected()).toEqual(allConnected());
    expect(await copilotShows()).toEqual(programs.copilot === undefined ? null : { bridge: false, token: true });
    expect(await launches()).toBe(undone);
    expect(await app.journal("--kind", "client-connected")).toHaveLength(sessions);
  });

  const quiet = { DISABLE_TELEMETRY: "1", DISABLE_AUTOUPDATER: "1", DISABLE_ERROR_REPORTING: "1", NO_COLOR: "1" };
  const says = async (...command: string[]): Promise<string> => {
    const ran = await runProgram(command, { ...app.env, ...quiet, GEMINI_CLI_TRUST_WORKSPACE: "true" }, clients.project);
    return `${ran.stdout}${ran.stderr}`;
  };
  /** By client, the servers that it says it is connected to. */
  async function connected(): Promise<Readonly<Record<string, readonly string[]>>> {
    const named = (text: string, pattern: RegExp): readonly string[] => [...text.matchAll(pattern)].map(([, name = ""]) => name).sort();
    const found: Record<string, readonly string[]> = {};
    if (typeof real !== "string") {
      found["claude-code"] = named(await says(...real.claude, "mcp", "list"), /^(\w+): .*Connected/gmu);
      found["gemini-cli"] = named(await says(...real.gemini, "mcp", "list"), /(\w+): .*Connected/gu);
    }
    if (programs.codex !== undefined) {
      const servers = await codexServers(programs.codex, app.env);
      found["codex"] = servers.filter(({ tools }) => tools.includes("who")).map(({ name }) => name);
    }
    if (programs.opencode !== undefined) found["opencode"] = named(await says(programs.opencode, "mcp", "list"), /✓ (\w+) .*connected/gu);
    return found;
  }
  /** What those list that are installed here. */
  const allConnected = (): Readonly<Record<string, readonly string[]>> => ({
    ...(typeof real === "string" ? {} : { "claude-code": ["github", "team", "tickets"], "gemini-cli": ["search"] }),
    ...(programs.codex === undefined ? {} : { codex: ["db"] }),
    ...(programs.opencode === undefined ? {} : { opencode: ["docs"] }),
  });
  /** Copilot CLI connects for those who are signed in only; what it would launch, it tells anyone. */
  async function copilotShows(): Promise<{ readonly bridge: boolean; readonly token: boolean } | null> {
    if (programs.copilot === undefined) return null;
    const shown = await says(programs.copilot, "mcp", "get", "pages");
    return { bridge: shown.includes("connect pages --client copilot-cli"), token: shown.includes("SERVICE_TOKEN") };
  }
});

interface Idle {
  end(): Promise<void>;
}

/** A program that runs and does nothing. */
async function startIdle(command: string, args: readonly string[]): Promise<Idle> {
  const child = spawn(command, [...args], { stdio: "ignore" });
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  await new Promise((resolve, reject) => {
    child.once("spawn", resolve);
    child.once("error", reject);
  });
  return {
    end() {
      child.kill();
      return ended;
    },
  };
}

/** When each file was last changed. */
function times(folder: string): readonly string[] {
  return fs
    .readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((file) => `${file} ${String(fs.lstatSync(path.join(folder, file)).mtimeMs)}`)
    .sort();
}
