import { createHash } from "node:crypto";
import { fail } from "../../shared/errors.ts";
import type { Result } from "../../shared/errors.ts";
import type { Migration } from "../../shared/model/migration.ts";
import type { ServerSettings } from "../../shared/model/server.ts";
import { canonical } from "../../shared/policy/canonical.ts";
import type { ClientDefinition } from "./clients/client-definition.ts";
import { readEntries } from "./clients/read-entries.ts";
import type { ReadEntry } from "./clients/read-entries.ts";
import type { ConfigDocument } from "./formats/document.ts";
import type { Originals } from "./originals.ts";
import type { MigrationDeps } from "./ports.ts";
import type { MigrationRecord, RecordedEntry, RecordedFile, Records } from "./records.ts";
import { hashOf } from "./replace-file.ts";

/** What applying, undoing and recovering share. */
export interface Engine {
  readonly deps: MigrationDeps;
  readonly records: Records;
  readonly originals: Originals;
}

/** Of a server's whole settings; tells later whether the person changed them. */
export function settingsHash(settings: ServerSettings): string {
  return createHash("sha256").update(canonical(settings)).digest("hex");
}

/** The entry as it stands in a document now; undefined where it is not there, or nothing that we can read. */
export function findEntry(
  document: ConfigDocument,
  entry: Pick<RecordedEntry, "client" | "at" | "shape" | "name">,
  clients: readonly ClientDefinition[],
): ReadEntry | undefined {
  const shape = clients.find((one) => one.id === entry.client)?.entry(document) ?? {};
  const entries = readEntries(document, entry, shape);
  return entries.ok ? entries.value.find((one) => one.name === entry.name) : undefined;
}

/** The kept bytes of a migrated file, as they were replaced. */
export async function originalOf(engine: Engine, record: MigrationRecord, file: RecordedFile): Promise<Result<Uint8Array>> {
  const originals = await engine.originals.open(record.id);
  if (!originals.ok) return originals;
  const original = await originals.value.read(record.files.indexOf(file));
  if (!original.ok) return original;
  return hashOf(original.value) === file.before ? original : fail("internal", "The kept original is not the one that was replaced.");
}

/** Whether the entry launches this server through our bridge. */
export function launchesServer(entry: ReadEntry | undefined, server: string): boolean {
  if (entry === undefined || !entry.ours) return false;
  const at = entry.args.findIndex((arg) => arg.value === "connect");
  return entry.args[at + 1]?.value === server;
}

/** Journals what happened to one file. */
export function recordFile(
  engine: Engine,
  kind: "migration-applied" | "migration-undone" | "migration-failed",
  record: MigrationRecord,
  file: RecordedFile,
): Result<void> {
  return engine.deps.record({
    kind,
    by: "person",
    detail: {
      migration: record.id,
      file: file.path,
      servers: [...new Set(file.entries.map(({ server }) => server))],
      ...(file.reason === null ? {} : { reason: file.reason }),
    },
  });
}

/** A record as the UI and the command line see it. `changed`: targets whose bytes are not those that we wrote. */
export function shownMigration(record: MigrationRecord, changed: ReadonlySet<string>): Migration {
  return {
    id: record.id,
    at: record.at,
    files: record.files.map((file) => ({
      path: file.path,
      client: file.entries[0]?.clientName ?? "",
      servers: file.entries.map(({ name }) => name),
      state:
        file.state === "applied" || file.state === "undoing"
          ? changed.has(changedKey(record, file))
            ? "changed-since"
            : "applied"
          : file.state === "undone"
            ? "undone"
            : "failed",
      reason: file.reason,
    })),
    secrets: record.secrets.filter(({ state }) => state === "stored").map(({ name }) => name),
    servers: record.servers.map(({ name, state, reason }) => ({ name, state: state === "planned" ? "failed" : state, reason })),
    restart: record.restart,
    rotate: record.rotate,
  };
}

export function changedKey(record: MigrationRecord, file: RecordedFile): string {
  return `${record.id} ${file.target}`;
}
