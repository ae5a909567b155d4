import { fail, ok } from "../../shared/errors.ts";
import type { Result } from "../../shared/errors.ts";
import type { Migration, MigrationStep } from "../../shared/model/migration.ts";
import { applyPlan } from "./apply.ts";
import { shownMigration } from "./engine.ts";
import type { Engine } from "./engine.ts";
import { takeMigrationLock } from "./migration-lock.ts";
import type { Migrations } from "./migration.ts";
import { createOriginals } from "./originals.ts";
import { makePlan } from "./plan.ts";
import type { WorkingPlan } from "./working-plan.ts";
import type { MigrationDeps } from "./ports.ts";
import { recover } from "./recover.ts";
import { openRecords } from "./records.ts";
import { planRepair } from "./repair.ts";
import type { ScanOutcome } from "./scan.ts";
import { undoFiles } from "./undo.ts";
import { createDriftWatch } from "./watch.ts";

/** Plans and scans hold secrets: few are kept, and none longer than it takes to look at one. */
const mostPlans = 2;
const planLifeMs = 60 * 60_000;

/**
 * Opens what is known of earlier migrations; changes nothing by that. With `follow`, migrated files are watched and what was cut off is
 * brought to its end at once; otherwise that happens before the next change.
 */
export async function createMigrations(deps: MigrationDeps, options: { readonly follow: boolean }): Promise<Migrations> {
  const engine: Engine = { deps, records: await openRecords(deps.dataDir), originals: createOriginals(deps) };
  const listeners = new Set<() => void>();
  const changed = (): void => {
    for (const listener of listeners) listener();
  };
  const watch = createDriftWatch(engine, changed);
  const plans = new Map<string, { readonly plan: WorkingPlan; readonly timer: NodeJS.Timeout }>();
  let lastScan: ScanOutcome | null = null;
  let forgetScan: NodeJS.Timeout | undefined;
  let running: Promise<unknown> = Promise.resolve();
  let closed = false;
  let starting: Promise<unknown> = Promise.resolve();

  const dropPlan = (id: string): void => {
    clearTimeout(plans.get(id)?.timer);
    plans.delete(id);
  };
  const keepPlan = (plan: WorkingPlan): void => {
    for (const id of [...plans.keys()].slice(0, Math.max(0, plans.size + 1 - mostPlans))) dropPlan(id);
    const timer = setTimeout(() => dropPlan(plan.shown.id), planLifeMs);
    timer.unref();
    plans.set(plan.shown.id, { plan, timer });
  };

  /** One at a time on this machine, and after everything that was cut off has been brought to its end. */
  const exclusively = async <T>(work: () => Promise<Result<T>>): Promise<Result<T>> => {
    // Cleaning up at the start is no run that the person knows of.
    await starting;
    if (closed) return fail("closing", "Portcullis is closing.");
    const lock = takeMigrationLock(deps.dataDir);
    if (!lock.ok) return lock;
    const done = (async () => {
      try {
        await engine.records.reload();
        await recover(engine);
        return await work();
      } finally {
        lock.value.release();
        await watch.refresh().catch(() => undefined);
        changed();
      }
    })();
    running = Promise.allSettled([running, done]);
    return done;
  };

  const shown = (id: string): Result<Migration> => {
    const record = engine.records.list().find((one) => one.id === id);
    return record === undefined ? fail("not-found", "There is no such migration.") : ok(shownMigration(record, watch.changed()));
  };
  const scanAgain = async (folders: readonly string[], onStep: (step: MigrationStep) => void): Promise<ScanOutcome> => {
    const scan = await deps.scan(folders, onStep);
    lastScan = scan;
    clearTimeout(forgetScan);
    forgetScan = setTimeout(() => (lastScan = null), planLifeMs);
    forgetScan.unref();
    return scan;
  };

  if (options.follow) {
    // Also where nothing was cut off: a keychain that was locked then may be open now.
    if (engine.records.list().length > 0) {
      // A bug here must not keep the app from starting; what was cut off is met again before the next change.
      starting = exclusively(() => Promise.resolve(ok(undefined))).catch(() => undefined);
    }
  }

  // Nothing looks after the files of a command that looks once: it would take what a client changed for ours.
  if (!options.follow && engine.records.list().length > 0) await watch.refresh();

  return {
    async scan(folders, onStep) {
      return ok((await scanAgain(folders, onStep)).scan);
    },

    async plan(selection) {
      const scan = lastScan ?? (await scanAgain(selection.folders ?? [], () => undefined));
      const plan = await makePlan(deps, scan, selection);
      if (!plan.ok) return plan;
      keepPlan(plan.value);
      return ok(plan.value.shown);
    },

    async apply(planId, onStep) {
      const kept = plans.get(planId);
      if (kept === undefined) return fail("expired", "This plan is not held any more.", "Make it again: files may have changed since.");
      const applied = await exclusively(() => applyPlan(engine, kept.plan, onStep));
      // A run that could not begin leaves the plan as good as it was.
      if (applied.ok || applied.error.code !== "too-many") dropPlan(planId);
      return applied.ok ? shown(applied.value.id) : applied;
    },

    history: () =>
      engine.records
        .list()
        .map((record) => shownMigration(record, watch.changed()))
        .toReversed(),

    async undo(migrationId, file, onStep) {
      const undone = await exclusively(() => {
        const record = engine.records.list().find((one) => one.id === migrationId);
        if (record === undefined) return Promise.resolve(fail("not-found", "There is no such migration."));
        return undoFiles(engine, record, file, (path, done, total) => onStep({ kind: "undo", done, total, text: `Putting back ${path}` }));
      });
      return undone.ok ? shown(migrationId) : undone;
    },

    drift: () => watch.drift(),

    async repair(driftId) {
      const drift = watch.drift().find((one) => one.id === driftId);
      if (drift === undefined) return fail("not-found", "This is in order again, or has changed once more.");
      const folders = new Set<string>();
      for (const record of engine.records.list()) {
        for (const entry of record.files.flatMap((file) => file.entries)) if (entry.project !== null) folders.add(entry.project);
      }
      const scan = await scanAgain([...folders], () => undefined);
      const plan = await planRepair(engine, scan, drift);
      if (!plan.ok) return plan;
      keepPlan(plan.value);
      return ok(plan.value.shown);
    },

    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },

    async close() {
      closed = true;
      watch.close();
      listeners.clear();
      for (const id of plans.keys()) dropPlan(id);
      clearTimeout(forgetScan);
      lastScan = null;
      await starting;
      await running;
    },
  };
}
