import fs from "node:fs";
import path from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Migration, Plan, Scan } from "../../../shared/model/migration.ts";
import { filesWith, secrets, snapshot, writeClients } from "../../fixtures/migrate/configs.ts";
import { createPlace, type RunningApp } from "../../fixtures/e2e/running-app.ts";
import { keyringMissing, startPrivateKeyring, type PrivateKeyring } from "../vault/private-keyring.ts";

// `portcullis scan`, `migrate` and `restore` as a person types them, with the built app and a real keyring.

const missing = keyringMissing();
if (missing !== null) console.warn(`skipped: the migration's commands (${missing})`);

describe.skipIf(missing !== null)("the commands", { timeout: 120_000 }, () => {
  let keyring: PrivateKeyring;
  let app: RunningApp;
  let files: ReturnType<typeof writeClients>;
  let before: ReadonlyMap<string, string>;

  beforeAll(async () => {
    keyring = await startPrivateKeyring();
  });
  afterAll(() => keyring.close());
  beforeEach(() => {
    const bus = keyring.env["DBUS_SESSION_BUS_ADDRESS"] ?? "";
    app = createPlace({ env: { DBUS_SESSION_BUS_ADDRESS: bus, TMPDIR: "/tmp" } });
    files = writeClients(app.home);
    before = snapshot(app.home);
  });
  afterEach(() => app.close());

  const plain = (): readonly string[] => secrets.flatMap((secret) => filesWith(secret, [app.place]));

  it("scan and migrate --dry-run change nothing at all, with and without the app, and show no secret", async () => {
    const everything = snapshot(app.place);
    const scan = await app.run(["scan", "--json"]);
    expect(scan.stderr).toBe("");
    expect((JSON.parse(scan.stdout) as Scan).files).toHaveLength(4);
    const dry = await app.run(["migrate", "--dry-run", "--json"]);
    expect(dry.status).toBe(0);
    expect((JSON.parse(dry.stdout) as { plan: Plan }).plan.servers).toHaveLength(3);
    const words = `${await app.ok("scan")}${await app.ok("migrate", "--dry-run")}${await app.ok("restore", "--list")}`;
    for (const secret of secrets) expect(words + scan.stdout + dry.stdout).not.toContain(secret);
    expect(words).not.toContain("\u001b");
    expect(snapshot(app.place)).toEqual(everything);

    await app.start();
    const config = snapshot(app.home);
    await app.ok("migrate", "--dry-run");
    expect(snapshot(app.home)).toEqual(config);
    expect(await app.json<unknown[]>("secret", "list")).toEqual([]);
  });

  it("migrate needs the app and a yes; wrong names are wrong usage", async () => {
    expect(await app.run(["migrate", "--yes"])).toMatchObject({ status: 1, stderr: expect.stringContaining("not running") as string });
    expect(await app.run(["migrate", "--dry-run", "--client", "nobody"])).toMatchObject({ status: 2 });
    expect(await app.run(["migrate", "--dry-run", "--server", "nobody"])).toMatchObject({ status: 2 });
    await app.start();
    const asked = await app.run(["migrate"]);
    expect(asked).toMatchObject({ status: 1, stderr: expect.stringContaining("--yes") as string });
    expect(snapshot(app.home)).toEqual(before);
  });

  it("migrate moves everything, one client at a time if that is asked for; restore puts it back through the app", async () => {
    await app.start();
    const first = await app.run(["migrate", "--client", "Cursor", "--yes", "--json"]);
    expect(first.stderr + first.stdout).not.toContain(secrets[0]);
    expect(first.status, first.stderr).toBe(0);
    expect((JSON.parse(first.stdout) as { migration: Migration }).migration.files.map(({ path: file }) => file)).toEqual([files.cursor]);
    const rest = await app.run(["migrate", "--yes"]);
    expect(rest.status, rest.stderr).toBe(0);
    expect(rest.stdout).toContain("3 clients connected");
    expect(plain()).toEqual([]);
    const servers = await app.json<{ name: string }[]>("server", "list");
    expect(servers.map(({ name }) => name).sort()).toEqual(["github", "other", "other-2"]);
    const kinds = (await app.journal()).map(({ kind }) => kind);
    expect(kinds.filter((kind) => kind === "migration-applied")).toHaveLength(4);

    expect(await app.run(["restore", files.codex, "--yes"])).toMatchObject({ status: 0 });
    expect((await app.run(["restore", "--yes"])).status).toBe(0);
    expect(snapshot(app.home, (file) => !before.has(path.relative(app.home, file)))).toEqual(before);
    expect(await app.json<unknown[]>("secret", "list")).toEqual([]);
    expect(await app.run(["restore", "--yes"])).toMatchObject({ status: 1 });
  });

  it("restore works without the app, and the app finds a journal and settings in order afterwards", async () => {
    await app.start();
    expect((await app.run(["migrate", "--yes"])).status).toBe(0);
    await app.kill();
    const restored = await app.run(["restore", "--yes", "--json"]);
    expect(restored.status, restored.stderr).toBe(0);
    expect(snapshot(app.home, (file) => !before.has(path.relative(app.home, file)))).toEqual(before);
    expect(fs.readFileSync(path.join(app.files, "config", "config.json"), "utf8")).not.toContain("connect");
    await app.start();
    expect(await app.json<unknown[]>("server", "list")).toEqual([]);
    expect(await app.json<unknown[]>("secret", "list")).toEqual([]);
    expect(await app.json<{ kind: string }>("journal", "verify")).toMatchObject({ kind: "intact" });
    expect((await app.journal("--kind", "migration-undone")).length).toBe(4);
  });
});
