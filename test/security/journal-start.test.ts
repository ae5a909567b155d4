// Threat 33: an app serves no call on a journal where its end, the anchor or a verification of its own shows that it was changed.
import fs from "node:fs";
import Libsql from "libsql";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { verifyJournalFile } from "../../electron/journal/reader.ts";
import type { JournalPlace, TestAnchor } from "../fixtures/journal/parts.ts";
import { appendCalls, createRecordedJournal, dispatched, openTestJournal, tamper, until } from "../fixtures/journal/parts.ts";

let place: JournalPlace;
let anchor: TestAnchor;

beforeEach(async () => {
  ({ place, anchor } = await createRecordedJournal());
});
afterEach(() => place.remove());

const edit = (seq: number, from: string, to: string): string =>
  `UPDATE records SET body = replace(body, '${from}', '${to}') WHERE seq = ${seq}`;

const forgetting = (name: string): string => `CREATE TRIGGER ${name} BEFORE INSERT ON records BEGIN SELECT raise(IGNORE); END`;

describe("an app that runs on it", () => {
  test.each([1, 10, 200])(
    "a trigger that forgets, made while the app runs: %i records stay in the log, and no call is let through",
    async (calls) => {
      const journal = await openTestJournal(place.file, anchor);
      // Not dropped again before the journal has met it.
      const other = new Libsql(place.file);
      other.exec(forgetting("forget"));
      other.close();
      for (let call = 0; call < calls; call += 1) journal.append(dispatched(`kept ${String(call)}`));
      await until(() => journal.fault() !== null, "the fault");
      expect(journal.fault()).toMatch(/took 0 of \d+ records/);
      expect(() => journal.append(dispatched("x"))).toThrow(/No call is let through/);
      const log = fs.readFileSync(`${place.file}-log`, "utf8");
      expect(log.trimEnd().split("\n")).toHaveLength(calls);
      await journal.close();
      expect(fs.readFileSync(`${place.file}-log`, "utf8")).toBe(log);
    },
  );

  test("lets no call through once its own verification found a change, however far back", async () => {
    const journal = await openTestJournal(place.file, anchor);
    tamper(place.file, (db) => db.exec(edit(20, "filesystem", "elsewhere")));
    journal.append(dispatched("not noticed yet"));
    expect(await journal.verify()).toMatchObject({ kind: "bad", seq: 20 });
    expect(journal.fault()).toMatch(/^The journal is damaged at record 20: its text, its hash/);
    expect(() => journal.append(dispatched("x"))).toThrow(/No call is let through/);
    await journal.close();
  });
});

describe("an app that starts on it", () => {
  const starts = async (): Promise<string | null> => {
    const journal = await openTestJournal(place.file, anchor);
    const fault = journal.fault();
    if (fault !== null) {
      expect(() => journal.append(dispatched("x"))).toThrow(fault);
      expect(fault).toContain("portcullis journal verify");
    }
    await journal.close();
    return fault;
  };

  test("refuses a damaged end, and still shows what is there", async () => {
    tamper(place.file, (db) => db.exec(edit(190, "filesystem", "elsewhere")));
    expect(await starts()).toMatch(/damaged at record 190/);
    const journal = await openTestJournal(place.file, anchor);
    expect((await journal.page({ limit: 500 })).records).toHaveLength(200);
    expect(journal.records()).toBe(200);
    expect(await journal.verify()).toMatchObject({ kind: "bad", seq: 190 });
    await journal.close();
  });

  test("refuses a search table that runs ahead of the chain", async () => {
    tamper(place.file, (db) => db.exec("INSERT INTO search (seq, at, kind) VALUES (5000, 1, 'app-started')"));
    expect(await starts()).toMatch(/record 201: the search table/);
  });

  test("ends a call as lost whatever a forged copy says of its end, or of a start after it", async () => {
    const journal = await openTestJournal(place.file, anchor);
    journal.append({ kind: "app-started" });
    journal.append(dispatched("open"));
    // Farther from the end than what a start looks at.
    appendCalls(journal, 100, "later");
    await journal.close();
    await (await openTestJournal(place.file, anchor)).close();
    const seqOf = async (): Promise<readonly number[]> => {
      const opened = await openTestJournal(place.file, anchor);
      const found = (await opened.page({ limit: 9, call: "open" })).records;
      await opened.close();
      expect(opened.fault()).toBe("The journal is closed.");
      return found.map(({ seq }) => seq);
    };
    const [end = 0, begin = 0] = await seqOf();
    // Its end is taken back, as if the app had been killed before it.
    tamper(place.file, (db) => db.exec(`DELETE FROM records WHERE seq >= ${String(end)}; DELETE FROM search WHERE seq >= ${String(end)}`));
    anchor.text = null;
    tamper(place.file, (db) => {
      db.exec(`UPDATE search SET kind = 'call-finished', call = 'open' WHERE seq = ${String(begin + 2)}`);
      db.exec(`UPDATE search SET kind = 'app-started' WHERE seq = ${String(begin + 3)}`);
    });
    const again = await openTestJournal(place.file, anchor);
    expect(again.fault()).toBeNull();
    again.append({ kind: "app-started" });
    expect((await again.page({ limit: 1, call: "open" })).records).toMatchObject([{ kind: "call-finished", outcome: "lost" }]);
    await again.close();
  });

  test("refuses a search table that begins before the chain", async () => {
    tamper(place.file, (db) => db.exec("INSERT INTO search (seq, at, kind, call) VALUES (0, 0, 'call-finished', 'c1')"));
    expect(await starts()).toMatch(/damaged at record 0: the search table/);
  });

  test("refuses a journal whose end was cut off", async () => {
    tamper(place.file, (db) => db.exec("DELETE FROM records WHERE seq > 150; DELETE FROM search WHERE seq > 150"));
    expect(await starts()).toMatch(/records 151 to 200 are missing/);
  });

  test("refuses an older copy of the whole file", async () => {
    const copy = `${place.file}.copy`;
    fs.copyFileSync(place.file, copy);
    const journal = await openTestJournal(place.file, anchor);
    appendCalls(journal, 10, "later");
    await journal.close();
    for (const side of ["-wal", "-shm"]) fs.rmSync(place.file + side, { force: true });
    fs.copyFileSync(copy, place.file);
    expect(await verifyJournalFile(place.file, anchor)).toMatchObject({ kind: "bad", seq: 201 });
    expect(await starts()).toMatch(/records 201 to 220 are missing/);
  });

  test("refuses another journal in its place, longer or shorter, and none at all", async () => {
    for (const calls of [50, 500]) {
      for (const side of ["", "-wal", "-shm"]) fs.rmSync(place.file + side, { force: true });
      const other = await openTestJournal(place.file);
      appendCalls(other, calls, "other");
      await other.close();
      expect(await verifyJournalFile(place.file, anchor)).toMatchObject({ kind: "bad", seq: calls === 50 ? 101 : 200 });
      expect(await starts()).not.toBeNull();
    }
    for (const side of ["", "-wal", "-shm"]) fs.rmSync(place.file + side, { force: true });
    expect(await starts()).toMatch(/records 1 to 200 are missing/);
  });

  test("refuses an anchor that Portcullis did not write", async () => {
    anchor.text = '{"seq":0}';
    expect(await starts()).toMatch(/anchor in the keychain is not one that Portcullis wrote/);
    expect(await verifyJournalFile(place.file, anchor)).toMatchObject({ kind: "unreadable" });
  });

  test("goes on with an honest one", async () => {
    expect(await starts()).toBeNull();
  });
});
