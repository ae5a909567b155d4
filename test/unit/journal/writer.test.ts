// When the log may be emptied: not before the disk has in the database what it holds, because a power failure could take both otherwise.
import fs from "node:fs";
import { afterEach, beforeEach, expect, test } from "vitest";
import { genesisHash, recordBody } from "../../../electron/journal/chain.ts";
import type { JournalDatabase } from "../../../electron/journal/database.ts";
import { openForAppending } from "../../../electron/journal/database.ts";
import { openLogFile } from "../../../electron/journal/log-file.ts";
import { createLogLines } from "../../../electron/journal/log-lines.ts";
import { createSearch } from "../../../electron/journal/search.ts";
import type { WalFile } from "../../../electron/journal/wal-file.ts";
import type { Writer } from "../../../electron/journal/writer.ts";
import { createWriter } from "../../../electron/journal/writer.ts";
import { createJournalPlace, dispatched, until } from "../../fixtures/journal/parts.ts";

let place: ReturnType<typeof createJournalPlace>;
let database: JournalDatabase;
let writer: Writer;
let syncs: { resolve: () => void; reject: (error: Error) => void }[];
let syncedNow: number;
let faults: string[];
let clock: () => number;

beforeEach(() => {
  place = createJournalPlace();
  database = openForAppending(place.file);
  syncs = [];
  syncedNow = 0;
  faults = [];
  clock = () => 1;
  const wal: WalFile = {
    isOurs: () => true,
    sync: () =>
      new Promise<void>((resolve, reject) => {
        syncs.push({ resolve, reject });
      }),
    syncNow: () => {
      syncedNow += 1;
    },
    close: () => undefined,
  };
  writer = createWriter({
    file: place.file,
    database,
    log: openLogFile(`${place.file}-log`),
    wal,
    search: createSearch(database),
    head: { seq: 0, hash: genesisHash },
    now: () => clock(),
    written: () => undefined,
    stored: () => undefined,
    faulted: (reason) => faults.push(reason),
    explain: (reason) => reason,
  });
});
afterEach(async () => {
  const closing = writer.close();
  const answering = setInterval(() => syncs.at(-1)?.resolve(), 1);
  await closing;
  clearInterval(answering);
  database.close();
  place.remove();
});

const logBytes = (): number => fs.statSync(`${place.file}-log`).size;
const rows = (): number => (database.prepare("SELECT count(*) AS rows FROM records").get() as { rows: number }).rows;
const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 30));

test("the log is emptied when the disk has the records, and no sooner", async () => {
  for (let call = 0; call < 10; call += 1) writer.append(dispatched(`c${call}`));
  await until(() => syncs.length === 1, "the disk is asked");
  expect(rows()).toBe(10);
  const held = logBytes();
  await turn();
  expect(logBytes()).toBe(held);
  syncs[0]?.resolve();
  await until(() => logBytes() === 0, "the log is empty");
  await turn();
  expect(syncs).toHaveLength(1);
});

test("what is written meanwhile stays in the log until the disk has that too", async () => {
  writer.append(dispatched("a"));
  await until(() => syncs.length === 1, "the disk is asked");
  writer.append(dispatched("b"));
  syncs[0]?.resolve();
  await until(() => rows() === 2, "both are stored");
  await until(() => syncs.length === 2, "the disk is asked again");
  expect(logBytes()).toBeGreaterThan(200);
  syncs[1]?.resolve();
  await until(() => logBytes() === 0, "the log is empty");
  writer.append(dispatched("c"));
  await until(() => rows() === 3, "the third is stored");
  expect(faults).toEqual([]);
});

test("records that are stored while the disk is waited for are waited for too", async () => {
  writer.append(dispatched("a"));
  await until(() => syncs.length === 1, "the disk is asked");
  writer.append(dispatched("b"));
  await until(() => rows() === 2, "both are stored");
  syncs[0]?.resolve();
  await until(() => syncs.length === 2, "the disk is asked again");
  expect(logBytes()).toBeGreaterThan(0);
  syncs[1]?.resolve();
  await until(() => logBytes() === 0, "the log is empty");
});

test("a disk that fails is a fault, and the log stays", async () => {
  writer.append(dispatched("a"));
  await until(() => syncs.length === 1, "the disk is asked");
  const held = logBytes();
  syncs[0]?.reject(Object.assign(new Error("EIO: i/o error, fdatasync"), { code: "EIO" }));
  await until(() => faults.length > 0, "the fault");
  expect(faults[0]).toMatch(/EIO/);
  expect(() => writer.append(dispatched("b"))).toThrow(/EIO/);
  expect(logBytes()).toBe(held);
});

test("a log that has grown long is emptied at once when the most of it is on the disk", { timeout: 60_000 }, async () => {
  const filler = "x".repeat(1 << 20);
  for (let call = 0; call < 70; call += 1) writer.append(dispatched(`c${call}`, { detail: { filler } }));
  await until(() => syncs.length === 1, "the disk is asked", 40_000);
  writer.append(dispatched("meanwhile"));
  syncs[0]?.resolve();
  await until(() => logBytes() === 0, "the log is empty");
  expect(syncedNow).toBe(1);
  expect(rows()).toBe(71);
});

test("closing empties the log only when the disk has its records", async () => {
  writer.append(dispatched("a"));
  const closing = writer.close();
  expect(() => writer.append(dispatched("b"))).toThrow(/closed/);
  await until(() => syncs.length === 1, "the disk is asked");
  expect(rows()).toBe(1);
  expect(logBytes()).toBeGreaterThan(0);
  syncs[0]?.resolve();
  await until(() => syncs.length === 2 || logBytes() === 0, "the log");
  syncs[1]?.resolve();
  await closing;
  expect(logBytes()).toBe(0);
});

test("what is made together has one time, in whole milliseconds", () => {
  let time = 0;
  clock = () => (time += 1.75);
  writer.appendAll([dispatched("a"), dispatched("b")]);
  writer.appendSoon(dispatched("c"));
  writer.appendSoon(dispatched("d"));
  writer.append(dispatched("e"));
  const lines = fs.readFileSync(`${place.file}-log`, "utf8").trimEnd().split("\n");
  expect(lines.map((line) => /"at":([\d.]+)/.exec(line)?.[1])).toEqual(["1", "1", "3", "3", "5"]);
});

test("the first reason stays: it is told once, and every append says it", () => {
  writer.append(dispatched("a"));
  writer.appendSoon(dispatched("given up"));
  writer.fail("the disk is full");
  writer.fail("and something else");
  expect([writer.fault(), faults]).toEqual(["the disk is full", ["the disk is full"]]);
  const appends = [
    () => writer.append(dispatched("b")),
    () => writer.appendAll([dispatched("c")]),
    () => writer.appendSoon(dispatched("d")),
  ];
  for (const append of appends) expect(append).toThrow("the disk is full");
  expect(fs.readFileSync(`${place.file}-log`, "utf8").trimEnd().split("\n")).toHaveLength(1);
});

test.each([
  ["as it was before", (line: string) => line.replace('"call":"a"', '"call":"b"')],
  ["with the hash that belongs to it", () => Buffer.from(forgedLine()).toString()],
])("a line of the log that is changed in its place is a fault, and not stored: %s", async (_how, change) => {
  writer.append(dispatched("a"));
  const line = fs.readFileSync(`${place.file}-log`, "utf8");
  const changed = change(line);
  expect([changed === line, changed.length]).toEqual([false, line.length]);
  fs.writeFileSync(`${place.file}-log`, changed);
  await writer.settle();
  expect(faults).toEqual(["another program changed its log while Portcullis was running"]);
  expect(rows()).toBe(0);
});

test("a changed line stores none of those after it, however many more there are", async () => {
  for (let call = 0; call < 600; call += 1) writer.append(dispatched(`c${call}`));
  const text = fs.readFileSync(`${place.file}-log`, "utf8");
  fs.writeFileSync(`${place.file}-log`, text.replace('"call":"c0"', '"call":"x0"'));
  await writer.settle();
  expect([faults.length, rows()]).toEqual([1, 0]);
});

function forgedLine(): Uint8Array {
  const lines = createLogLines();
  lines.add(genesisHash, recordBody(1, 1, dispatched("b")));
  return lines.take();
}

test("where an end cannot be written down, the call after it is not either", () => {
  writer.appendSoon(() => {
    throw new Error("no such end");
  });
  expect(() => writer.append(dispatched("a"))).toThrow(/no such end/);
  expect(logBytes()).toBe(0);
});
