import { fail, ok } from "../../shared/errors.ts";
import type { AppError, Result } from "../../shared/errors.ts";
import type { MigrationStep } from "../../shared/model/migration.ts";
import { recordFile, settingsHash } from "./engine.ts";
import type { Engine } from "./engine.ts";
import { lookAtWritten } from "./look-at-written.ts";
import type { OriginalsOf } from "./originals.ts";
import type { MigrationRecord, RecordedFile } from "./records.ts";
import { settle } from "./settle.ts";
import { tryServers } from "./try-servers.ts";
import type { WorkingFile, WorkingPlan } from "./working-plan.ts";
import { readFit, writePlanned } from "./write-planned.ts";

/**
 * Carries a plan out (threat 27). Everything that can fail comes before the first client's file is touched: originals kept, secrets stored and
 * read back, servers added and each started once through us. Only then is each file replaced, with the entries whose server has proven
 * to work; the others stay as they are. At any point a kill leaves each file old or new, and the state on the disk says what to clean up.
 *
 * A file that was changed since the plan was shown is still taken if the entries in question are byte for byte the same (some clients rewrite theirs all
 * the time); the edit is then made on the bytes as they are now.
 */
export async function applyPlan(
  engine: Engine,
  plan: WorkingPlan,
  onStep: (step: MigrationStep) => void,
): Promise<Result<MigrationRecord>> {
  const record = newRecord(engine, plan);
  const ready: { working: WorkingFile; file: RecordedFile }[] = [];
  for (const working of plan.files) {
    const file = newFile(working);
    record.files.push(file);
    const fit = await readFit(engine, working);
    if (fit.ok) ready.push({ working, file });
    else failFile(file, fit.error);
  }
  const first = record.files[0]?.reason ?? "";
  if (ready.length === 0) return fail("cancelled", `Nothing was changed. ${first}`, "Look at the plan again.");
  const saved = await engine.records.save(record);
  if (!saved.ok) return saved;

  const prepared = await prepare(engine, plan, record, ready, onStep);
  if (!prepared.ok) {
    for (const { file } of ready) failFile(file, prepared.error);
    await giveUp(engine, record);
    return fail(prepared.error.code, `Nothing was changed. ${prepared.error.message}`, prepared.error.hint);
  }
  record.phase = "writing";
  const writing = await engine.records.save(record);
  if (!writing.ok) {
    for (const { file } of ready) failFile(file, writing.error);
    await giveUp(engine, record);
    return writing;
  }
  for (const [done, { working, file }] of ready.entries()) {
    onStep({ kind: "write", done, total: ready.length, text: `Writing ${working.path}` });
    const written = await writePlanned(engine, prepared.value, record, working, file);
    if (!written.ok) {
      await failWritten(engine, record, file, written.error);
      recordFile(engine, "migration-failed", record, file);
      await engine.records.save(record);
    }
  }
  onStep({ kind: "write", done: ready.length, total: ready.length, text: "Done" });
  await giveUp(engine, record);
  return ok(record);
}

/** What was begun is done with; what nothing needs is taken away. */
async function giveUp(engine: Engine, record: MigrationRecord): Promise<void> {
  record.phase = "done";
  await engine.records.save(record);
  await settle(engine);
}

function newRecord(engine: Engine, plan: WorkingPlan): MigrationRecord {
  return {
    version: 1,
    id: plan.shown.id,
    at: engine.deps.now(),
    phase: "preparing",
    files: [],
    secrets: plan.secrets.map(({ name, exists, servers }) => ({ name, created: !exists, state: "planned", servers: [...servers] })),
    servers: [...plan.servers].map(([name, { settings, exists }]) => ({
      name,
      added: !exists,
      hash: settingsHash(settings),
      state: "planned",
      reason: null,
    })),
    restart: plan.shown.restart,
    rotate: plan.shown.rotate,
  };
}

function newFile(working: WorkingFile): RecordedFile {
  return {
    path: working.path,
    target: working.target,
    format: working.format,
    before: working.hash,
    after: null,
    state: "pending",
    reason: null,
    known: [],
    entries: working.entries.map(({ list, name, server }) => ({
      client: list.candidate.client.id,
      clientName: list.candidate.client.name,
      at: [...list.candidate.place.at],
      shape: list.candidate.place.shape,
      project: list.candidate.place.project,
      name,
      server,
      state: "old",
    })),
  };
}

function failFile(file: RecordedFile, error: AppError): void {
  file.state = "failed";
  file.reason = error.hint === undefined ? error.message : `${error.message} ${error.hint}`;
}

/** A file whose writing failed somewhere: what became of it is found out by looking, as after a kill. */
async function failWritten(engine: Engine, record: MigrationRecord, file: RecordedFile, error: AppError): Promise<void> {
  if (file.state === "writing") await lookAtWritten(engine, record, file);
  if (file.state === "applied") file.reason = `It is written, but: ${error.message}`;
  else failFile(file, error);
}

/** Originals, secrets, servers: everything but the files themselves. */
async function prepare(
  engine: Engine,
  plan: WorkingPlan,
  record: MigrationRecord,
  ready: readonly { readonly working: WorkingFile; readonly file: RecordedFile }[],
  onStep: (step: MigrationStep) => void,
): Promise<Result<OriginalsOf>> {
  const { vault } = engine.deps;
  const total = plan.secrets.length;
  onStep({ kind: "store", done: 0, total, text: "Keeping the originals, encrypted" });
  const originals = await engine.originals.begin(record.id);
  if (!originals.ok) return originals;
  for (const { working, file } of ready) {
    const kept = await originals.value.keep(record.files.indexOf(file), working.bytes);
    if (!kept.ok) return kept;
  }
  const needed = new Set(ready.flatMap(({ working }) => working.entries.map(({ server }) => server)));
  for (const [done, secret] of plan.secrets.entries()) {
    if (!secret.servers.some((server) => needed.has(server))) continue;
    if (vault.list().some(({ name }) => name === secret.name)) {
      const held = await vault.get(secret.name, null);
      if (held.kind === "found" && held.value === secret.value) continue;
      return fail("already-exists", `There is another secret ${secret.name} by now, or it cannot be read.`, "Look at the plan again.");
    }
    onStep({ kind: "store", done, total, text: `Storing ${secret.name} in the keychain` });
    const recorded = record.secrets.find(({ name }) => name === secret.name);
    if (recorded !== undefined) {
      recorded.created = true;
      recorded.state = "stored";
    }
    const noted = await engine.records.save(record);
    if (!noted.ok) return noted;
    const journaled = engine.deps.record({ kind: "secret-stored", by: "person", detail: { name: secret.name, migration: record.id } });
    if (!journaled.ok) return journaled;
    const stored = await vault.put(secret.name, secret.value);
    if (!stored.ok) return stored;
  }
  await tryServers(engine, plan, record, needed, onStep);
  const saved = await engine.records.save(record);
  if (!saved.ok) return saved;
  if (record.servers.some(({ state }) => state === "verified")) return originals;
  const reason = record.servers.find(({ state }) => state === "failed")?.reason ?? "";
  return fail("cannot-start", `No server could be started through Portcullis. ${reason}`);
}
