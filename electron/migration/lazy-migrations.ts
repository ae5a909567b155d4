import fs from "node:fs/promises";
import path from "node:path";
import { fail } from "../../shared/errors.ts";
import type { Result } from "../../shared/errors.ts";
import type { Migrations } from "./migration.ts";
import { recordsFolder } from "./records-folder.ts";

/**
 * Migrations whose code is loaded when it is needed: at once where an earlier migration left something to look after, otherwise when
 * somebody asks. Parsers of four formats and what is known of every client take a third of the app's code, and most starts need none.
 */
export async function createLazyMigrations(dataDir: string, load: () => Promise<Migrations>): Promise<Migrations> {
  const earlier = await fs.readdir(path.join(dataDir, recordsFolder)).catch((): string[] => []);
  if (earlier.length > 0) return load();

  const listeners = new Set<() => void>();
  let loaded: Migrations | null = null;
  let loading: Promise<Migrations> | null = null;
  let closed = false;

  const open = async (): Promise<Migrations> => {
    loaded = await load();
    loaded.onChange(() => {
      for (const listener of listeners) listener();
    });
    return loaded;
  };
  const ask = async <T>(question: (migrations: Migrations) => Promise<Result<T>>): Promise<Result<T>> =>
    closed ? fail("closing", "Portcullis is closing.") : question(await (loading ??= open()));

  return {
    scan: (folders, onStep) => ask((migrations) => migrations.scan(folders, onStep)),
    plan: (selection) => ask((migrations) => migrations.plan(selection)),
    apply: (planId, onStep) => ask((migrations) => migrations.apply(planId, onStep)),
    undo: (id, file, onStep) => ask((migrations) => migrations.undo(id, file, onStep)),
    repair: (driftId) => ask((migrations) => migrations.repair(driftId)),
    history: () => loaded?.history() ?? [],
    drift: () => loaded?.drift() ?? [],
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async close() {
      closed = true;
      listeners.clear();
      await (await loading)?.close();
    },
  };
}
