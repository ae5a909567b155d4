import fs from "node:fs";
import path from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Drift } from "../../../shared/model/migration.ts";
import { filesWith, githubToken, secrets, snapshot, writeClients } from "../../fixtures/migrate/configs.ts";
import { createEngineRig, createHome } from "../../fixtures/migrate/engine-rig.ts";
import type { EngineRig } from "../../fixtures/migrate/engine-rig.ts";
import { keyringMissing, startPrivateKeyring, until, type PrivateKeyring } from "../vault/private-keyring.ts";

// A client that drops, rewrites or re-adds what was migrated, or gets a new secret, is noticed while the app runs, and mended by one plan.

const missing = keyringMissing();
if (missing !== null) console.warn(`skipped: drift of migrated files (${missing})`);

const none = (): void => undefined;

describe.skipIf(missing !== null)("drift", { timeout: 60_000 }, () => {
  let keyring: PrivateKeyring;
  let home: string;
  let files: ReturnType<typeof writeClients>;
  let before: ReadonlyMap<string, string>;
  let rig: EngineRig;
  let changes = 0;
  const ours = (file: string): boolean => file.startsWith(path.join(home, ".portcullis"));

  beforeAll(async () => {
    keyring = await startPrivateKeyring();
  });
  afterAll(() => keyring.close());
  beforeEach(async () => {
    home = createHome();
    files = writeClients(home);
    before = snapshot(home);
    rig = await createEngineRig({ home, keyring: keyring.env, follow: true });
    await rig.migrations.scan([], none);
    const plan = await rig.migrations.plan({});
    const applied = plan.ok ? await rig.migrations.apply(plan.value.id, none) : plan;
    if (!applied.ok) throw new Error(applied.error.message);
    changes = 0;
    rig.migrations.onChange(() => (changes += 1));
  });
  afterEach(async () => {
    await rig.close();
    fs.rmSync(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  });

  const noticed = async (kind: Drift["kind"]): Promise<Drift> => {
    await until(`drift: ${kind}`, () => Promise.resolve(rig.migrations.drift().some((one) => one.kind === kind)));
    expect(changes).toBeGreaterThan(0);
    expect(rig.migrations.drift()).toHaveLength(1);
    const [drift] = rig.migrations.drift();
    if (drift === undefined) throw new Error("no drift");
    for (const secret of secrets) expect(JSON.stringify(drift)).not.toContain(secret);
    return drift;
  };
  const repair = async (drift: Drift): Promise<string> => {
    const plan = await rig.migrations.repair(drift.id);
    if (!plan.ok) throw new Error(plan.error.message);
    for (const secret of secrets) expect(JSON.stringify(plan.value)).not.toContain(secret);
    const applied = await rig.migrations.apply(plan.value.id, none);
    if (!applied.ok) throw new Error(applied.error.message);
    expect(applied.value.files.map(({ state, reason }) => [state, reason])).toEqual([["applied", null]]);
    await until("no drift", () => Promise.resolve(rig.migrations.drift().length === 0));
    return plan.value.files.map((file) => file.diff).join("\n");
  };

  it("there is none as long as only other parts of a file change", async () => {
    fs.writeFileSync(files.codex, fs.readFileSync(files.codex, "utf8").replace("dark", "light"));
    await until("the change is seen", () =>
      Promise.resolve(
        rig.migrations
          .history()
          .some((one) => one.files.some(({ path: file, state }) => file === files.codex && state === "changed-since")),
      ),
    );
    expect(rig.migrations.drift()).toEqual([]);
  });

  it("a command that only looks once knows it at once", async () => {
    await rig.close();
    fs.writeFileSync(files.codex, fs.readFileSync(files.codex, "utf8").replace("dark", "light"));
    rig = await createEngineRig({ home, keyring: keyring.env, follow: false });
    const states = rig.migrations.history().flatMap((one) => one.files.map(({ path: file, state }) => [file === files.codex, state]));
    expect(states.filter(([codex]) => codex === true)).toEqual([[true, "changed-since"]]);
    expect(states.filter(([codex, state]) => codex === false && state !== "applied")).toEqual([]);
  });

  it("an entry that is dropped is put back as it was after the migration", async () => {
    const after = fs.readFileSync(files.codex, "utf8");
    const config = after.slice(0, after.indexOf("[mcp_servers.other]")) + after.slice(after.indexOf("[tui]"));
    fs.writeFileSync(files.codex, config);
    const drift = await noticed("dropped");
    expect(drift).toMatchObject({ path: files.codex, servers: ["other"] });
    expect(await repair(drift)).toContain("+[mcp_servers.other]");
    expect(fs.readFileSync(files.codex, "utf8")).toContain('"connect", "other"');
    expect(fs.readFileSync(files.codex, "utf8")).toContain("startup_timeout_sec = 20");
  });

  it("a whole file that is gone is noticed", async () => {
    fs.rmSync(files.goose);
    expect(await noticed("dropped")).toMatchObject({ path: files.goose, text: expect.stringContaining("gone") as string });
    const undone = await rig.migrations.undo(rig.migrations.history()[0]?.id ?? "", files.goose, none);
    expect(undone.ok && undone.value.files.find(({ path: file }) => file === files.goose)).toMatchObject({ state: "undone" });
    // Its secret stands nowhere else any more.
    expect(rig.vault.list()).toHaveLength(2);
  });

  it("an entry that starts the server past us again is moved again, to the same server and secret", async () => {
    const servers = Object.keys(rig.settings.current().mcpServers ?? {});
    const original = writeClients(path.join(home, ".portcullis", "again"));
    fs.copyFileSync(original.cursor, files.cursor);
    fs.rmSync(path.join(home, ".portcullis", "again"), { recursive: true });
    const drift = await noticed("re-added");
    await repair(drift);
    expect(Object.keys(rig.settings.current().mcpServers ?? {})).toEqual(servers);
    expect(rig.vault.list()).toHaveLength(2);
    expect(filesWith(githubToken, [home])).toEqual([]);
  });

  it("an entry that is started otherwise than we wrote it is written again", async () => {
    const config = JSON.parse(fs.readFileSync(files.cursor, "utf8")) as { mcpServers: { github: Record<string, unknown> } };
    config.mcpServers.github["env"] = { SERVICE_TOKEN: githubToken };
    fs.writeFileSync(files.cursor, JSON.stringify(config, null, 4));
    await repair(await noticed("rewritten"));
    expect(fs.readFileSync(files.cursor, "utf8")).not.toContain(githubToken);
  });

  it("a new plaintext secret in the file is moved, too", async () => {
    const config = JSON.parse(fs.readFileSync(files.cursor, "utf8")) as { mcpServers: Record<string, unknown> };
    const args = rig.settings.current().mcpServers?.["github"]?.args ?? [];
    config.mcpServers["second"] = {
      command: fs.realpathSync(process.execPath),
      args,
      env: { SERVICE_TOKEN: githubToken, MODE: "2" },
    };
    fs.writeFileSync(files.cursor, JSON.stringify(config, null, 2));
    const drift = await noticed("new-secret");
    expect(drift.servers).toEqual(["second"]);
    await repair(drift);
    expect(fs.readFileSync(files.cursor, "utf8")).not.toContain(githubToken);
    expect(rig.registry.get("second")).toBeDefined();
  });

  it("several migrations of one file are undone to the first original, newest first", async () => {
    const cursor = fs.readFileSync(files.cursor, "utf8");
    fs.writeFileSync(files.cursor, cursor.replace(/"connect", "github"/, '"connect", "elsewhere"'));
    await repair(await noticed("rewritten"));
    for (const migration of rig.migrations.history()) {
      const undone = await rig.migrations.undo(migration.id, undefined, none);
      expect(undone.ok || undone.error.message).toBe(true);
    }
    // The repair's own undo brings back what it found: an entry that leads elsewhere, and is nobody's to take out.
    expect(snapshot(home, (file) => ours(file) || file === files.cursor)).toEqual(
      new Map([...before].filter(([name]) => !name.startsWith(".portcullis") && name !== path.join(".cursor", "mcp.json"))),
    );
  });
});
