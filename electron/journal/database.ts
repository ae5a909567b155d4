// The journal's file. Appending touches one table of three columns, because every index costs as much as the record itself on a
// call's path; what is searched by is copied into the table `search` in batches, off that path (search.ts), and verified against the
// chain. Triggers refuse UPDATE and DELETE to whoever has not dropped them; a schema that is not ours is refused.
import fs from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import Database from "libsql";

export type JournalDatabase = Database.Database;

const formatVersion = 1;
const applicationId = 0x504f5254;
const busyMs = 1000;

const schema: ReadonlyMap<string, string> = new Map([
  ["records", "CREATE TABLE records (seq INTEGER PRIMARY KEY, body TEXT NOT NULL, hash TEXT NOT NULL) STRICT"],
  [
    "records_no_update",
    "CREATE TRIGGER records_no_update BEFORE UPDATE ON records BEGIN SELECT raise(ABORT, 'the journal is append-only'); END",
  ],
  [
    "records_no_delete",
    "CREATE TRIGGER records_no_delete BEFORE DELETE ON records BEGIN SELECT raise(ABORT, 'the journal is append-only'); END",
  ],
  [
    "search",
    "CREATE TABLE search (seq INTEGER PRIMARY KEY, at REAL NOT NULL, kind TEXT NOT NULL, call TEXT, client TEXT, server TEXT, " +
      "tool TEXT, decision TEXT) STRICT",
  ],
  ["search_at", "CREATE INDEX search_at ON search (at)"],
  ["search_kind", "CREATE INDEX search_kind ON search (kind)"],
  ["search_call", "CREATE INDEX search_call ON search (call) WHERE call IS NOT NULL"],
  ["search_server", "CREATE INDEX search_server ON search (server) WHERE server IS NOT NULL"],
]);

/** A file that is there and cannot be used as a journal; the message says why. */
class NotAJournal extends Error {
  override readonly name = "NotAJournal";
}

/**
 * Opens the journal for appending; creates it (mode 0600) when there is none. What a killed process left in the write-ahead log is
 * taken over by SQLite here.
 *
 * @throws NotAJournal, or the database's own error: `describeDatabaseError` makes a sentence of either.
 */
export function openForAppending(file: string): JournalDatabase {
  createPrivateFile(file);
  const database = new Database(file, { timeout: busyMs });
  // FULL would wait for the disk at each commit (0.2 to 1 ms); NORMAL survives our death at once and power loss from the next anchor on.
  // Checkpoints come in quiet moments (upkeep.ts), never in the middle of a call.
  database.exec("PRAGMA synchronous = NORMAL; PRAGMA trusted_schema = OFF; PRAGMA wal_autocheckpoint = 0");
  if (pragma(database, "user_version") === 0 && readSchema(database).length === 0) {
    database.pragma("journal_mode = WAL");
    database.exec(
      `BEGIN IMMEDIATE; ${[...schema.values()].join("; ")}; PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${formatVersion}; COMMIT`,
    );
    return database;
  }
  checkFormat(database);
  database.pragma("journal_mode = WAL");
  return database;
}

/**
 * Opens the journal read-only, also while the app writes to it.
 *
 * @throws as `openForAppending`
 */
export function openForReading(file: string): JournalDatabase {
  refuseStrangeFile(file);
  const database = new Database(`${pathToFileURL(path.resolve(file)).href}?mode=ro`, { timeout: busyMs });
  database.exec("PRAGMA query_only = ON; PRAGMA trusted_schema = OFF");
  return database;
}

/** @throws NotAJournal when version, tables, indexes or triggers are not those of this format. */
export function checkFormat(database: JournalDatabase): void {
  const version = pragma(database, "user_version");
  if (version !== formatVersion) {
    throw new NotAJournal(
      version > formatVersion
        ? `it was written by a newer Portcullis (format ${version}, this one knows ${formatVersion})`
        : `its format is marked ${version}, which no Portcullis writes`,
    );
  }
  if (pragma(database, "application_id") !== applicationId) throw new NotAJournal("it bears another program's mark");
  const found = readSchema(database);
  for (const [name, sql] of schema) {
    const [object, second] = found.filter((candidate) => candidate.name === name);
    if (object === undefined) throw new NotAJournal(`its "${name}" is gone that Portcullis made`);
    // A trigger may bear the name of a table or an index: two objects of one name are looked at as two.
    if (second !== undefined) throw new NotAJournal(`it holds "${name}" twice`);
    if (object.sql !== sql) throw new NotAJournal(`its "${name}" is not the one Portcullis made`);
  }
  for (const { name } of found) if (!schema.has(name)) throw new NotAJournal(`it holds "${name}", which Portcullis did not make`);
}

/** A sentence for the person of what a failed open, read or write means. */
export function describeDatabaseError(error: unknown): string {
  const code = errorCode(error);
  const message = error instanceof Error ? error.message : String(error);
  if (code.startsWith("SQLITE_FULL") || code === "ENOSPC" || code === "EDQUOT") return "the disk is full";
  if (isLocked(error)) return "another program holds it locked";
  if (code.startsWith("SQLITE_READONLY") || code === "EROFS") return "it may only be read (a read-only disk, folder or file)";
  if (code.startsWith("SQLITE_CORRUPT")) return `it is damaged (${message})`;
  if (code.startsWith("SQLITE_NOTADB")) return "it is not a database: something else was written over it";
  if (code.startsWith("SQLITE_CONSTRAINT")) return "another program appended to it at the same time";
  if (code.startsWith("SQLITE_IOERR")) return `the disk failed (${message})`;
  if (code === "EACCES" || code === "EPERM") return "permission was refused";
  if (code === "ENOENT" || code === "ENOTDIR") return "it is not there";
  if (code.startsWith("SQLITE_CANTOPEN") || message.startsWith("ConnectionFailed"))
    return "it could not be opened (permission, or a missing folder)";
  return message;
}

/** Whether another program holds the database just now: what failed with it may work a moment later. */
export function isLocked(error: unknown): boolean {
  return /^SQLITE_(?:BUSY|LOCKED)/.test(errorCode(error));
}

/** The code of an error of the file system or the database; "" when it has none. */
export function errorCode(error: unknown): string {
  return typeof error === "object" && error !== null && "code" in error && typeof error.code === "string" ? error.code : "";
}

function pragma(database: JournalDatabase, name: string): number {
  const row = database.prepare(`PRAGMA ${name}`).get() as Record<string, unknown> | undefined;
  const value = row?.[name];
  return typeof value === "number" ? value : -1;
}

interface SchemaObject {
  readonly type: string;
  readonly name: string;
  readonly sql: string | null;
}

// What ANALYZE leaves behind: numbers that the planner reads, and nothing that acts. Known by its whole text, because its name alone
// can be given to a trigger by whoever writes the schema's table.
const statistics: ReadonlySet<string> = new Set([
  "CREATE TABLE sqlite_stat1(tbl,idx,stat)",
  "CREATE TABLE sqlite_stat4(tbl,idx,neq,nlt,ndlt,sample)",
]);

/** Every table, index, trigger and view but the statistics. */
function readSchema(database: JournalDatabase): readonly SchemaObject[] {
  const rows = database.prepare("SELECT type, name, sql FROM sqlite_schema").all() as SchemaObject[];
  return rows.filter(({ type, sql }) => !(type === "table" && statistics.has(sql ?? "")));
}

// SQLite gives its side files the mode of the database, so that one must be right from the first moment.
function createPrivateFile(file: string): void {
  // SQLite would delete a log without its database, and with it what was never anywhere else.
  if (!fs.existsSync(file) && sizeOf(`${file}-wal`) + sizeOf(`${file}-log`) > 0) {
    throw new NotAJournal("its database is gone, and what stood beside it is still there");
  }
  try {
    fs.closeSync(fs.openSync(file, "wx", 0o600));
    return;
  } catch (error) {
    if (errorCode(error) !== "EEXIST") throw error;
  }
  refuseStrangeFile(file);
  if (process.platform !== "win32" && (fs.statSync(file).mode & 0o077) !== 0) fs.chmodSync(file, 0o600);
}

function sizeOf(file: string): number {
  return fs.lstatSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

function refuseStrangeFile(file: string): void {
  if (!fs.lstatSync(file).isFile()) throw new NotAJournal("it is not an ordinary file");
}
