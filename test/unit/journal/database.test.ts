// What the journal's database is set to, and the sentences that its errors become.
import { spawn } from "node:child_process";
import fs from "node:fs";
import { pathToFileURL } from "node:url";
import Database from "libsql";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { JournalDatabase } from "../../../electron/journal/database.ts";
import { describeDatabaseError, errorCode, isLocked, openForAppending, openForReading } from "../../../electron/journal/database.ts";
import { createJournalPlace, thrownBy } from "../../fixtures/journal/parts.ts";

let place: ReturnType<typeof createJournalPlace>;
let opened: JournalDatabase[];
beforeEach(() => {
  place = createJournalPlace();
  opened = [];
});
afterEach(() => {
  for (const database of opened) database.close();
  place.remove();
});

function open(how: (file: string) => JournalDatabase): JournalDatabase {
  const database = how(place.file);
  opened.push(database);
  return database;
}

const setting = (database: JournalDatabase, name: string): unknown =>
  Object.values(database.prepare(`PRAGMA ${name}`).get() as Record<string, unknown>)[0];

test("it is set to what each use of it needs, at the first time and later", () => {
  for (const how of [openForAppending, openForAppending, openForReading]) {
    const database = open(how);
    expect(["journal_mode", "trusted_schema", "busy_timeout"].map((name) => setting(database, name))).toEqual(["wal", 0, 1000]);
    const own = how === openForAppending ? { synchronous: 1, wal_autocheckpoint: 0, query_only: 0 } : { query_only: 1 };
    for (const [name, value] of Object.entries(own)) expect([name, setting(database, name)]).toEqual([name, value]);
  }
  const reader = open(openForReading);
  reader.exec("PRAGMA query_only = OFF");
  expect(() => reader.exec("INSERT INTO records VALUES (1, '', '')")).toThrow(/readonly/);
});

test("the empty file that a killed process left is made a journal, which only its owner reads", () => {
  fs.writeFileSync(place.file, "", { mode: 0o640 });
  expect(setting(open(openForAppending), "user_version")).toBe(1);
  expect(fs.statSync(place.file).mode & 0o777).toBe(process.platform === "win32" ? 0o666 : 0o600);
});

test("one that says it is of another format is refused though it is empty", () => {
  open((file) => new Database(file)).exec("PRAGMA user_version = 9");
  expect(() => openForAppending(place.file)).toThrow("it was written by a newer Portcullis (format 9, this one knows 1)");
});

test("one whose log's mode was changed gets it back", () => {
  open(openForAppending).exec("PRAGMA wal_checkpoint(TRUNCATE)");
  const bytes = fs.readFileSync(place.file);
  // The file format's read and write versions: 2 is WAL, 1 is not.
  expect([...bytes.subarray(18, 20)]).toEqual([2, 2]);
  const other = `${place.file}.other`;
  fs.writeFileSync(other, bytes.fill(1, 18, 20));
  expect(
    setting(
      open(() => openForReading(other)),
      "journal_mode",
    ),
  ).toBe("delete");
  expect(
    setting(
      open(() => openForAppending(other)),
      "journal_mode",
    ),
  ).toBe("wal");
});

test.each([
  ["-wal", "x", true],
  ["-log", "x", true],
  ["-wal", "", false],
  ["-log", "", false],
])("without a database, a %s that holds %j is refused: %s", (side, text, refused) => {
  fs.writeFileSync(place.file + side, text);
  const error = thrownBy(() => open(openForAppending));
  expect(error === null ? null : describeDatabaseError(error)).toBe(
    refused ? "its database is gone, and what stood beside it is still there" : null,
  );
  // What is refused is left as it is.
  const isLeft = !fs.existsSync(place.file) && fs.readFileSync(place.file + side, "utf8") === text;
  expect(isLeft).toBe(refused);
});

test("a program that holds it for a moment is waited for, and one that goes on is said", async () => {
  open(openForAppending);
  const module = pathToFileURL(fs.realpathSync("node_modules/libsql/index.js")).href;
  const script = `import Database from ${JSON.stringify(module)};
const database = new Database(${JSON.stringify(place.file)});
database.exec("BEGIN IMMEDIATE");
console.log("held");
setTimeout(() => database.exec("ROLLBACK"), 300);`;
  const other = spawn(process.execPath, ["--input-type=module", "-e", script], { stdio: ["ignore", "pipe", "inherit"] });
  await new Promise((resolve) => other.stdout.once("data", resolve));
  const database = open(openForAppending);
  database.exec("BEGIN IMMEDIATE");
  const third = open(openForAppending);
  third.exec("PRAGMA busy_timeout = 0");
  const error = thrownBy(() => third.exec("BEGIN IMMEDIATE"));
  expect([isLocked(error), describeDatabaseError(error)]).toEqual([true, "another program holds it locked"]);
  database.exec("INSERT INTO records VALUES (1, '', ''); COMMIT");
  const twice = thrownBy(() => third.prepare("INSERT INTO records VALUES (1, '', '')").run());
  expect([isLocked(twice), describeDatabaseError(twice)]).toEqual([false, "another program appended to it at the same time"]);
});

test.each([
  ["SQLITE_FULL", "the disk is full"],
  ["ENOSPC", "the disk is full"],
  ["EDQUOT", "the disk is full"],
  ["SQLITE_BUSY_SNAPSHOT", "another program holds it locked"],
  ["SQLITE_LOCKED", "another program holds it locked"],
  ["SQLITE_READONLY_DBMOVED", "it may only be read (a read-only disk, folder or file)"],
  ["EROFS", "it may only be read (a read-only disk, folder or file)"],
  ["SQLITE_CORRUPT_VTAB", "it is damaged (what it said)"],
  ["SQLITE_NOTADB", "it is not a database: something else was written over it"],
  ["SQLITE_IOERR_WRITE", "the disk failed (what it said)"],
  ["EACCES", "permission was refused"],
  ["EPERM", "permission was refused"],
  ["ENOENT", "it is not there"],
  ["ENOTDIR", "it is not there"],
  ["SQLITE_CANTOPEN", "it could not be opened (permission, or a missing folder)"],
  ["NOT_SQLITE_BUSY", "what it said"],
])("%s: %s", (code, sentence) => {
  expect(describeDatabaseError(Object.assign(new Error("what it said"), { code }))).toBe(sentence);
});

test("an error without a code, or of another kind", () => {
  expect(describeDatabaseError(new Error("ConnectionFailed(…)"))).toBe("it could not be opened (permission, or a missing folder)");
  expect([describeDatabaseError("a text"), describeDatabaseError(new Error("words"))]).toEqual(["a text", "words"]);
  expect([errorCode(null), errorCode("x"), errorCode({ code: 5 }), errorCode({ code: "E" })]).toEqual(["", "", "", "E"]);
});
