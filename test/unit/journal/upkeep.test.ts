// When the journal is worked on beside its log: at once in quiet, seldom under a load without pauses. The time is the test's, the database real.
import fs from "node:fs";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { chainHash, genesisHash, recordBody } from "../../../electron/journal/chain.ts";
import type { JournalRow } from "../../../electron/journal/chain.ts";
import type { JournalDatabase } from "../../../electron/journal/database.ts";
import { openForAppending } from "../../../electron/journal/database.ts";
import { createInsert } from "../../../electron/journal/insert-records.ts";
import type { JournalSearch } from "../../../electron/journal/search.ts";
import { createSearch } from "../../../electron/journal/search.ts";
import type { Upkeep } from "../../../electron/journal/upkeep.ts";
import { createUpkeep } from "../../../electron/journal/upkeep.ts";
import { createJournalPlace, dispatched } from "../../fixtures/journal/parts.ts";

let place: ReturnType<typeof createJournalPlace>;
let database: JournalDatabase;
let search: JournalSearch;
let upkeep: Upkeep;
let insert: (rows: readonly JournalRow[]) => void;
/** How many records there are, and how many of them in the database. */
let written: number;
let stored: number;
/** How many were brought over, each time, since it was last looked at. */
let slices: number[];
let canStore: boolean;
let logBytes: number;
/** How often it has looked at what there is to do. */
let turns: number;
/** What a record is said to take of the database's log. */
let recordBytes: number;
let failures: string[];

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
  place = createJournalPlace();
  database = openForAppending(place.file);
  database.exec("PRAGMA busy_timeout = 0");
  search = createSearch(database);
  insert = createInsert(database);
  [written, stored, slices, canStore, logBytes, turns, recordBytes, failures] = [0, 0, [], true, 0, 0, 300, []];
  upkeep = create();
});
afterEach(() => {
  upkeep.stop();
  vi.useRealTimers();
  database.close();
  place.remove();
});

function create(): Upkeep {
  return createUpkeep({
    database,
    search,
    behind: () => written - stored,
    store(limit) {
      if (!canStore) return 0;
      const count = Math.min(limit, written - stored);
      bringOver(count);
      slices.push(count);
      return count * recordBytes;
    },
    logBytes() {
      turns += 1;
      return logBytes;
    },
    failed: (reason) => failures.push(reason),
  });
}

const body = recordBody(1, 1, dispatched("c"));
const hash = chainHash(genesisHash, body);

function bringOver(count: number): void {
  insert(Array.from({ length: count }, (_item, at) => ({ seq: stored + at + 1, body, hash })));
  stored += count;
}

function write(count: number): void {
  written += count;
  upkeep.written(written);
}

/** A record every 10 ms, for so long. */
function load(ms: number): void {
  for (let passed = 0; passed < ms; passed += 10) {
    write(1);
    vi.advanceTimersByTime(10);
  }
}

const look = (): number[] => slices.splice(0);

test("in quiet records are brought over in slices, then copied for searching, and then nothing goes on", () => {
  write(300);
  vi.advanceTimersByTime(49);
  expect(look()).toEqual([]);
  vi.advanceTimersByTime(5);
  expect([look(), search.indexed()]).toEqual([[128, 128, 44], 0]);
  vi.advanceTimersByTime(4);
  expect(search.indexed()).toBe(256);
  vi.advanceTimersByTime(2);
  expect([search.indexed(), vi.getTimerCount()]).toEqual([300, 0]);
  write(1);
  vi.advanceTimersByTime(60);
  expect([look(), search.indexed(), vi.getTimerCount()]).toEqual([[1], 301, 0]);
});

test("under load nothing is brought over until the oldest has waited ten seconds; then all, and the next ten begin", () => {
  load(10_000);
  expect([look(), vi.getTimerCount(), turns <= 200]).toEqual([[], 1, true]);
  load(200);
  expect(look().slice(0, 15)).toEqual(Array(15).fill(64));
  expect(written - stored).toBeLessThan(20);
  look();
  load(9_700);
  expect(look()).toEqual([]);
  load(300);
  expect(look().length).toBeGreaterThan(10);
});

test("what was copied by an earlier process is not copied again", () => {
  bringOver(300);
  expect(search.index(200)).toBe(200);
  upkeep = create();
  written = 300;
  write(1);
  vi.advanceTimersByTime(60);
  expect([look(), search.indexed(), vi.getTimerCount()]).toEqual([[1], 301, 0]);
});

test("what the writer itself brought over waits no more: what comes after it has ten seconds of its own", () => {
  load(5_000);
  bringOver(written - stored);
  vi.advanceTimersByTime(4_900);
  load(5_000);
  expect(look()).toEqual([]);
});

test("under load many that wait are brought over, the more the larger the slices", () => {
  write(32_769);
  load(60);
  expect(look()).toEqual([64]);
  load(100);
  expect(look()).toEqual([]);
  write(98_304 - (written - stored));
  load(50);
  expect(look()[0]).toBe(192);
});

test("under load a long log is brought over a little now and then, and at once where little is left", () => {
  logBytes = 64 << 20;
  write(1_080);
  load(150);
  expect(look()).toEqual([]);
  logBytes += 1;
  load(50);
  expect(look()).toEqual([64]);
  load(50);
  expect(look()).toEqual([64]);
  load(50);
  expect(look()[0]).toBeGreaterThan(900);
  expect(written - stored).toBeLessThan(10);
});

test("what cannot be brought over now is tried again, not at once", () => {
  canStore = false;
  write(10);
  vi.advanceTimersByTime(55);
  canStore = true;
  vi.advanceTimersByTime(40);
  expect(look()).toEqual([]);
  vi.advanceTimersByTime(10);
  expect([look(), search.indexed()]).toEqual([[10], 10]);
});

test("copies wait for a quiet moment, but not however many they are, and not for ever where the database is locked", () => {
  bringOver(32_900);
  written = 32_900;
  load(120);
  const copied = search.indexed();
  expect([copied >= 128, copied <= 256]).toEqual([true, true]);
  load(300);
  expect(search.indexed()).toBe(copied);
  const other = openForAppending(place.file);
  other.exec("BEGIN IMMEDIATE");
  canStore = false;
  written = stored;
  vi.advanceTimersByTime(200);
  expect([search.indexed(), failures]).toEqual([copied, []]);
  other.exec("ROLLBACK");
  other.close();
  vi.advanceTimersByTime(60);
  expect(search.indexed()).toBeGreaterThan(copied);
});

test("copies that the database refuses are a failure, told once, and nothing goes on", () => {
  write(1);
  database.exec("DROP TABLE search");
  vi.advanceTimersByTime(1_000);
  expect([look(), failures, vi.getTimerCount()]).toEqual([[1], [expect.stringMatching(/search/)], 0]);
});

test("the database's log is worked into the file once nobody has called for half a second", () => {
  const before = fs.statSync(place.file).size;
  recordBytes = 4_096;
  write(1_000);
  vi.advanceTimersByTime(480);
  write(1);
  vi.advanceTimersByTime(480);
  expect([search.indexed(), fs.statSync(place.file).size]).toEqual([1_001, before]);
  vi.advanceTimersByTime(530);
  expect(fs.statSync(place.file).size).toBeGreaterThan(before + 100_000);
  expect(vi.getTimerCount()).toBe(0);
});

test("copies alone can be worth it", () => {
  const before = fs.statSync(place.file).size;
  bringOver(5_600);
  written = 5_600;
  recordBytes = 1;
  write(1);
  vi.advanceTimersByTime(450);
  expect([search.indexed(), fs.statSync(place.file).size]).toEqual([5_601, before]);
  vi.advanceTimersByTime(500);
  expect(fs.statSync(place.file).size).toBeGreaterThan(before);
});

test("a database's log that is not worth it stays, and one that is too long is worked in under load, too", () => {
  const before = fs.statSync(place.file).size;
  write(300);
  vi.advanceTimersByTime(2_000);
  expect([search.indexed(), fs.statSync(place.file).size]).toEqual([300, before]);
  recordBytes = 7_000 * 4_096;
  write(1);
  vi.advanceTimersByTime(60);
  load(700);
  expect(fs.statSync(place.file).size).toBe(before);
  recordBytes = 1_000 * 4_096;
  logBytes = 65 << 20;
  load(60);
  logBytes = 0;
  load(60);
  expect(fs.statSync(place.file).size).toBeGreaterThan(before);
});

test("stopped, it does nothing more; and while it waits it keeps no process alive", () => {
  vi.useRealTimers();
  const waiting = (): number => process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
  const before = waiting();
  write(1);
  expect(waiting()).toBe(before);
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
  upkeep.stop();
  write(1);
  vi.advanceTimersByTime(1_000);
  expect([look(), vi.getTimerCount()]).toEqual([[], 0]);
});
