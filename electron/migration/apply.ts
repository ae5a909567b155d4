import { fail, ok } from "../../shared/errors.ts";
import type { AppError, Result } from "../../shared/errors.ts";
import type { MigrationStep } from "../../shared/model/migration.ts";
import type { ServerSettings } from "../../shared/model/server.ts";
import { writeEntry } from "./clients/write-entry.ts";
import { findEntry, recordFile, settingsHash } from "./engine.ts";
import type { Engine } from "./engine.ts";
import type { ConfigDocument, DocumentEdit } from "./formats/document.ts";
import { openDocument } from "./formats/open-document.ts";
import { leftSecrets } from "./left-secrets.ts";
import type { OriginalsOf } from "./originals.ts";
import type { WorkingEntry, WorkingFile, WorkingPlan } from "./plan.ts";
import type { MigrationRecord, RecordedFile } from "./records.ts";
import { hashOf, readFileNow, replaceFile, whyNotReplaced } from "./replace-file.ts";
import { ownSettings, settle } from "./settle.ts";
import { entryPrint } from "./sources.ts";

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
    const written = await writeFile(engine, prepared.value, record, working, file);
    if (!written.ok) {
      failFile(file, written.error);
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

interface Fit {
  readonly now: Parameters<typeof replaceFile>[0] & { readonly bytes: Uint8Array };
  readonly document: ConfigDocument;
}

/** The file as it is now, if the plan may still be applied to it. */
async function readFit(engine: Engine, working: WorkingFile): Promise<Result<Fit>> {
  const now = await readFileNow(working.path);
  if (!now.ok) return now;
  if (now.value.target !== working.target)
    return fail("cancelled", "The file is another one than was looked at: its symlinks lead elsewhere now.");
  const may = await whyNotReplaced(now.value.target);
  if (!may.ok) return may;
  const document = openDocument(working.format, now.value.bytes);
  if (!document.ok) return document;
  if (now.value.hash !== working.hash) {
    for (const entry of working.entries) {
      const found = entryNow(engine, document.value, entry);
      const print = found === undefined ? null : entryPrint(document.value, found);
      if (print !== entry.print)
        return fail("cancelled", `The file was changed since it was looked at, in the entry “${entry.name}”.`, "Look at it again.");
    }
  }
  return ok({ now: now.value, document: document.value });
}

function entryNow(engine: Engine, document: ConfigDocument, { list, name }: WorkingEntry) {
  const { client, place } = list.candidate;
  return findEntry(document, { client: client.id, at: [...place.at], shape: place.shape, name }, engine.deps.clients);
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

const atOnce = 3;

/** Adds and starts each once. A failure is the server's own: its entries stay as they are. */
async function tryServers(
  engine: Engine,
  plan: WorkingPlan,
  record: MigrationRecord,
  needed: ReadonlySet<string>,
  onStep: (step: MigrationStep) => void,
): Promise<void> {
  const waiting = [...plan.servers].filter(([name]) => needed.has(name));
  const total = waiting.length;
  let done = 0;
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [name, { settings, exists }] = next;
      onStep({ kind: "verify", done, total, text: `Starting ${name} through Portcullis` });
      const tried = await tryServer(engine, name, settings, exists);
      const recorded = record.servers.find((server) => server.name === name);
      if (recorded !== undefined) {
        recorded.state = tried.ok ? "verified" : "failed";
        recorded.reason = tried.ok ? null : [tried.error.message, tried.error.hint ?? ""].join(" ").trim();
      }
      done += 1;
      onStep({ kind: "verify", done, total, text: tried.ok ? `${name} works` : `${name} does not start` });
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
}

async function tryServer(engine: Engine, name: string, settings: ServerSettings, exists: boolean): Promise<Result<unknown>> {
  const { servers } = engine.deps;
  if (!exists) {
    const added = await servers.add(name, settings);
    if (!added.ok) return added;
  } else if (ownSettings(servers.settings(), name) === undefined) {
    return fail("not-found", `There is no server ${name} any more.`);
  }
  return settings.disabled === true ? ok(undefined) : servers.inspect(name);
}

const mostTries = 3;

async function writeFile(
  engine: Engine,
  originals: OriginalsOf,
  record: MigrationRecord,
  working: WorkingFile,
  file: RecordedFile,
): Promise<Result<void>> {
  const verified = new Set(record.servers.filter(({ state }) => state === "verified").map(({ name }) => name));
  const moving = working.entries.filter(({ server }) => verified.has(server));
  if (moving.length === 0) {
    const names = [...new Set(working.entries.map(({ server }) => server))].join(", ");
    return fail("cannot-start", `None of its servers could be started through Portcullis (${names}), so it stays as it is.`);
  }
  for (let attempt = 1; ; attempt += 1) {
    const fit = await readFit(engine, working);
    if (!fit.ok) return fit;
    const { now, document } = fit.value;
    const edits = editsFor(engine, document, moving);
    if (!edits.ok) return edits;
    const after = document.edit(edits.value);
    if (!after.ok) return after;
    if (now.hash !== file.before) {
      const kept = await originals.keep(record.files.indexOf(file), now.bytes);
      if (!kept.ok) return kept;
      file.before = now.hash;
    }
    file.after = hashOf(after.value);
    file.state = "writing";
    const noted = await engine.records.save(record);
    if (!noted.ok) return noted;
    const journaled = recordFile(engine, "migration-applied", record, file);
    if (!journaled.ok) return journaled;
    const replaced = await replaceFile(now, after.value, record.id);
    if (!replaced.ok) {
      if (replaced.error.code === "cancelled" && attempt < mostTries) continue;
      return replaced;
    }
    file.state = "applied";
    const moved = new Set(moving.map(({ list, name }) => JSON.stringify([list.candidate.place.at, name])));
    for (const entry of file.entries) if (moved.has(JSON.stringify([entry.at, entry.name]))) entry.state = "moved";
    file.known = leftSecrets(engine.deps.clients, after.value, file);
    const left = working.entries.filter(({ server }) => !verified.has(server)).map(({ name }) => name);
    file.reason = left.length === 0 ? null : `Left as before, because its server does not start through Portcullis: ${left.join(", ")}.`;
    return engine.records.save(record);
  }
}

/** What is written into the file as it is now. */
export function editsFor(engine: Engine, document: ConfigDocument, entries: readonly WorkingEntry[]): Result<readonly DocumentEdit[]> {
  const edits: DocumentEdit[] = [];
  const added = new Map<string, number>();
  for (const entry of entries) {
    const { client, place } = entry.list.candidate;
    const found = entryNow(engine, document, entry);
    if (found !== undefined)
      edits.push(...writeEntry(document, found, client.entry(document), engine.deps.bridge(entry.server, client.id)));
    else if (entry.made === undefined) return fail("cancelled", `The entry “${entry.name}” is not there any more.`, "Look at it again.");
    else if (place.shape === "map") edits.push({ kind: "set", path: [...place.at, entry.name], value: entry.made });
    else {
      const list = document.get(place.at);
      const key = JSON.stringify(place.at);
      const more = added.get(key) ?? 0;
      added.set(key, more + 1);
      edits.push({ kind: "set", path: [...place.at, (Array.isArray(list) ? list.length : 0) + more], value: entry.made });
    }
  }
  return ok(edits);
}
