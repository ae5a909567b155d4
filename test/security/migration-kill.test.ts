import { spawn } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { filesWith, secrets, snapshot, writeClients } from "../fixtures/migrate/configs.ts";
import { createEngineRig, createHome } from "../fixtures/migrate/engine-rig.ts";
import { keyringMissing, startPrivateKeyring, until, type PrivateKeyring } from "../integration/vault/private-keyring.ts";

// Threat 27: a migration that is killed at any step leaves each file old or new, each secret retrievable, and nothing half done
// after the next start; what it then undoes is as it was, byte for byte.

const missing = keyringMissing();
if (missing !== null) console.warn(`skipped: killed migrations (${missing})`);

const script = fileURLToPath(new URL("../fixtures/migrate/doomed-run.ts", import.meta.url));

describe.skipIf(missing !== null)("a migration that is killed", { timeout: 600_000 }, () => {
  let keyring: PrivateKeyring;
  beforeAll(async () => {
    keyring = await startPrivateKeyring();
  });
  afterAll(() => keyring.close());

  const run = (home: string, operation: "apply" | "undo", at: number): Promise<{ signal: string | null; steps: number; said: string }> =>
    new Promise((resolve, reject) => {
      const child = spawn(process.execPath, [script, home, JSON.stringify(keyring.env), operation, String(at)], {
        stdio: ["ignore", "pipe", "pipe"],
      });
      let out = "";
      let said = "";
      child.stdout.on("data", (chunk: Buffer) => (out += chunk.toString()));
      child.stderr.on("data", (chunk: Buffer) => (said += chunk.toString()));
      child.once("error", reject);
      child.once("close", (_code, signal) => resolve({ signal, steps: Number(out.trim()), said }));
    });
  const ours = (home: string) => (file: string) => file.startsWith(path.join(home, ".portcullis"));
  const texts = (files: ReturnType<typeof writeClients>): readonly string[] =>
    Object.values(files).map((file) => fs.readFileSync(file, "latin1"));

  /** Looks at what a kill left, starts again, and puts everything back. */
  const inspect = async (
    home: string,
    old: readonly string[],
    fresh: readonly string[],
    before: ReadonlyMap<string, string>,
  ): Promise<void> => {
    const paths = [".cursor/mcp.json", ".config/Code/User/mcp.json", ".codex/config.toml", ".config/goose/config.yaml"].map((file) =>
      path.join(home, file),
    );
    const now = paths.map((file) => fs.readFileSync(file, "latin1"));
    const isNew = now.map((text, index) => (text === old[index] ? false : text === fresh[index] ? true : null));
    expect(isNew).not.toContain(null);

    const rig = await createEngineRig({ home, keyring: keyring.env, follow: true });
    try {
      await until("what was cut off is at its end", () =>
        Promise.resolve(
          fs
            .readdirSync(path.join(home, ".portcullis", "data"), { recursive: true, encoding: "utf8" })
            .filter((file) => /^migrations.[\w-]+\.json$/.test(file))
            .every((file) => {
              const record = JSON.parse(fs.readFileSync(path.join(home, ".portcullis", "data", file), "utf8")) as {
                phase: string;
                files: { state: string }[];
              };
              return record.phase === "done" && record.files.every(({ state }) => !["pending", "writing", "undoing"].includes(state));
            }),
        ),
      );
      await rig.migrations.scan([], () => undefined);
      // No file has changed by the restart, nothing of ours lies beside one, and no plaintext is in our own folders.
      expect(paths.map((file) => fs.readFileSync(file, "latin1"))).toEqual(now);
      for (const file of paths) expect(fs.readdirSync(path.dirname(file)).filter((name) => name.includes("portcullis"))).toEqual([]);
      for (const secret of secrets) expect(filesWith(secret, [path.join(home, ".portcullis")])).toEqual([]);
      // Every server that a new file names is there, and can be lent its secrets.
      const servers = rig.settings.current().mcpServers ?? {};
      for (const [index, text] of now.entries()) {
        if (isNew[index] !== true) continue;
        const name = /connect[",\s-]+(github|other-2|other)\b/.exec(text)?.[1] ?? "";
        const settings = servers[name];
        expect(settings, `${name} for ${String(paths[index])}`).toBeDefined();
        const references = JSON.stringify(settings).match(/keychain:[^}]+/g) ?? [];
        expect(references).toHaveLength(1);
        for (const reference of references) {
          const held = await rig.vault.get(reference.slice("keychain:".length), null);
          expect(held.kind === "found" && secrets.includes(held.value)).toBe(true);
        }
      }
      if (!isNew.includes(true)) {
        await until("nothing is left of it", () =>
          Promise.resolve(Object.keys(rig.settings.current().mcpServers ?? {}).length + rig.vault.list().length === 0),
        );
      }
      for (const migration of rig.migrations.history()) {
        if (!migration.files.some(({ state }) => state === "applied")) continue;
        const undone = await rig.migrations.undo(migration.id, undefined, () => undefined);
        expect(undone.ok || undone.error.message).toBe(true);
      }
      expect(snapshot(home, ours(home))).toEqual(before);
      expect(rig.settings.current().mcpServers ?? {}).toEqual({});
      expect(rig.vault.list()).toEqual([]);
    } finally {
      await rig.close();
    }
  };

  /** The first step, the last, and so many between, evenly apart and other ones in each run; a failure names its step. */
  const points = (total: number, count: number): readonly number[] => {
    const phase = Math.random();
    return [...new Set([1, ...Array.from({ length: count }, (_, index) => 1 + Math.floor(((index + phase) * total) / count)), total])];
  };

  for (const operation of ["apply", "undo"] as const) {
    it(`${operation}: old or new, retrievable, nothing half`, async () => {
      const first = createHome();
      const old = texts(writeClients(first));
      const files = writeClients(first);
      const applied = await run(first, "apply", 0);
      expect(applied.said).toBe("");
      const fresh = texts(files);
      expect(fresh.every((text, index) => text !== old[index])).toBe(true);
      const total = operation === "apply" ? applied.steps : (await run(first, "undo", 0)).steps;
      expect(total).toBeGreaterThan(20);
      fs.rmSync(first, { recursive: true, force: true });

      for (const at of points(total, operation === "apply" ? 10 : 5)) {
        const home = createHome();
        try {
          writeClients(home);
          const before = snapshot(home);
          const prepared = operation === "undo" ? await run(home, "apply", 0) : null;
          expect(prepared?.said ?? "").toBe("");
          const killed = await run(home, operation, at);
          // A few steps more or less are taken from run to run (chunks of a pipe): one that had fewer than this came to its end.
          const ended = killed.signal === null && killed.said === "" && killed.steps < at && at > total - 20;
          expect(ended ? "SIGKILL" : killed.signal, `step ${at}: ${killed.said}`).toBe("SIGKILL");
          await inspect(home, old, fresh, before);
        } catch (error) {
          throw new Error(`killed before step ${at} of ${total}`, { cause: error });
        } finally {
          fs.rmSync(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
        }
      }
    });
  }
});
