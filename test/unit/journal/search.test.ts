import { afterEach, describe, expect, test } from "vitest";
import type { JournalRow } from "../../../electron/journal/chain.ts";
import { chainHash, genesisHash, recordBody } from "../../../electron/journal/chain.ts";
import type { JournalDatabase } from "../../../electron/journal/database.ts";
import { openForAppending } from "../../../electron/journal/database.ts";
import { createInsert } from "../../../electron/journal/insert-records.ts";
import { atOnce } from "../../../electron/journal/in-turns.ts";
import type { JournalFilter, JournalSearch } from "../../../electron/journal/search.ts";
import { createSearch, matchesFilter } from "../../../electron/journal/search.ts";
import type { JournalDraft, JournalRecord } from "../../../shared/model/journal-entry.ts";
import { journalKinds } from "../../../shared/model/journal-entry.ts";
import { createJournalPlace, createRandom } from "../../fixtures/journal/parts.ts";

const undo: (() => void)[] = [];
afterEach(() => {
  for (const step of undo.splice(0).toReversed()) step();
});

function fill(
  drafts: readonly JournalDraft[],
  at: (index: number) => number,
): { search: JournalSearch; records: readonly JournalRecord[] } {
  const place = createJournalPlace();
  const database = openForAppending(place.file);
  undo.push(
    () => place.remove(),
    () => database.close(),
  );
  const insert = database.prepare("INSERT INTO records VALUES (?, ?, ?)");
  let hash = genesisHash;
  const records = drafts.map((draft, index) => {
    const seq = index + 1;
    const body = recordBody(seq, at(index), draft);
    hash = chainHash(hash, body);
    insert.run([seq, body, hash]);
    return { ...draft, seq, at: at(index), hash };
  });
  return { search: createSearch(database), records };
}

const words = ["alpha", "Über", "100%", "a_b", 'say "hi"', "line\nbreak", "NUL\u0000tail", "half\ud800", "C:\\x", "~tilde", "🙂"];

function randomDrafts(count: number, seed: number): readonly JournalDraft[] {
  const random = createRandom(seed);
  const word = (): string => words[Math.floor(random() * words.length)] ?? "";
  const maybe = (): string | undefined => (random() < 0.7 ? word() : undefined);
  return Array.from({ length: count }, (_item, index) => ({
    kind: journalKinds[Math.floor(random() * journalKinds.length)] ?? "app-started",
    call: random() < 0.8 ? `call-${index >> 1}` : undefined,
    client: maybe(),
    server: maybe(),
    tool: maybe(),
    decision: random() < 0.3 ? "deny" : undefined,
    detail: random() < 0.5 ? { note: word(), list: [word(), 42] } : undefined,
  }));
}

describe("page", () => {
  test.each([0, 1, 150, 400])("finds exactly what matches, %i of 400 records being indexed", (indexed) => {
    const random = createRandom(indexed + 5);
    // A clock that is set back in the middle.
    const { search, records } = fill(randomDrafts(400, 3), (index) => (index < 200 ? 1000 + index : 500 + index));
    expect(search.index(indexed)).toBe(indexed);
    expect(search.indexed()).toBe(indexed);
    const word = (): string => words[Math.floor(random() * words.length)] ?? "";
    for (let round = 0; round < 300; round += 1) {
      const filter: { -readonly [K in keyof JournalFilter]: JournalFilter[K] } = {};
      if (random() < 0.3) filter.server = word();
      if (random() < 0.2) filter.client = word();
      if (random() < 0.2) filter.tool = word();
      if (random() < 0.1) filter.call = `call-${Math.floor(random() * 200)}`;
      if (random() < 0.1) filter.calls = Array.from({ length: 1 + Math.floor(random() * 9) }, () => `call-${Math.floor(random() * 200)}`);
      if (random() < 0.2) filter.decision = random() < 0.5 ? "deny" : "allow";
      if (random() < 0.3) filter.kinds = journalKinds.filter(() => random() < 0.3);
      if (random() < 0.2) filter.kinds = ["call-denied"];
      if (random() < 0.3) filter.since = 1000 + Math.floor(random() * 200);
      if (random() < 0.3) filter.text = random() < 0.5 ? word() : word().slice(1, 3).toUpperCase();
      const before = random() < 0.3 ? Math.floor(random() * 420) : undefined;
      const limit = 1 + Math.floor(random() * 60);
      const expected = records.filter((record) => matchesFilter(record, filter) && record.seq < (before ?? Infinity)).toReversed();
      const page = atOnce(search.page({ ...filter, limit, ...(before === undefined ? {} : { before }) }));
      expect([filter, page.records.map((record) => record.seq)]).toEqual([filter, expected.slice(0, limit).map((record) => record.seq)]);
      expect(page.more).toBe(expected.length > limit);
    }
  });

  test("finds exactly what matches where it takes several steps, however much of one is asked for", () => {
    const { search, records } = fill(
      Array.from({ length: 6_000 }, (_item, index) => ({
        kind: "call-dispatched",
        server: index % 700 === 0 ? "rare" : "common",
        client: index > 3_000 && index < 3_100 ? "dense" : "c",
        detail: { note: index % 900 === 1 ? "Größe" : "lorem" },
      })),
      (index) => index,
    );
    search.index(6_000);
    const filters: readonly JournalFilter[] = [
      { server: "rare" },
      { client: "dense" },
      { text: "GRÖSSE".replace("SS", "ß") },
      { text: "LOREM" },
    ];
    for (const filter of filters) {
      const expected = records.filter((record) => matchesFilter(record, filter)).map(({ seq }) => seq);
      expect(expected.length).toBeGreaterThan(5);
      for (const limit of [1, 3, 50, 200]) {
        const found: number[] = [];
        for (let before: number | undefined, more = true; more && found.length < 600; before = found.at(-1)) {
          const page = atOnce(search.page({ ...filter, limit, ...(before === undefined ? {} : { before }) }));
          found.push(...page.records.map(({ seq }) => seq));
          more = page.more;
        }
        expect([filter, limit, found]).toEqual([filter, limit, expected.toReversed().slice(0, found.length)]);
        expect(found.length).toBe(Math.min(expected.length, Math.ceil(600 / limit) * limit));
      }
    }
  });

  test("pauses in what the database looks through alone, where it finds nothing", () => {
    const { search } = fill(
      Array.from({ length: 40_000 }, () => ({ kind: "call-dispatched", detail: { text: "lorem ipsum ".repeat(40) } })),
      (index) => index,
    );
    search.index(40_000);
    const pieces = search.page({ text: "nowhere", limit: 10 });
    let pauses = 0;
    while (pieces.next().done !== true) pauses += 1;
    expect(pauses).toBeGreaterThan(1);
  });

  test.each([0, 100, 400])("the records of several calls, newest first, %i of 400 being indexed", (indexed) => {
    const { search, records } = fill(randomDrafts(400, 7), (index) => index);
    search.index(indexed);
    const wanted = ["call-3", "call-180", "call-90", "no such call", "half \ud800"];
    const found = atOnce(search.page({ calls: wanted, limit: 50 })).records;
    expect(found.map(({ seq }) => seq)).toEqual(
      records
        .filter(({ call }) => call === "call-3" || call === "call-180" || call === "call-90")
        .map(({ seq }) => seq)
        .toReversed(),
    );
    expect(found.length).toBeGreaterThan(3);
    expect(atOnce(search.page({ calls: ["no such call"], limit: 5 }))).toEqual({ records: [], more: false });
  });

  test("gives the records as they were written", () => {
    const { search, records } = fill(randomDrafts(20, 9), (index) => index);
    search.index(10);
    expect(atOnce(search.page({ limit: 20 })).records).toEqual(
      records.toReversed().map((record) => JSON.parse(JSON.stringify(record)) as unknown),
    );
  });

  test("a text is looked for in values and in the names of details, not in the names of columns", () => {
    const { search } = fill([{ kind: "app-started", tool: "x", detail: { retries: 3 } }], () => 1);
    const count = (text: string): number => atOnce(search.page({ text, limit: 5 })).records.length;
    expect([count("tool"), count("RETRIES"), count("3"), count("x"), count("%"), count("app-")]).toEqual([0, 1, 1, 1, 0, 1]);
    search.index(5);
    expect([count("tool"), count("RETRIES"), count("3"), count("x"), count("%"), count("app-")]).toEqual([0, 1, 1, 1, 0, 1]);
  });

  test("counts calls whether they are indexed or not", () => {
    const drafts: JournalDraft[] = [
      { kind: "call-dispatched", server: "a" },
      { kind: "call-finished", server: "a" },
      { kind: "call-denied", server: "a" },
      { kind: "call-dispatched", server: "b" },
      { kind: "call-dispatched" },
    ];
    const { search } = fill(drafts, (index) => index);
    for (const more of [0, 2, 9]) {
      if (more > 0) search.index(more);
      expect(Object.fromEntries(search.countCalls(0))).toEqual({ a: 2, b: 1 });
      expect(Object.fromEntries(search.countCalls(2))).toEqual({ a: 1, b: 1 });
    }
  });

  test("oldest first, in full", () => {
    const { search, records } = fill(randomDrafts(600, 4), (index) => index);
    expect([...search.oldestFirst({})].flat().map((record) => record.seq)).toEqual(records.map((record) => record.seq));
    const denied = [...search.oldestFirst({ decision: "deny" })].flat();
    expect(denied.map((record) => record.seq)).toEqual(records.filter((record) => record.decision === "deny").map((record) => record.seq));
  });

  test("oldest first, also what leaves the log for the database between a look at the one and at the other", () => {
    const place = createJournalPlace();
    const database = openForAppending(place.file);
    undo.push(
      () => place.remove(),
      () => database.close(),
    );
    const bringOver = createInsert(database);
    const row = (seq: number): JournalRow => ({ seq, body: recordBody(seq, seq, { kind: "app-started" }), hash: genesisHash });
    bringOver([row(1), row(2)]);
    let waiting = [row(3), row(4)];
    const emptiedMeanwhile = (): readonly JournalRow[] => {
      if (waiting.length > 0) bringOver(waiting);
      waiting = [];
      return [];
    };
    const search = createSearch(database, { all: emptiedMeanwhile, newestFirst: emptiedMeanwhile });
    expect([...search.oldestFirst({})].flat().map((record) => record.seq)).toEqual([1, 2, 3, 4]);
  });

  test("a text of signs that mean something to the database is looked for as it stands", () => {
    const { search } = fill([{ kind: "app-started", tool: "~tilde" }], () => 1);
    search.index(1);
    const count = (text: string): number => atOnce(search.page({ text, limit: 5 })).records.length;
    expect([count("~"), count("~tilde"), count("~t%"), count("t_lde")]).toEqual([1, 1, 0, 0]);
  });

  test.each([0, 3])("letters that fold to ASCII hide nothing, %i of 3 being indexed", (indexed) => {
    const { search } = fill(
      ["\u212aill", "x\u0130zmir", "skip"].map((tool) => ({ kind: "app-started", tool })),
      () => 1,
    );
    search.index(indexed);
    const found = (text: string): readonly number[] => atOnce(search.page({ text, limit: 5 })).records.map(({ seq }) => seq);
    expect([found("kill"), found("KILL"), found("xi"), found("XI\u0307ZMIR"), found("ski")]).toEqual([[1], [1], [2], [2], [3]]);
  });

  test.each([0, 2])("a call's name that the database cannot hold is found among others, %i of 2 being indexed", (indexed) => {
    const calls = ["half \ud800", "whole"];
    const { search } = fill(
      calls.map((call) => ({ kind: "app-started", call })),
      () => 1,
    );
    search.index(indexed);
    expect(atOnce(search.page({ calls, limit: 5 })).records.map(({ seq }) => seq)).toEqual([2, 1]);
  });
});

describe("with the log in front of the database", () => {
  const row = (seq: number): JournalRow => {
    return { seq, body: recordBody(seq, seq, { kind: "call-dispatched", server: "s" }), hash: genesisHash };
  };
  const rows = (from: number, to: number): readonly JournalRow[] =>
    Array.from({ length: to - from + 1 }, (_item, index) => row(from + index));

  /** A database that holds the first so many rows, and how more of them get there. */
  function database(stored: number): { readonly journal: JournalDatabase; readonly bringOver: (rows: readonly JournalRow[]) => void } {
    const place = createJournalPlace();
    const journal = openForAppending(place.file);
    undo.push(
      () => place.remove(),
      () => journal.close(),
    );
    const bringOver = createInsert(journal);
    if (stored > 0) bringOver(rows(1, stored));
    return { journal, bringOver };
  }
  const seqs = (records: readonly JournalRecord[]): readonly number[] => records.map(({ seq }) => seq);

  test.each([0, 3])("what is in both comes once, in pages and oldest first, %i of 6 being indexed", (indexed) => {
    const { journal } = database(6);
    const search = createSearch(journal, { all: () => rows(4, 9), newestFirst: () => rows(4, 9).toReversed() });
    search.index(indexed);
    for (const filter of [{}, { server: "s" }]) {
      expect(seqs(atOnce(search.page({ ...filter, limit: 20 })).records)).toEqual([9, 8, 7, 6, 5, 4, 3, 2, 1]);
      expect(seqs(atOnce(search.page({ ...filter, limit: 3, before: 8 })).records)).toEqual([7, 6, 5]);
      expect(seqs(atOnce(search.page({ ...filter, limit: 3, before: 4 })).records)).toEqual([3, 2, 1]);
      expect(seqs([...search.oldestFirst(filter)].flat())).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    }
    expect(Object.fromEntries(search.countCalls(3))).toEqual({ s: 7 });
  });

  test("oldest first, also where records leave the log between two looks more than once", () => {
    const { journal, bringOver } = database(2);
    const looks: (() => readonly JournalRow[])[] = [3, 5].map((from) => () => {
      bringOver(rows(from, from + 1));
      return [row(from + 2)];
    });
    const search = createSearch(journal, { all: () => looks.shift()?.() ?? [], newestFirst: () => [] });
    expect(seqs([...search.oldestFirst({})].flat())).toEqual([1, 2, 3, 4, 5, 6]);
  });

  test("calls that leave the log while they are counted are counted", () => {
    const { journal, bringOver } = database(2);
    const all = (): readonly JournalRow[] => {
      const waiting = rows(3, 4);
      bringOver(waiting);
      return waiting;
    };
    expect(Object.fromEntries(createSearch(journal, { all, newestFirst: () => [] }).countCalls(0))).toEqual({ s: 4 });
  });
});
