// Threat 33: whatever is done to the journal's file, verify names the first record that is wrong. What an app does on such a file is in
// journal-start.test.ts.
import fs from "node:fs";
import type Database from "libsql";
import Libsql from "libsql";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { chainHash, genesisHash, recordBody } from "../../electron/journal/chain.ts";
import { openForReading } from "../../electron/journal/database.ts";
import { openJournalReader, verifyJournalFile } from "../../electron/journal/reader.ts";
import type { JournalPlace, TestAnchor } from "../fixtures/journal/parts.ts";
import { createRecordedJournal, dispatched, hostileTool, openTestJournal, tamper } from "../fixtures/journal/parts.ts";

let place: JournalPlace;
let anchor: TestAnchor;

beforeEach(async () => {
  ({ place, anchor } = await createRecordedJournal());
});
afterEach(() => place.remove());

/** Writes the chain anew from a record on, as whoever knows how it is made can. */
function rehash(database: Database.Database, from: number): void {
  const rows = database.prepare("SELECT seq, body FROM records WHERE seq >= ? ORDER BY seq").all([from]) as { seq: number; body: string }[];
  let hash =
    (database.prepare("SELECT hash FROM records WHERE seq = ?").get([from - 1]) as { hash: string } | undefined)?.hash ?? genesisHash;
  for (const row of rows) {
    hash = chainHash(hash, row.body);
    database.prepare("UPDATE records SET hash = ? WHERE seq = ?").run([hash, row.seq]);
  }
}

const edit = (seq: number, from: string, to: string): string =>
  `UPDATE records SET body = replace(body, '${from}', '${to}') WHERE seq = ${seq}`;

const forgetting = (name: string): string => `CREATE TRIGGER ${name} BEFORE INSERT ON records BEGIN SELECT raise(IGNORE); END`;

describe("verify names the first bad record", () => {
  test("and finds nothing in an untouched journal, whatever a tool is called", async () => {
    expect(await verifyJournalFile(place.file, anchor)).toMatchObject({ kind: "intact", records: 200, anchor: "keychain" });
    const reader = openJournalReader(place.file);
    expect(reader.page({ limit: 5, tool: hostileTool }).records).toMatchObject([{ tool: hostileTool, decision: "deny" }]);
    expect(reader.page({ limit: 5, decision: "allow", server: "s" }).records).toEqual([]);
    const lines = [...reader.exportRecords("jsonl", {})].join("").trimEnd().split("\n");
    expect(lines).toHaveLength(200);
    reader.close();
  });

  test.each<readonly [string, (database: Database.Database) => void, number, RegExp]>([
    ["one letter of a text edited", (db) => db.exec(edit(41, "filesystem", "Filesystem")), 41, /was changed/],
    ["a denial made an allow", (db) => db.exec(edit(199, '"decision":"deny"', '"decision":"allow"')), 199, /was changed/],
    ["the first record edited", (db) => db.exec(edit(1, "c1", "c2")), 1, /was changed/],
    ["the last record edited", (db) => db.exec(edit(200, '"ok"', '"lost"')), 200, /was changed/],
    ["a time edited", (db) => db.exec("UPDATE records SET body = replace(body, '\"at\":1', '\"at\":2') WHERE seq = 77"), 77, /was changed/],
    [
      "a hash edited",
      (db) => db.exec("UPDATE records SET hash = replace(hash, substr(hash, 1, 1), 'g') WHERE seq = 60"),
      60,
      /was changed/,
    ],
    ["a text that is no JSON", (db) => db.exec("UPDATE records SET body = 'gone' WHERE seq = 30"), 30, /was changed/],
    [
      "white space added",
      (db) => db.exec("UPDATE records SET body = replace(body, '{\"at\"', '{ \"at\"') WHERE seq = 30"),
      30,
      /was changed/,
    ],
    ["a record deleted", (db) => db.exec("DELETE FROM records WHERE seq = 50"), 50, /missing/],
    ["the first record deleted", (db) => db.exec("DELETE FROM records WHERE seq = 1"), 1, /missing/],
    ["a span deleted", (db) => db.exec("DELETE FROM records WHERE seq BETWEEN 50 AND 59"), 50, /records 50 to 59 are missing/],
    [
      "a record deleted and the rest moved up",
      (db) => db.exec("DELETE FROM records WHERE seq = 50; UPDATE records SET seq = seq - 1 WHERE seq > 50"),
      50,
      /holds record 51/,
    ],
    [
      "two records swapped",
      (db) =>
        db.exec(
          "UPDATE records SET seq = 999 WHERE seq = 10; UPDATE records SET seq = 10 WHERE seq = 11; UPDATE records SET seq = 11 WHERE seq = 999",
        ),
      10,
      /holds record 11/,
    ],
    [
      "a record inserted before all",
      (db) => db.exec("INSERT INTO records SELECT 0, body, hash FROM records WHERE seq = 1"),
      0,
      /inserted|was changed/,
    ],
    [
      "a record inserted in the middle",
      (db) =>
        db.exec(
          "UPDATE records SET seq = seq + 1000 WHERE seq > 20; UPDATE records SET seq = seq - 999 WHERE seq > 1000; INSERT INTO records SELECT 21, body, hash FROM records WHERE seq = 5",
        ),
      21,
      /holds record 5/,
    ],
    [
      "a record appended with a hash of its own",
      (db) => db.exec("INSERT INTO records SELECT 201, body, hash FROM records WHERE seq = 5"),
      201,
      /holds record 5/,
    ],
    [
      "the end cut off",
      (db) => db.exec("DELETE FROM records WHERE seq > 190"),
      191,
      /records 191 to 200 are missing: the anchor in the keychain/,
    ],
    ["the last record cut off", (db) => db.exec("DELETE FROM records WHERE seq = 200"), 200, /record 200 is missing/],
    ["everything deleted", (db) => db.exec("DELETE FROM records"), 1, /records 1 to 200 are missing/],
    [
      "a record edited and the chain written anew",
      (db) => {
        db.exec(edit(100, "rule 3f2a", "person"));
        db.exec(edit(101, "rule 3f2a", "person"));
        rehash(db, 100);
      },
      200,
      /replaced together with the hashes/,
    ],
    [
      "a record left out and the chain written anew, one longer",
      (db) => {
        for (const seq of [50, 51, 201, 202]) {
          const body = recordBody(seq, 5, { kind: "app-started" });
          db.prepare("INSERT OR REPLACE INTO records VALUES (?, ?, '')").run([seq, body]);
        }
        db.exec("DELETE FROM search");
        rehash(db, 50);
      },
      200,
      /replaced together with the hashes/,
    ],
    [
      "a text that is not canonical, with its hash right",
      (db) => {
        db.exec('UPDATE records SET body = replace(body, \'{"at"\', \'{"kind":"call-denied","at"\') WHERE seq = 120');
        rehash(db, 120);
      },
      120,
      /not a record that Portcullis wrote/,
    ],
    ["a search copy edited", (db) => db.exec("UPDATE search SET server = 'harmless' WHERE seq = 33"), 33, /search table was changed/],
    ["a search copy's time edited", (db) => db.exec("UPDATE search SET at = at + 1 WHERE seq = 34"), 34, /search table was changed/],
    [
      "a search copy of a record to come",
      (db) => db.exec("INSERT INTO search (seq, at, kind) VALUES (5000, 1, 'app-started')"),
      201,
      /the chain does not/,
    ],
    [
      "a search copy of a record that cannot be",
      (db) => db.exec("INSERT INTO search (seq, at, kind, call) VALUES (-1, 0, 'call-finished', 'c1')"),
      -1,
      /no record has such a number/,
    ],
    ["a search copy deleted", (db) => db.exec("DELETE FROM search WHERE seq = 35"), 35, /taken out of the search table/],
  ])("%s", async (_name, change, seq, reason) => {
    tamper(place.file, change);
    const verdict = await verifyJournalFile(place.file, anchor);
    expect(verdict).toEqual({ kind: "bad", seq, reason: expect.stringMatching(reason) as string });
  });

  test("a search index that hides a record", async () => {
    tamper(place.file, (db) => {
      // The index is cut out of the schema while the row is changed, and put back without it.
      const sql = "CREATE INDEX search_server ON search (server) WHERE server IS NOT NULL";
      db.exec("DROP INDEX search_server");
      db.exec("CREATE INDEX search_server ON search (server) WHERE server IS NOT NULL AND seq <> 70");
      db.exec("PRAGMA writable_schema = ON");
      db.prepare("UPDATE sqlite_schema SET sql = ? WHERE name = 'search_server'").run([sql]);
      db.exec("PRAGMA writable_schema = OFF");
    });
    const verdict = await verifyJournalFile(place.file, anchor);
    expect(verdict).toEqual({ kind: "bad", seq: 70, reason: "it was taken out of a search index" });
  });

  test.each<readonly [string, (database: Database.Database) => void, RegExp]>([
    ["a format from the future", (db) => db.exec("PRAGMA user_version = 9"), /newer Portcullis/],
    ["no format", (db) => db.exec("PRAGMA user_version = 0"), /no Portcullis writes/],
    ["another program's mark", (db) => db.exec("PRAGMA application_id = 1"), /another program's mark/],
    ["a table of others", (db) => db.exec("CREATE TABLE more (x)"), /"more", which Portcullis did not make/],
    [
      "a trigger that forgets denials",
      (db) => db.exec("CREATE TRIGGER forget AFTER INSERT ON records WHEN NEW.body LIKE '%deny%' BEGIN DELETE FROM search; END"),
      /"forget"/,
    ],
    [
      "a trigger under the name of a table that ANALYZE makes",
      (db) => {
        db.exec(forgetting("forget"));
        db.exec("PRAGMA writable_schema = ON");
        db.exec(
          "UPDATE sqlite_schema SET name = 'sqlite_stat9', sql = replace(sql, 'TRIGGER forget', 'TRIGGER sqlite_stat9') WHERE name = 'forget'",
        );
        db.exec("PRAGMA writable_schema = OFF");
      },
      /"sqlite_stat9", which Portcullis did not make/,
    ],
    [
      "a trigger under the name of an index, in front of it",
      (db) => {
        db.exec("DROP INDEX search_at");
        db.exec(forgetting("search_at"));
        db.exec("CREATE INDEX search_at ON search (at)");
      },
      /holds "search_at" twice/,
    ],
    ["an index dropped", (db) => db.exec("DROP INDEX search_kind"), /"search_kind" is gone/],
    [
      "a view in place of the search table",
      (db) => db.exec("DROP TABLE search; CREATE VIEW search AS SELECT 1 AS seq"),
      /"search" is not the one/,
    ],
  ])("%s", async (_name, change, reason) => {
    tamper(place.file, change);
    expect(await verifyJournalFile(place.file, anchor)).toEqual({ kind: "unreadable", reason: expect.stringMatching(reason) as string });
    const journal = await openTestJournal(place.file, anchor);
    expect(journal.fault()).toMatch(reason);
    expect(() => journal.append(dispatched("x"))).toThrow(/No call is let through/);
    await journal.close();
  });

  test("statistics that somebody had SQLite gather are no harm", async () => {
    tamper(place.file, (db) => db.exec("ANALYZE"));
    expect(await verifyJournalFile(place.file, anchor)).toMatchObject({ kind: "intact" });
    const journal = await openTestJournal(place.file, anchor);
    expect(journal.fault()).toBeNull();
    await journal.close();
  });

  test("triggers dropped for good", async () => {
    tamper(place.file, (db) => db.exec("SELECT 1"));
    const database = new Libsql(place.file);
    database.exec("DROP TRIGGER records_no_delete");
    database.close();
    expect(await verifyJournalFile(place.file, anchor)).toEqual({
      kind: "unreadable",
      reason: expect.stringMatching(/"records_no_delete" is gone/) as string,
    });
  });

  test("one bit of any record's text or hash, in the file itself", async () => {
    const original = fs.readFileSync(place.file);
    const reader = openForReading(place.file);
    const rows = reader.prepare("SELECT seq, body, hash FROM records").all() as { seq: number; body: string; hash: string }[];
    reader.close();
    for (const side of ["-wal", "-shm"]) fs.rmSync(place.file + side, { force: true });
    for (const { seq, body, hash } of rows.filter((row) => row.seq % 4 === 1 || row.seq > 190)) {
      const changed = Buffer.from(original);
      const stored = body + hash;
      const offset = (seq * 31) % stored.length;
      // A page that was split keeps dead copies: all of them are changed.
      for (let at = original.indexOf(stored); at >= 0; at = original.indexOf(stored, at + 1)) {
        changed[at + offset] = (original[at + offset] ?? 0) ^ 1;
      }
      expect(changed.equals(original)).toBe(false);
      fs.writeFileSync(place.file, changed);
      expect([seq, await verifyJournalFile(place.file, anchor)]).toMatchObject([seq, { kind: "bad", seq }]);
    }
  });

  test("pages of noise, and a file that was cut short", async () => {
    const original = fs.readFileSync(place.file);
    for (const side of ["-wal", "-shm"]) fs.rmSync(place.file + side, { force: true });
    for (let page = 1; page * 4096 < original.length; page += 1) {
      const changed = Buffer.from(original);
      changed.fill(0xa5, page * 4096, (page + 1) * 4096);
      fs.writeFileSync(place.file, changed);
      expect([page, (await verifyJournalFile(place.file, anchor)).kind]).not.toEqual([page, "intact"]);
      fs.writeFileSync(place.file, original.subarray(0, page * 4096));
      expect([page, (await verifyJournalFile(place.file, anchor)).kind]).not.toEqual([page, "intact"]);
    }
  });
});
