import { afterEach, beforeEach, expect, test } from "vitest";
import type { ChainHead, JournalRow } from "../../../electron/journal/chain.ts";
import { chainHash, genesisHash, recordBody } from "../../../electron/journal/chain.ts";
import type { JournalDatabase } from "../../../electron/journal/database.ts";
import { openForAppending } from "../../../electron/journal/database.ts";
import { bringOver, followLog } from "../../../electron/journal/follow-log.ts";
import { createJournalPlace, dispatched } from "../../fixtures/journal/parts.ts";

let place: ReturnType<typeof createJournalPlace>;
let database: JournalDatabase;
let chain: readonly JournalRow[];
let head: ChainHead;

/** The records of these calls, numbered from 1 on. */
function chainOf(calls: readonly string[]): readonly JournalRow[] {
  let hash = genesisHash;
  return calls.map((call, index) => {
    const body = recordBody(index + 1, 1, dispatched(call));
    hash = chainHash(hash, body);
    return { seq: index + 1, body, hash };
  });
}

beforeEach(() => {
  place = createJournalPlace();
  database = openForAppending(place.file);
  chain = chainOf(["a", "b", "c", "d", "e"]);
  bringOver(chain.slice(0, 3), database);
  head = { seq: 3, hash: chain[2]?.hash ?? "" };
});
afterEach(() => {
  database.close();
  place.remove();
});

const stored = (): number => (database.prepare("SELECT count(*) AS rows FROM records").get() as { rows: number }).rows;

test("a log adds what the database does not have yet", () => {
  const end = { seq: 5, hash: chain[4]?.hash };
  expect(followLog({ rows: chain.slice(1), badLine: null }, database, head)).toEqual({ rows: chain.slice(3), head: end, wrong: null });
  expect(followLog({ rows: [], badLine: null }, database, head)).toEqual({ rows: [], head, wrong: null });
});

test("a log that says otherwise of a record in the database is wrong there, and nothing of it is taken", () => {
  const other = chainOf(["a", "forged", "c", "d", "e"]);
  expect(followLog({ rows: [...other.slice(1, 2), ...chain.slice(2)], badLine: null }, database, head)).toEqual({
    rows: [],
    head,
    wrong: { seq: 2, reason: "the log in front of the database says otherwise" },
  });
});

test("a log is taken up to the first record that does not follow", () => {
  const [, , , fourth, fifth] = chain as [JournalRow, JournalRow, JournalRow, JournalRow, JournalRow];
  const forged = { ...fifth, body: fifth.body.replace('"call":"e"', '"call":"x"') };
  const followed = followLog({ rows: [fourth, forged], badLine: null }, database, head);
  expect(followed).toMatchObject({ rows: [fourth], head: { seq: 4, hash: fourth.hash }, wrong: { seq: 5 } });
  // The record that is missing is the wrong one, not the one after it.
  expect(followLog({ rows: [fifth], badLine: null }, database, head)).toMatchObject({ rows: [], head, wrong: { seq: 4 } });
  expect(followLog({ rows: [{ ...fourth, seq: 0 }], badLine: null }, database, head)).toMatchObject({ rows: [], head, wrong: { seq: 0 } });
});

test("a line that is no record comes after those before it", () => {
  const reason = "its line in the log in front of the database is no record";
  expect(followLog({ rows: chain.slice(3), badLine: 3 }, database, head)).toMatchObject({ wrong: { seq: 6, reason } });
});

test("records are brought over together or not at all, and nothing is left open by a failure", () => {
  const more = chainOf("abcdefghijklmnop".split("")).slice(3);
  expect(() => bringOver([...more, ...chain.slice(2, 3)], database)).toThrow(/UNIQUE|constraint/i);
  expect([stored(), database.inTransaction]).toEqual([3, false]);
  bringOver(more, database);
  expect(stored()).toBe(16);
});
