import type { Engine } from "./engine.ts";
import { findEntry, settingsHash } from "./engine.ts";
import { openDocument } from "./formats/open-document.ts";
import type { MigrationRecord, RecordedEntry, RecordedFile } from "./records.ts";
import { readFileNow } from "./replace-file.ts";
import type { JsonValue } from "../../shared/model/json.ts";
import { secretReferences } from "../../shared/model/secret-reference.ts";
import type { ServerSettings } from "../../shared/model/server.ts";

/**
 * Takes away what no migrated file needs any more: servers that a migration added, secrets that it stored. After a failure, an undo
 * or a restart alike; can be repeated. Nothing is taken away on a guess: a server that the person changed since stays, and a secret only
 * goes when its plaintext is seen in every place it came from and no server refers to it.
 */
export async function settle(engine: Engine): Promise<void> {
  const { deps, records } = engine;
  // Which server needs which secret is not known then; it is looked at again at the next start.
  if (deps.servers.problem() !== null) return;
  const done = records.list().filter((record) => record.phase === "done");
  const inUse = new Set(
    records
      .list()
      .flatMap((record) => record.files.flatMap((file) => file.entries.flatMap((one) => (one.state === "moved" ? [one.server] : [])))),
  );
  for (const record of done) if (await settleServers(engine, record, inUse)) await records.save(record);
  for (const record of done) if (await settleSecrets(engine, record)) await records.save(record);
  // The last copy of what stands nowhere else is not thrown away.
  for (const record of done) {
    if (record.files.every((file) => file.state !== "applied" && file.entries.every((entry) => entry.state === "old"))) {
      await engine.originals.forget(record.id);
    }
  }
}

async function settleServers(engine: Engine, record: MigrationRecord, inUse: ReadonlySet<string>): Promise<boolean> {
  const { servers } = engine.deps;
  let changed = false;
  for (const server of record.servers) {
    if (!server.added || server.state === "removed" || inUse.has(server.name)) continue;
    const settings = ownSettings(servers.settings(), server.name);
    if (settings !== undefined) {
      // `disabled` and a waiver are the person's to switch, but what is switched is a change like any other: it stays.
      if (settingsHash(settings) !== server.hash) continue;
      const removed = await servers.remove(server.name);
      if (!removed.ok) continue;
    }
    // Why it failed is worth more than that it is gone.
    server.added = false;
    if (server.state !== "failed") server.state = "removed";
    changed = true;
  }
  return changed;
}

async function settleSecrets(engine: Engine, record: MigrationRecord): Promise<boolean> {
  const { vault, servers, record: journal } = engine.deps;
  let changed = false;
  for (const secret of record.secrets) {
    if (!secret.created || (secret.state !== "stored" && secret.state !== "deleting")) continue;
    const entries = entriesOf(engine, secret.name);
    if (entries.some(({ entry }) => entry.state !== "old") || isReferred(servers.settings(), secret.name)) continue;
    if (vault.list().some(({ name }) => name === secret.name)) {
      // Where no file was ever touched there is nothing to look for; a store that was cut off while it was written has no value to ask for.
      const written = entries.filter(({ file }) => file.after !== null);
      if (written.length > 0) {
        const held = await vault.get(secret.name, null);
        // Also where a deletion was begun before: it may not have been done, and the file or the value may be another one by now.
        if (held.kind === "found" && !(await standsInAll(engine, held.value, written))) continue;
        // Cut off in the middle of its deletion it has no value any more; whatever can be asked later is waited for.
        if (held.kind !== "found" && (secret.state === "stored" || held.kind === "locked" || held.kind === "timed-out")) continue;
        // Noted first: a store that was cut off in the middle of it cannot be asked for the value any more.
        secret.state = "deleting";
        if (!(await engine.records.save(record)).ok) continue;
      }
      if (!journal({ kind: "secret-deleted", by: "person", detail: { name: secret.name, migration: record.id } }).ok) continue;
      const deleted = await vault.delete(secret.name);
      if (!deleted.ok) {
        secret.state = "stored";
        changed = true;
        continue;
      }
    }
    secret.state = "deleted";
    changed = true;
  }
  return changed;
}

interface Held {
  readonly file: RecordedFile;
  readonly entry: RecordedEntry;
}

/** All entries that ever held this secret, over all migrations. */
function entriesOf(engine: Engine, secret: string): readonly Held[] {
  return engine.records.list().flatMap((record) => {
    const servers = new Set(record.secrets.filter(({ name }) => name === secret).flatMap((one) => one.servers));
    return record.files.flatMap((file) =>
      file.entries.filter((entry) => servers.has(entry.server)).map((entry): Held => ({ file, entry })),
    );
  });
}

/**
 * Whether the very value stands in each of these entries, as it is now: the last copy of a secret is not thrown away, nor one
 * that the person has put in its place since.
 */
async function standsInAll(engine: Engine, value: string, entries: readonly Held[]): Promise<boolean> {
  for (const { file, entry } of entries) {
    const now = await readFileNow(file.path);
    const document = now.ok ? openDocument(file.format, now.value.bytes) : now;
    if (!document.ok) return false;
    const found = findEntry(document.value, entry, engine.deps.clients);
    if (found === undefined || !holds(document.value.get(found.path), value)) return false;
  }
  return true;
}

function holds(value: JsonValue | undefined, secret: string): boolean {
  if (typeof value === "object" && value !== null) return Object.values(value).some((inner) => holds(inner, secret));
  return value !== undefined && String(value).includes(secret);
}

function isReferred(all: Readonly<Record<string, ServerSettings>>, name: string): boolean {
  return Object.values(all).some((settings) =>
    [...Object.values(settings.env ?? {}), ...(settings.args ?? [])].some((text) => secretReferences(text).includes(name)),
  );
}

export function ownSettings(all: Readonly<Record<string, ServerSettings>>, name: string): ServerSettings | undefined {
  return Object.hasOwn(all, name) ? all[name] : undefined;
}
