import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Result } from "../../shared/errors.ts";
import type { Migration } from "../../shared/model/migration.ts";
import type { MigrationDeps } from "../../electron/migration/ports.ts";
import { filesWith, githubToken, otherToken, secrets, snapshot, writeClients } from "../fixtures/migrate/configs.ts";
import { createEngineRig, createHome } from "../fixtures/migrate/engine-rig.ts";
import type { EngineOptions, EngineRig } from "../fixtures/migrate/engine-rig.ts";
import { keyringMissing, startPrivateKeyring, type PrivateKeyring } from "../integration/vault/private-keyring.ts";

// Threats 26 and 27: whatever goes wrong on the way, each file is old or new, each secret is where it can be had, and no plaintext is left
// behind in anything of ours, in any of six encodings.

const missing = keyringMissing();
if (missing !== null) console.warn(`skipped: failing migrations (${missing})`);

const none = (): void => undefined;

describe.skipIf(missing !== null)("when a migration goes wrong", { timeout: 120_000 }, () => {
  let keyring: PrivateKeyring;
  let home: string;
  let files: ReturnType<typeof writeClients>;
  let before: ReadonlyMap<string, string>;
  const open: EngineRig[] = [];
  const mounts: string[] = [];
  const tmpdir = process.env["TMPDIR"];

  beforeAll(async () => {
    keyring = await startPrivateKeyring();
  });
  afterAll(() => keyring.close());
  beforeEach(() => {
    home = createHome();
    fs.mkdirSync(path.join(home, ".portcullis", "tmp"), { recursive: true });
    process.env["TMPDIR"] = path.join(home, ".portcullis", "tmp");
    files = writeClients(home);
    before = snapshot(home, ours);
  });
  afterEach(async () => {
    for (const one of open.splice(0)) await one.close();
    for (const folder of mounts.splice(0)) spawnSync("umount", ["-l", folder]);
    if (tmpdir === undefined) delete process.env["TMPDIR"];
    else process.env["TMPDIR"] = tmpdir;
    fs.rmSync(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  });

  const ours = (file: string): boolean => file.startsWith(path.join(home, ".portcullis"));
  const rig = async (more: Partial<EngineOptions> = {}): Promise<EngineRig> => {
    const made = await createEngineRig({ home, keyring: keyring.env, ...more });
    open.push(made);
    return made;
  };
  const planned = async ({ migrations }: EngineRig): Promise<string> => {
    await migrations.scan([], none);
    const plan = await migrations.plan({});
    if (!plan.ok) throw new Error(plan.error.message);
    return plan.value.id;
  };
  const apply = async (one: EngineRig): Promise<Result<Migration>> => one.migrations.apply(await planned(one), none);
  const nothingLeft = (): void => {
    for (const secret of secrets) expect(filesWith(secret, [path.join(home, ".portcullis")])).toEqual([]);
    for (const file of Object.values(files)) {
      expect(fs.readdirSync(path.dirname(file)).filter((name) => name.endsWith(".tmp"))).toEqual([]);
    }
  };
  const nothingDone = (one: EngineRig): void => {
    expect(snapshot(home, ours)).toEqual(before);
    expect(one.registry.list()).toEqual([]);
    expect(one.vault.list()).toEqual([]);
    nothingLeft();
  };
  const stateOf = (migration: Migration, file: string): string | undefined => migration.files.find((one) => one.path === file)?.state;

  it("a locked keychain: nothing is done, and it says so", async () => {
    const own = await startPrivateKeyring();
    try {
      const one = await rig({ keyring: own.env });
      await one.vault.refresh();
      const id = await planned(one);
      await own.lock();
      const applied = await one.migrations.apply(id, none);
      expect(applied).toMatchObject({ ok: false, error: { code: expect.stringMatching(/^vault-/) as string } });
      nothingDone(one);
    } finally {
      await own.close();
    }
  });

  it("a keychain that dies between two secrets: nothing is done; when it is back, what was stored is taken away", async () => {
    const own = await startPrivateKeyring();
    try {
      let puts = 0;
      const dying = (deps: MigrationDeps): MigrationDeps => ({
        ...deps,
        vault: {
          ...deps.vault,
          put: async (name, value) => {
            puts += 1;
            if (puts === 2) await own.kill();
            return deps.vault.put(name, value);
          },
        },
      });
      const one = await rig({ keyring: own.env, deps: dying });
      const applied = await apply(one);
      expect(applied.ok).toBe(false);
      expect(puts).toBe(2);
      expect(snapshot(home, ours)).toEqual(before);
      expect(one.registry.list()).toEqual([]);
      nothingLeft();
      await own.restart();
      await one.close();
      open.length = 0;
      const again = await rig({ keyring: own.env });
      const second = await apply(again);
      expect(second.ok && second.value.files.map(({ state }) => state)).toEqual(Array.from({ length: 4 }, () => "applied"));
      expect(again.vault.list()).toHaveLength(2);
    } finally {
      await own.close();
    }
  });

  it("a keychain that is locked when it shall be undone: the files stay as they are, and it works later", async () => {
    const own = await startPrivateKeyring();
    try {
      const one = await rig({ keyring: own.env });
      const applied = await apply(one);
      if (!applied.ok) throw new Error(applied.error.message);
      const after = snapshot(home, ours);
      await own.lock();
      const undone = await one.migrations.undo(applied.value.id, undefined, none);
      expect(undone).toMatchObject({ ok: false, error: { code: expect.stringMatching(/^vault-/) as string } });
      expect(snapshot(home, ours)).toEqual(after);
      await own.restart();
      const later = await one.migrations.undo(applied.value.id, undefined, none);
      expect(later.ok).toBe(true);
      nothingDone(one);
    } finally {
      await own.close();
    }
  });

  /** A file system of its own, so small that nothing more fits once it is filled. */
  const smallDisk = (folder: string, kib: number): string | null => {
    const kept = fs.existsSync(folder)
      ? fs.readdirSync(folder).map((name) => [name, fs.readFileSync(path.join(folder, name))] as const)
      : [];
    fs.mkdirSync(folder, { recursive: true });
    const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", `size=${kib}k`, "tmpfs", folder], { encoding: "utf8" });
    if (mounted.status !== 0) return `cannot mount a small disk here: ${mounted.stderr.trim()}`;
    mounts.push(folder);
    for (const [name, bytes] of kept) fs.writeFileSync(path.join(folder, name), bytes);
    return null;
  };
  const fill = (folder: string): void => {
    const file = fs.openSync(path.join(folder, "filler"), "w");
    try {
      for (;;) fs.writeSync(file, Buffer.alloc(1024));
    } catch (error) {
      expect((error as NodeJS.ErrnoException).code).toBe("ENOSPC");
    } finally {
      fs.closeSync(file);
    }
  };

  it("a full disk under one client's file: that file stays, the others are done", async (test) => {
    const cannot = smallDisk(path.dirname(files.codex), 64);
    if (cannot !== null) console.warn(`skipped: ${cannot}`);
    test.skip(cannot !== null, cannot ?? "");
    const one = await rig();
    const id = await planned(one);
    fill(path.dirname(files.codex));
    const old = fs.readFileSync(files.codex);
    const applied = await one.migrations.apply(id, none);
    if (!applied.ok) throw new Error(applied.error.message);
    expect(stateOf(applied.value, files.codex)).toBe("failed");
    expect(applied.value.files.find(({ path: file }) => file === files.codex)?.reason).toContain("disk is full");
    expect(stateOf(applied.value, files.cursor)).toBe("applied");
    expect(fs.readFileSync(files.codex)).toEqual(old);
    // Codex' own server is not needed by any other file; the secret is, by Goose's.
    expect(
      one.registry
        .list()
        .map(({ name }) => name)
        .sort(),
    ).toEqual(["github", "other-2"]);
    expect(await one.vault.get("other/TOKEN", null)).toEqual({ kind: "found", value: otherToken });
    nothingLeft();
  });

  it("a full disk under our own files: nothing is done", async (test) => {
    const data = path.join(home, ".portcullis", "data");
    const cannot = smallDisk(data, 256);
    if (cannot !== null) console.warn(`skipped: ${cannot}`);
    test.skip(cannot !== null, cannot ?? "");
    const one = await rig();
    const id = await planned(one);
    fill(data);
    const applied = await one.migrations.apply(id, none);
    expect(applied).toMatchObject({ ok: false });
    expect(snapshot(home, ours)).toEqual(before);
    fs.rmSync(path.join(data, "filler"));
    nothingLeft();
    const second = await apply(one);
    expect(second.ok && second.value.files.map(({ state }) => state)).toEqual(Array.from({ length: 4 }, () => "applied"));
  });

  it("a journal that cannot be written: nothing is done", async () => {
    const one = await rig({ journalFault: ({ kind }) => kind === "secret-stored" });
    expect(await apply(one)).toMatchObject({ ok: false, error: { code: "journal-unavailable" } });
    nothingDone(one);
  });

  it("an entry that changed since it was shown is left, also when that happens in the middle", async () => {
    const one = await rig({
      deps: (deps) => ({
        ...deps,
        servers: {
          ...deps.servers,
          inspect: async (name) => {
            const worked = await deps.servers.inspect(name);
            fs.writeFileSync(files.codex, fs.readFileSync(files.codex, "utf8").replace("--token=", "--tokens="));
            return worked;
          },
        },
      }),
    });
    const applied = await apply(one);
    if (!applied.ok) throw new Error(applied.error.message);
    expect(stateOf(applied.value, files.codex)).toBe("failed");
    expect(fs.readFileSync(files.codex, "utf8")).toContain(`--tokens=${otherToken}`);
    expect(stateOf(applied.value, files.goose)).toBe("applied");
    nothingLeft();
  });

  it("a change elsewhere in the file is kept, and undone to exactly that", async () => {
    const one = await rig();
    const id = await planned(one);
    const changed = fs.readFileSync(files.codex, "utf8").replace('theme = "dark"', 'theme = "light" # new');
    fs.writeFileSync(files.codex, changed);
    const applied = await one.migrations.apply(id, none);
    if (!applied.ok) throw new Error(applied.error.message);
    expect(stateOf(applied.value, files.codex)).toBe("applied");
    expect(fs.readFileSync(files.codex, "utf8")).toContain('theme = "light" # new');
    await one.migrations.undo(applied.value.id, undefined, none);
    expect(fs.readFileSync(files.codex, "utf8")).toBe(changed);
  });

  it("a read-only file and one with a second name are left, with the reason", async () => {
    fs.chmodSync(files.cursor, 0o444);
    fs.linkSync(files.goose, path.join(home, "second-name.yaml"));
    const one = await rig();
    const applied = await apply(one);
    if (!applied.ok) throw new Error(applied.error.message);
    expect(applied.value.files.find(({ path: file }) => file === files.cursor)).toMatchObject({
      state: "failed",
      reason: expect.stringContaining("read-only") as string,
    });
    expect(applied.value.files.find(({ path: file }) => file === files.goose)).toMatchObject({
      state: "failed",
      reason: expect.stringContaining("hard link") as string,
    });
    expect(fs.readFileSync(files.cursor, "utf8")).toContain(githubToken);
    expect(stateOf(applied.value, files.vscode)).toBe("applied");
  });

  it("symlinked dotfiles are followed and stay symlinks; one that leads elsewhere since is left", async () => {
    const dotfiles = path.join(home, "dotfiles");
    fs.mkdirSync(dotfiles);
    for (const [name, file] of Object.entries(files)) {
      fs.renameSync(file, path.join(dotfiles, name));
      fs.symlinkSync(path.relative(path.dirname(file), path.join(dotfiles, name)), file);
    }
    before = snapshot(home, ours);
    const one = await rig();
    const id = await planned(one);
    fs.copyFileSync(path.join(dotfiles, "goose"), path.join(dotfiles, "other-goose"));
    fs.rmSync(files.goose);
    fs.symlinkSync(path.join(dotfiles, "other-goose"), files.goose);
    const applied = await one.migrations.apply(id, none);
    if (!applied.ok) throw new Error(applied.error.message);
    expect(stateOf(applied.value, files.goose)).toBe("failed");
    for (const file of [files.cursor, files.vscode, files.codex]) {
      expect(fs.lstatSync(file).isSymbolicLink()).toBe(true);
      expect(stateOf(applied.value, file)).toBe("applied");
      for (const secret of secrets) expect(fs.readFileSync(file, "utf8")).not.toContain(secret);
    }
    await one.migrations.undo(applied.value.id, undefined, none);
    fs.rmSync(path.join(dotfiles, "other-goose"));
    fs.rmSync(files.goose);
    fs.symlinkSync(path.relative(path.dirname(files.goose), path.join(dotfiles, "goose")), files.goose);
    expect(snapshot(home, ours)).toEqual(before);
  });

  it("a server that does not start through us keeps its entries as they were, and takes nothing along", async () => {
    const config = JSON.parse(fs.readFileSync(files.cursor, "utf8")) as { mcpServers: Record<string, unknown> };
    config.mcpServers["broken"] = { command: "/bin/false", env: { BROKEN_TOKEN: "sk-FAKE-99999999999999999999999999999999" } };
    fs.writeFileSync(files.cursor, JSON.stringify(config, null, 2));
    const one = await rig();
    const applied = await apply(one);
    if (!applied.ok) throw new Error(applied.error.message);
    expect(applied.value.servers.find(({ name }) => name === "broken")?.state).toBe("failed");
    expect(stateOf(applied.value, files.cursor)).toBe("applied");
    const now = JSON.parse(fs.readFileSync(files.cursor, "utf8")) as { mcpServers: Record<string, unknown> };
    expect(now.mcpServers["broken"]).toEqual(config.mcpServers["broken"]);
    expect(now.mcpServers["github"]).toMatchObject({ args: expect.arrayContaining(["connect"]) as string[] });
    expect(one.registry.get("broken")).toBeUndefined();
    expect(one.vault.list().map(({ name }) => name)).not.toContain("broken/BROKEN_TOKEN");
  });

  it("two runs at once: one is done, the other refused", async () => {
    const [one, two] = [await rig(), await rig()];
    const [first, second] = [await planned(one), await planned(two)];
    const both = await Promise.all([one.migrations.apply(first, none), two.migrations.apply(second, none)]);
    expect(both.filter(({ ok }) => ok)).toHaveLength(1);
    expect(both.find(({ ok }) => !ok)).toMatchObject({ error: { code: "too-many" } });
    nothingLeft();
    const again = await two.migrations.plan({});
    expect(again).toMatchObject({ ok: false, error: { code: "not-found" } });
  });

  it("a config that names one of our secrets is left, so that it cannot borrow it", async () => {
    const one = await rig();
    await one.vault.put("github/TOKEN", githubToken);
    fs.writeFileSync(
      files.cursor,
      JSON.stringify({ mcpServers: { thief: { command: "/bin/cat", env: { A: "${keychain:github/TOKEN}" } } } }),
    );
    await one.migrations.scan([], none);
    const plan = await one.migrations.plan({ clients: ["cursor"] });
    expect(plan).toMatchObject({ ok: false, error: { message: expect.stringContaining("secret of Portcullis") as string } });
  });
});
