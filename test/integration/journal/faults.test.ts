import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import Database from "libsql";
import type { TestContext } from "vitest";
import { describe, expect, test } from "vitest";
import { archiveJournal } from "../../../electron/journal/archive.ts";
import type { Journal } from "../../../electron/journal/journal.ts";
import { JournalUnavailable } from "../../../electron/journal/journal.ts";
import { openJournalReader } from "../../../electron/journal/reader.ts";
import { allRecords, appendCalls, createTestAnchor, dispatched, openTestJournal, thrownBy, until } from "../../fixtures/journal/parts.ts";
import { useJournalPlace } from "../../fixtures/journal/use-place.ts";

const place = useJournalPlace();
const { undo } = place;
const open = (file = place.file, anchor = createTestAnchor()): Promise<Journal> => place.open(anchor, undefined, file);

/** A small disk of its own, or a skipped test that says why. */
function mountSmallDisk(context: TestContext, size: string): string {
  const disk = path.join(place.dir, "disk");
  fs.mkdirSync(disk);
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${size}`, "tmpfs", disk], { stdio: "pipe" });
  } catch (error) {
    const reason = `a small disk cannot be mounted here (needs root on Linux): ${error instanceof Error ? error.message.trim() : String(error)}`;
    console.warn(`skipped: ${reason}`);
    context.skip(reason);
  }
  undo.push(() => void execFileSync("umount", ["-l", disk]));
  return disk;
}

function refusal(journal: Journal): string {
  const error = thrownBy(() => journal.append(dispatched("refused")));
  expect(error).toBeInstanceOf(JournalUnavailable);
  expect(error).toMatchObject({ message: journal.fault() });
  return journal.fault() ?? "";
}

describe("a write that fails is latched", () => {
  test("disk full: what was appended is there, the rest is refused, also when there is room again", async (context) => {
    const disk = mountSmallDisk(context, "600k");
    const file = path.join(disk, "journal.db");
    const journal = await open(file);
    const reasons: string[] = [];
    journal.onFault((reason) => reasons.push(reason));
    let appended = 0;
    let error: unknown = null;
    for (; error === null; appended += error === null ? 1 : 0) {
      error = thrownBy(() => journal.append(dispatched(`c${appended}`, { detail: { text: "x".repeat(900) } })));
    }
    expect(error).toBeInstanceOf(JournalUnavailable);
    expect(appended).toBeGreaterThan(50);
    expect(reasons).toEqual([expect.stringMatching(/^The journal cannot be written: the disk is full\. .*portcullis journal verify/)]);
    execFileSync("mount", ["-o", "remount,size=8m", disk]);
    expect(refusal(journal)).toMatch(/disk is full/);
    expect(() => journal.appendSoon(dispatched("late"))).toThrow(JournalUnavailable);
    expect((await journal.page({ limit: 1 })).records[0]?.call).toBe(`c${appended - 1}`);
    expect(await journal.verify()).toMatchObject({ kind: "intact", records: appended });
    await journal.close();
    const again = await open(file);
    expect(again.fault()).toBeNull();
    again.append(dispatched("goes on"));
    expect(await again.verify()).toMatchObject({ kind: "intact" });
  });

  test("disk full in the middle of a group: none of it is there", async (context) => {
    const disk = mountSmallDisk(context, "900k");
    const journal = await open(path.join(disk, "journal.db"));
    let groups = 0;
    for (let error: unknown = null; error === null; groups += error === null ? 1 : 0) {
      const drafts = Array.from({ length: 70 }, (_item, at) => dispatched(`g${groups}-${at}`, { detail: { text: "x".repeat(900) } }));
      error = thrownBy(() => journal.appendAll(drafts));
    }
    expect(groups).toBeGreaterThan(0);
    expect(refusal(journal)).toMatch(/disk is full/);
    expect(await journal.verify()).toMatchObject({ kind: "intact", records: groups * 70 });
  });

  test("a record that cannot be written down takes its group with it, and nothing else", async () => {
    const journal = await open();
    journal.appendSoon(dispatched("before"));
    const unwritable = dispatched("b", { detail: { of: Number.NaN } });
    expect(() => journal.appendAll([dispatched("a"), unwritable, dispatched("c")])).toThrow(TypeError);
    expect(journal.fault()).toBeNull();
    journal.append(dispatched("after"));
    expect((await allRecords(journal)).map(({ seq, call }) => [seq, call])).toEqual([
      [1, "before"],
      [2, "after"],
    ]);
    expect(await journal.verify()).toMatchObject({ kind: "intact", records: 2 });
  });

  test("disk full before the first record", async (context) => {
    const disk = mountSmallDisk(context, "64k");
    try {
      fs.writeFileSync(path.join(disk, "filler"), Buffer.alloc(60 * 1024));
      fs.writeFileSync(path.join(disk, "more"), Buffer.alloc(16 * 1024));
    } catch {
      // Full is what it is meant to be.
    }
    const journal = await open(path.join(disk, "journal.db"));
    expect(journal.fault()).toMatch(/the disk is full/);
    refusal(journal);
    expect(await journal.page({ limit: 5 })).toEqual({ records: [], more: false });
  });

  test("a read-only disk", async (context) => {
    const disk = mountSmallDisk(context, "2m");
    const file = path.join(disk, "journal.db");
    const first = await openTestJournal(place.file);
    appendCalls(first, 3);
    await first.close();
    fs.copyFileSync(place.file, file);
    execFileSync("mount", ["-o", "remount,ro", disk]);
    const journal = await open(file);
    expect(journal.fault()).toMatch(/it may only be read|permission/);
    refusal(journal);
  });

  test("a folder that is not there", async () => {
    const journal = await open(path.join(place.dir, "none", "journal.db"));
    expect(journal.fault()).toMatch(/^The journal cannot be opened: it is not there\./);
    expect(refusal(journal)).toContain("portcullis journal verify");
    expect(journal.records()).toBe(0);
    expect(await journal.verify()).toEqual({ kind: "unreadable", reason: "it is not there" });
  });

  test.each([
    ["database", "deleted", ""],
    ["database", "replaced", ""],
    ["log", "deleted", "-log"],
    ["log", "replaced", "-log"],
    ["database's log", "deleted", "-wal"],
    ["database's log", "replaced", "-wal"],
  ])("the %s is %s under us", async (_file, how, side) => {
    const journal = await open();
    appendCalls(journal, 3);
    fs.renameSync(place.file + side, `${place.file}.away`);
    if (how === "replaced") fs.copyFileSync(`${place.file}.away`, place.file + side);
    await until(() => thrownBy(() => journal.append(dispatched("x"))) !== null, "the journal notices", 2_000);
    expect(journal.fault()).toMatch(/deleted or replaced/);
  });

  test("checkpoints and closings of others leave the database's log to us", async () => {
    const journal = await open();
    for (let round = 0; round < 3; round += 1) {
      appendCalls(journal, 20);
      await until(() => fs.statSync(`${place.file}-log`).size === 0, "the log is empty");
      const other = new Database(place.file);
      other.exec("PRAGMA wal_checkpoint(TRUNCATE)");
      other.close();
      openJournalReader(place.file).close();
      await new Promise((resolve) => setTimeout(resolve, 120));
      journal.append(dispatched("x"));
      expect(journal.fault()).toBeNull();
    }
    expect(await journal.verify()).toMatchObject({ kind: "intact", records: 123 });
  });

  test("another program holds the database locked: records wait in the log, and when it lasts no call is let through", async () => {
    const journal = await open();
    const inDatabase = (): number => {
      const reader = new Database(place.file);
      const { rows } = reader.prepare("SELECT count(*) AS rows FROM records").get() as { rows: number };
      reader.close();
      return rows;
    };
    const lock = (): (() => void) => {
      const other = new Database(place.file);
      other.exec("BEGIN IMMEDIATE");
      return () => {
        other.exec("ROLLBACK");
        other.close();
      };
    };
    let unlock = lock();
    journal.append(dispatched("a"));
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(inDatabase()).toBe(0);
    expect(journal.fault()).toBeNull();
    unlock();
    await until(() => inDatabase() === 1, "the record is in the database");

    unlock = lock();
    journal.append(dispatched("b"));
    await until(() => journal.fault() !== null, "the fault");
    expect(refusal(journal)).toMatch(/another program holds it locked/);
    unlock();
    refusal(journal);
    expect((await allRecords(journal)).map(({ call }) => call)).toEqual(["a", "b"]);
    await journal.close();
    const again = await open();
    expect(again.fault()).toBeNull();
    expect((await allRecords(again)).map(({ call }) => call)).toContain("b");
  });

  test("another program holds the database locked while records are copied for searching: the copies wait", async () => {
    const journal = await open();
    const other = new Database(place.file);
    undo.push(() => void other.close());
    const count = other.prepare("SELECT (SELECT count(*) FROM records) AS records, (SELECT count(*) FROM search) AS copies");
    const counts = (): { records: number; copies: number } => count.get() as { records: number; copies: number };
    appendCalls(journal, 5_000);
    await until(() => counts().records === 10_000, "all records are in the database");
    other.exec("BEGIN IMMEDIATE");
    const { copies } = counts();
    expect(copies).toBeLessThan(10_000);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(counts().copies).toBe(copies);
    other.exec("ROLLBACK");
    expect(journal.fault()).toBeNull();
    await until(() => counts().copies === 10_000, "the copies");
    journal.append(dispatched("next"));
    expect(journal.fault()).toBeNull();
  });

  test.each<readonly [string, (log: string) => void]>([
    ["cut in the middle of its only line", (log) => fs.truncateSync(log, 50)],
    ["cut in the middle of a later line", (log) => fs.truncateSync(log, fs.statSync(log).size - 50)],
    ["without its line ends", (log) => fs.writeFileSync(log, fs.readFileSync(log, "utf8").replaceAll("\n", " "), { flag: "r+" })],
    ["empty", (log) => fs.truncateSync(log, 0)],
  ])("the log is %s, by another program: a fault, at once", async (_how, change) => {
    const journal = await open();
    appendCalls(journal, 1);
    journal.append(dispatched("b", { detail: { text: "x".repeat(300_000) } }));
    change(`${place.file}-log`);
    const before = performance.now();
    await until(() => journal.fault() !== null, "the fault");
    expect(performance.now() - before).toBeLessThan(5_000);
    expect(refusal(journal)).toMatch(/another program changed its log/);
  });

  test("a second writer on the same file cannot fork the chain", async () => {
    const one = await open();
    const two = await open();
    one.append(dispatched("one"));
    expect(refusal(two)).toMatch(/another program wrote to it/);
    one.append(dispatched("goes on"));
    expect(await one.verify()).toMatchObject({ kind: "intact", records: 2 });
  });

  test("a record that waits and cannot be written is a fault that is told, not thrown", async () => {
    const journal = await open();
    journal.append(dispatched("a"));
    await until(() => fs.statSync(`${place.file}-log`).size === 0, "the log is empty");
    fs.rmSync(`${place.file}-log`);
    await new Promise((resolve) => setTimeout(resolve, 150));
    journal.appendSoon(dispatched("b"));
    await until(() => journal.fault() !== null, "the fault");
    expect(journal.fault()).toMatch(/deleted or replaced/);
  });

  test("a record that cannot be made when its time has come stops the journal", async () => {
    const journal = await open();
    journal.appendSoon(() => dispatched("a", { detail: { of: Number.NaN } }));
    await until(() => journal.fault() !== null, "the fault");
    expect(refusal(journal)).toMatch(/could not be made/);
  });

  test("a log that is a link is not followed", { skip: process.platform === "win32" }, async () => {
    fs.writeFileSync(path.join(place.dir, "elsewhere"), "keep");
    fs.symlinkSync(path.join(place.dir, "elsewhere"), `${place.file}-log`);
    const journal = await open();
    refusal(journal);
    expect(fs.readFileSync(path.join(place.dir, "elsewhere"), "utf8")).toBe("keep");
  });
});

describe("a file that is not a journal", () => {
  test.each([
    ["text", (file: string) => fs.writeFileSync(file, "this is not a database ".repeat(500)), /not a database/],
    ["noise in place of the first page", (file: string) => overwrite(file, 0, 4096), /not a database|damaged/],
    [
      "noise in place of every page but the first",
      (file: string) => overwrite(file, 4096, fs.statSync(file).size - 4096),
      /damaged|cannot be/,
    ],
    ["a folder", (file: string) => (fs.rmSync(file), fs.mkdirSync(file)), /not an ordinary file/],
    ["a link", (file: string) => (fs.renameSync(file, `${file}.real`), fs.symlinkSync(`${file}.real`, file)), /not an ordinary file/],
    ["another program's database", makeForeign, /format/],
  ])("%s: opens faulty, refuses, and can be put aside", async (_name, damage, reason) => {
    const anchor = createTestAnchor();
    const first = await openTestJournal(place.file, anchor);
    appendCalls(first, 50);
    await first.close();
    for (const side of ["-wal", "-shm"]) fs.rmSync(place.file + side, { force: true });
    damage(place.file);
    const journal = await open(place.file, anchor);
    expect(journal.fault()).toMatch(reason);
    refusal(journal);
    await journal.page({ limit: 10 });
    const verdict = await journal.verify();
    expect(verdict.kind).not.toBe("intact");
    await journal.close();

    const archived = await archiveJournal(place.file, anchor, Date.UTC(2026, 10, 20, 7, 8, 9));
    expect(archived).toMatchObject({ ok: true, value: { file: path.join(place.dir, "journal-20261120-070809.db"), anchored: true } });
    const fresh = await open(place.file, anchor);
    expect(fresh.fault()).toBeNull();
    expect((await allRecords(fresh))[0]).toMatchObject({
      seq: 1,
      kind: "app-started",
      by: "person",
      detail: { previous: { file: "journal-20261120-070809.db", anchor: { seq: 100 } } },
    });
    expect(await fresh.verify()).toMatchObject({ kind: "intact", anchor: "keychain" });
  });
});

function overwrite(file: string, from: number, bytes: number): void {
  const handle = fs.openSync(file, "r+");
  fs.writeSync(handle, Buffer.alloc(bytes, 0xa5), 0, bytes, from);
  fs.closeSync(handle);
}

function makeForeign(file: string): void {
  fs.rmSync(file);
  const database = new Database(file);
  database.exec("CREATE TABLE notes (text TEXT)");
  database.close();
}
