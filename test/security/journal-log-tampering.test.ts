// Threat 33, for the log in front of the database: what a killed app leaves there is held to the same chain.
import fs from "node:fs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { chainHash } from "../../electron/journal/chain.ts";
import { openJournalReader, verifyJournalFile } from "../../electron/journal/reader.ts";
import type { TestAnchor } from "../fixtures/journal/parts.ts";
import { appendCalls, createJournalPlace, createTestAnchor, dispatched, openTestJournal, until } from "../fixtures/journal/parts.ts";

let place: ReturnType<typeof createJournalPlace>;
let anchor: TestAnchor;
beforeEach(async () => {
  place = createJournalPlace();
  anchor = createTestAnchor();
  const journal = await openTestJournal(place.file, anchor);
  appendCalls(journal, 100);
  await journal.close();
});
afterEach(() => place.remove());

describe("the log of an app that runs", () => {
  test.each([1, 5, 300])(
    "its last line of %i written anew, of the same length and with its hash: no call is let through, and it is not anchored",
    async (calls) => {
      const journal = await openTestJournal(place.file, anchor);
      const log = `${place.file}-log`;
      for (let call = 1; call < calls; call += 1) journal.append(dispatched(`c${String(call)}`));
      const before = (await journal.page({ limit: 1 })).records[0]?.hash ?? "";
      const held = fs.statSync(log).size;
      journal.append(dispatched("evil", { tool: "delete_everything" }));
      const body = fs
        .readFileSync(log, "utf8")
        .slice(held + 65, -1)
        .replace("delete_everything", "read_a_text_file_");
      const handle = fs.openSync(log, "r+");
      fs.writeSync(handle, `${chainHash(before, body)} ${body}\n`, held);
      fs.closeSync(handle);
      const anchored = anchor.text;
      await until(() => journal.fault() !== null, "the fault");
      expect(journal.fault()).toMatch(/another program changed its log/);
      expect(() => journal.append(dispatched("x"))).toThrow(/No call is let through/);
      await journal.close();
      expect(anchor.text).toBe(anchored);
    },
  );
});

describe("the log that a killed app leaves in front of the database", () => {
  let killed: string;
  /** What the app had on disk when it was killed: 200 records in the database, 20 more in the log, which no anchor covers yet. */
  beforeEach(async () => {
    const before = anchor.text;
    const journal = await openTestJournal(place.file, anchor);
    appendCalls(journal, 9, "late");
    journal.append(dispatched("open 1"));
    journal.append(dispatched("open 2"));
    killed = `${place.file}.killed`;
    for (const side of ["", "-log", "-wal", "-shm"]) fs.copyFileSync(place.file + side, killed + side);
    await journal.close();
    anchor.text = before;
  });

  const lines = (): string[] => fs.readFileSync(`${killed}-log`, "utf8").split("\n").slice(0, -1);
  const write = (changed: readonly string[]): void => fs.writeFileSync(`${killed}-log`, changed.map((line) => `${line}\n`).join(""));
  const start = async (): Promise<{ readonly fault: string | null; readonly seen: number }> => {
    const journal = await openTestJournal(killed, anchor);
    const fault = journal.fault();
    const seen = (await journal.page({ limit: 500 })).records.length;
    await journal.close();
    return { fault, seen };
  };

  test("belongs to the chain: it is read, verified, exported and brought over, and its open calls are ended", async () => {
    expect(lines()).toHaveLength(20);
    expect(await verifyJournalFile(killed, anchor)).toMatchObject({ kind: "intact", records: 220 });
    const reader = openJournalReader(killed);
    expect(reader.page({ limit: 3 }).records.map(({ seq }) => seq)).toEqual([220, 219, 218]);
    expect(reader.page({ limit: 9, call: "late5" }).records.map(({ kind }) => kind)).toEqual(["call-finished", "call-dispatched"]);
    expect([...reader.exportRecords("jsonl", {})].join("").trimEnd().split("\n")).toHaveLength(220);
    reader.close();
    expect(await start()).toEqual({ fault: null, seen: 220 });
    expect(fs.statSync(`${killed}-log`).size).toBe(0);
    expect(await verifyJournalFile(killed, anchor)).toMatchObject({ kind: "intact", records: 222 });
    const after = openJournalReader(killed);
    expect(after.page({ limit: 2 }).records.map(({ call, outcome }) => [call, outcome])).toEqual([
      ["open 2", "lost"],
      ["open 1", "lost"],
    ]);
    after.close();
  });

  test("is taken once when the app was killed after it had brought the records over", async () => {
    const log = lines();
    expect((await start()).fault).toBeNull();
    write(log);
    expect(await verifyJournalFile(killed, anchor)).toMatchObject({ kind: "intact", records: 222 });
    expect((await start()).fault).toBeNull();
    expect(await verifyJournalFile(killed, anchor)).toMatchObject({ kind: "intact", records: 222 });
  });

  test("a line that was cut short was never acknowledged: it is no record", async () => {
    fs.appendFileSync(`${killed}-log`, (lines().at(-1) ?? "").slice(0, 100));
    expect(await verifyJournalFile(killed, anchor)).toMatchObject({ kind: "intact", records: 220 });
    expect(await start()).toEqual({ fault: null, seen: 220 });
    fs.appendFileSync(`${killed}-log`, Buffer.alloc(5_000));
    expect(await verifyJournalFile(killed, anchor)).toMatchObject({ kind: "intact", records: 222 });
    expect((await start()).fault).toBeNull();
  });

  test.each<readonly [string, (log: string[]) => readonly string[], number, RegExp]>([
    ["a text edited", (log) => log.map((line) => line.replace("late3", "late4")), 205, /was changed/],
    ["a hash edited", (log) => log.with(4, `${"0".repeat(64)}${(log[4] ?? "").slice(64)}`), 205, /was changed/],
    ["a line left out", (log) => log.toSpliced(7, 1), 208, /missing/],
    ["two lines swapped", (log) => log.with(2, log[3] ?? "").with(3, log[2] ?? ""), 203, /missing/],
    ["a line twice", (log) => log.toSpliced(5, 0, log[5] ?? ""), 206, /inserted/],
    ["a line of another journal", (log) => [...log, (log[3] ?? "").replace('"seq":204', '"seq":221')], 221, /was changed/],
    ["a line that is no record", (log) => log.toSpliced(10, 0, "deny nothing"), 211, /no record/],
    ["an empty line", (log) => log.toSpliced(10, 0, ""), 211, /no record/],
    [
      "a record of the database told otherwise",
      (log) => [`${"a".repeat(64)} ${(log[0] ?? "").slice(65).replace('"seq":201', '"seq":150')}`, ...log],
      150,
      /says otherwise/,
    ],
  ])("%s: named, and the app serves no call", async (_name, change, seq, reason) => {
    write(change(lines()));
    expect(await verifyJournalFile(killed, anchor)).toEqual({ kind: "bad", seq, reason: expect.stringMatching(reason) as string });
    const { fault } = await start();
    expect(fault).toMatch(new RegExp(`damaged at record ${String(seq)}`));
    expect(await verifyJournalFile(killed, anchor)).toMatchObject({ kind: "bad", seq });
  });
});
