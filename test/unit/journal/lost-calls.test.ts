import { afterEach, beforeEach, expect, test } from "vitest";
import { chainHash, genesisHash, recordBody } from "../../../electron/journal/chain.ts";
import type { JournalDatabase } from "../../../electron/journal/database.ts";
import { openForAppending } from "../../../electron/journal/database.ts";
import { createInsert } from "../../../electron/journal/insert-records.ts";
import { findLostCalls } from "../../../electron/journal/lost-calls.ts";
import { createSearch } from "../../../electron/journal/search.ts";
import { createJournalPlace, dispatched, finished } from "../../fixtures/journal/parts.ts";

let place: ReturnType<typeof createJournalPlace>;
let database: JournalDatabase;

beforeEach(() => {
  place = createJournalPlace();
  database = openForAppending(place.file);
  let hash = genesisHash;
  const drafts = [{ kind: "app-started" }, dispatched("open"), dispatched("done"), finished("done"), { kind: "app-stopped" }] as const;
  const rows = drafts.map((draft, index) => {
    const body = recordBody(index + 1, 1, draft);
    hash = chainHash(hash, body);
    return { seq: index + 1, body, hash };
  });
  createInsert(database)(rows);
  createSearch(database).index(10);
});
afterEach(() => {
  database.close();
  place.remove();
});

const lost = (): readonly (string | undefined)[] => findLostCalls(database).map(({ call }) => call);

test("a call without an end is lost", () => {
  expect(lost()).toEqual(["open"]);
});

// Who can write the file can forge what is searched by, without breaking the chain.
test.each([
  ["an end", "UPDATE search SET kind = 'call-finished', call = 'open' WHERE seq = 5"],
  ["the call of an end", "UPDATE search SET call = 'open' WHERE seq = 4"],
  ["a start", "UPDATE search SET kind = 'app-started' WHERE seq = 5"],
])("a forged copy of %s hides no lost call", (_what, sql) => {
  database.exec(sql);
  expect(lost()).toContain("open");
});
