import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { createLazyMigrations } from "../../../electron/migration/lazy-migrations.ts";
import type { Migrations } from "../../../electron/migration/migration.ts";
import { fail, ok } from "../../../shared/errors.ts";

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) fs.rmSync(folder, { recursive: true });
});

function dataFolder(records: readonly string[] = []): string {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "lazy-"));
  folders.push(folder);
  for (const name of records) {
    fs.mkdirSync(path.join(folder, "migrations"), { recursive: true });
    fs.writeFileSync(path.join(folder, "migrations", name), "{}");
  }
  return folder;
}

function fake() {
  const listeners: (() => void)[] = [];
  const refuse = () => Promise.resolve(fail("not-found", "the real one was asked"));
  const scan = vi.fn(() => Promise.resolve(ok({ clients: [], at: 1 } as never)));
  const close = vi.fn(() => Promise.resolve());
  const migrations: Migrations = {
    scan,
    plan: refuse,
    apply: refuse,
    undo: refuse,
    repair: refuse,
    history: () => [{ id: "earlier" } as never],
    drift: () => [{ id: "drifted" } as never],
    onChange: (listener) => (listeners.push(listener), () => undefined),
    close,
  };
  return { migrations, scan, close, change: () => listeners.forEach((listener) => listener()) };
}

const nothing = (): void => undefined;

describe("migrations that are loaded when they are needed", () => {
  it("are not at the start where nothing was migrated, and know of nothing", async () => {
    const load = vi.fn();
    const lazy = await createLazyMigrations(dataFolder(), load);
    expect([lazy.history(), lazy.drift()]).toEqual([[], []]);
    await lazy.close();
    expect(load).not.toHaveBeenCalled();
  });

  it("are at once where an earlier migration left something to look after", async () => {
    const { migrations } = fake();
    expect(await createLazyMigrations(dataFolder(["one.json"]), () => Promise.resolve(migrations))).toBe(migrations);
  });

  it("are once, by whatever is asked first, and tell of changes from then on", async () => {
    const { migrations, scan: realScan, change } = fake();
    const load = vi.fn(() => Promise.resolve(migrations));
    const lazy = await createLazyMigrations(dataFolder(), load);
    const heard = vi.fn();
    const stop = lazy.onChange(heard);
    const [scan, plan] = await Promise.all([lazy.scan(["/p"], nothing), lazy.plan({ entries: [] } as never)]);
    expect(scan.ok).toBe(true);
    expect(plan).toMatchObject({ error: { message: "the real one was asked" } });
    expect(realScan).toHaveBeenCalledWith(["/p"], nothing);
    expect([lazy.history(), lazy.drift()]).toEqual([[{ id: "earlier" }], [{ id: "drifted" }]]);
    for (const asked of [lazy.apply("p", nothing), lazy.undo("m", undefined, nothing), lazy.repair("d")])
      expect(await asked).toMatchObject({ error: { message: "the real one was asked" } });
    expect(load).toHaveBeenCalledTimes(1);
    change();
    expect(heard).toHaveBeenCalledTimes(1);
    stop();
    change();
    expect(heard).toHaveBeenCalledTimes(1);
  });

  it("are closed with the app, also while they are being loaded, and answer no more", async () => {
    const { migrations, close } = fake();
    const lazy = await createLazyMigrations(dataFolder(), () => Promise.resolve(migrations));
    const asked = lazy.scan([], nothing);
    await lazy.close();
    await asked;
    expect(close).toHaveBeenCalledTimes(1);
    expect(await lazy.plan({ entries: [] } as never)).toMatchObject({ ok: false, error: { code: "closing" } });
  });
});
