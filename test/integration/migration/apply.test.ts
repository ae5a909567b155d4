import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { MigrationStep } from "../../../shared/model/migration.ts";
import { filesWith, githubToken, secrets, snapshot, writeClients } from "../../fixtures/migrate/configs.ts";
import { bridgeFile, createEngineRig, createHome } from "../../fixtures/migrate/engine-rig.ts";
import type { EngineOptions, EngineRig } from "../../fixtures/migrate/engine-rig.ts";
import { keyringMissing, startPrivateKeyring, type PrivateKeyring } from "../vault/private-keyring.ts";

// The whole way on real parts: files of four formats, a real keyring, real servers in their boxes.

const missing = keyringMissing();
if (missing !== null) console.warn(`skipped: migrations with a keychain (${missing})`);

describe.skipIf(missing !== null)("a migration", () => {
  let keyring: PrivateKeyring;
  let home: string;
  let files: ReturnType<typeof writeClients>;
  const open: EngineRig[] = [];
  const rig = async (more: Partial<EngineOptions> = {}): Promise<EngineRig> => {
    const made = await createEngineRig({ home, keyring: keyring.env, ...more });
    open.push(made);
    return made;
  };
  const ours = (file: string): boolean => file.startsWith(path.join(home, ".portcullis"));

  beforeAll(async () => {
    keyring = await startPrivateKeyring();
  });
  afterAll(() => keyring.close());
  beforeEach(() => {
    home = createHome();
    files = writeClients(home);
  });
  afterEach(async () => {
    for (const one of open.splice(0)) await one.close();
    fs.rmSync(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  });

  const none = (): void => undefined;
  const planned = async ({ migrations }: EngineRig) => {
    const scan = await migrations.scan([], none);
    expect(scan.ok).toBe(true);
    const plan = await migrations.plan({});
    if (!plan.ok) throw new Error(plan.error.message);
    return plan.value;
  };
  const applied = async (one: EngineRig) => {
    const plan = await planned(one);
    const steps: MigrationStep[] = [];
    const result = await one.migrations.apply(plan.id, (step) => steps.push(step));
    if (!result.ok) throw new Error(result.error.message);
    return { plan, migration: result.value, steps };
  };

  it("leaves a project file that is shared through git alone, unless it is asked to", async () => {
    const project = path.join(home, "project");
    fs.mkdirSync(project);
    const token = "ghp_SHAREDfakeSHAREDfakeSHAREDfake123456";
    const text = JSON.stringify({ mcpServers: { team: { command: process.execPath, args: [], env: { TEAM_TOKEN: token } } } }, null, 2);
    fs.writeFileSync(path.join(project, ".mcp.json"), text);
    for (const args of [
      ["init", "-q"],
      ["add", ".mcp.json"],
    ])
      execFileSync("git", args, { cwd: project });
    const { migrations } = await rig();
    expect((await migrations.scan([project], none)).ok).toBe(true);
    const plan = await migrations.plan({ folders: [project] });
    const stays = plan.ok ? plan.value.stays.filter((one) => one.server === "team") : [];
    expect(stays.map((one) => one.reason)).toEqual([expect.stringContaining("shared through git")]);
    expect(plan.ok && plan.value.files.some((file) => file.path.startsWith(project))).toBe(false);
    const all = await migrations.plan({ folders: [project], shared: true });
    expect(all.ok && all.value.files.some((file) => file.path === path.join(project, ".mcp.json"))).toBe(true);
  });

  it("plans without changing anything, shows diffs without secrets, and merges what is the same", async () => {
    const one = await rig();
    const before = snapshot(home);
    const plan = await planned(one);
    expect(snapshot(home)).toEqual(before);
    expect(plan.files.map(({ path: file }) => file).sort()).toEqual(Object.values(files).sort());
    expect(plan.servers.map(({ name, from }) => [name, from.length])).toEqual(
      expect.arrayContaining([
        ["github", 2],
        ["other", 1],
        ["other-2", 1],
      ]),
    );
    expect(plan.secrets.map(({ name, exists }) => [name, exists])).toEqual(
      expect.arrayContaining([
        ["github/SERVICE_TOKEN", false],
        [expect.stringMatching(/^other\//), false],
      ]),
    );
    expect(plan.secrets).toHaveLength(2);
    const shown = JSON.stringify(plan);
    for (const secret of secrets) expect(shown).not.toContain(secret);
    expect(shown).not.toContain(githubToken.slice(0, 8));
    expect(plan.files.find(({ path: file }) => file === files.cursor)?.diff).toContain("ghp_");
    expect(plan.stays.map(({ server }) => server).sort()).toEqual(["asks", "remote"]);
  });

  it("moves the secrets, points the files at the bridge, and gives the servers what they had", async () => {
    const one = await rig();
    const { migration, steps } = await applied(one);
    expect(migration.files.map(({ state, reason }) => [state, reason])).toEqual(Array.from({ length: 4 }, () => ["applied", null]));
    expect(migration.servers.map(({ state }) => state)).toEqual(["verified", "verified", "verified"]);
    expect(new Set(steps.map(({ kind }) => kind))).toEqual(new Set(["store", "verify", "write"]));
    for (const secret of secrets) {
      expect(filesWith(secret, [home])).toEqual([]);
    }
    expect(await one.vault.get("github/SERVICE_TOKEN", null)).toEqual({ kind: "found", value: githubToken });
    const cursor = JSON.parse(fs.readFileSync(files.cursor, "utf8")) as { mcpServers: Record<string, unknown>; other: unknown };
    expect(cursor.mcpServers["github"]).toEqual({
      command: fs.realpathSync(process.execPath),
      args: [bridgeFile, "connect", "github", "--client", "cursor"],
    });
    expect(cursor.mcpServers["remote"]).toEqual({ url: "https://example.com/mcp" });
    expect(fs.readFileSync(files.cursor, "utf8")).toContain('"other": [1,2,   3]');
    expect(fs.readFileSync(files.vscode, "utf8")).toContain("\t// my servers\r\n");
    expect(fs.readFileSync(files.codex, "utf8")).toContain('model = "o9" # keep');
    expect(fs.statSync(files.cursor).mode & 0o777).toBe(0o640);
    expect(fs.statSync(files.goose).mode & 0o777).toBe(0o600);
    expect(one.journal.filter(({ kind }) => kind === "migration-applied")).toHaveLength(4);
    for (const secret of secrets) expect(JSON.stringify(one.journal)).not.toContain(secret);
  });

  it("undoes everything byte for byte, and takes its servers and secrets away again", async () => {
    const before = snapshot(home);
    const one = await rig();
    const { migration } = await applied(one);
    const undone = await one.migrations.undo(migration.id, undefined, none);
    expect(undone.ok && undone.value.files.map(({ state }) => state)).toEqual(["undone", "undone", "undone", "undone"]);
    expect(snapshot(home, ours)).toEqual(before);
    expect(one.registry.list()).toEqual([]);
    expect(one.vault.list()).toEqual([]);
    for (const secret of secrets) expect(filesWith(secret, [path.join(home, ".portcullis")])).toEqual([]);
  });

  it("takes out exactly its edit of a file that was changed since", async () => {
    const one = await rig();
    const original = fs.readFileSync(files.vscode, "utf8");
    const { migration } = await applied(one);
    const change = (text: string): string => text.replace('"inputs": []', '"inputs": [ 1 ]').replace("// my servers", "// all mine");
    fs.writeFileSync(files.vscode, change(fs.readFileSync(files.vscode, "utf8")));
    const undone = await one.migrations.undo(migration.id, files.vscode, none);
    expect(undone.ok && undone.value.files.map(({ state }) => state).sort()).toEqual(["applied", "applied", "applied", "undone"]);
    expect(fs.readFileSync(files.vscode, "utf8")).toBe(change(original));
    // Cursor still uses the server, so it and its secret stay.
    expect(one.registry.get("github")).toBeDefined();
    expect(await one.vault.get("github/SERVICE_TOKEN", null)).toMatchObject({ kind: "found" });
  });
});
