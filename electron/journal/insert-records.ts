// How records get from the log into the database. Crossing into SQLite costs several times as much as the row itself, and a commit twice
// that, so rows go in by the dozen: 2.5 µs a record in groups of 64, 14 µs one by one.
import type { JournalRow } from "./chain.ts";
import type { JournalDatabase } from "./database.ts";

/** Numbers of rows that have a statement of their own, largest first; larger groups are put together from these. */
const sizes = [64, 32, 16, 8, 7, 6, 5, 4, 3, 2, 1] as const;

/**
 * Prepares the insertion of records: all of them in one transaction. A failure may leave that transaction open: roll back.
 *
 * @throws the database's error, or one that says that the database did not take every row
 */
export function createInsert(database: JournalDatabase): (rows: readonly JournalRow[]) => void {
  const begin = database.prepare("BEGIN IMMEDIATE");
  const commit = database.prepare("COMMIT");
  const statements = new Map<number, ReturnType<JournalDatabase["prepare"]>>();

  const insert = (rows: readonly JournalRow[], from: number, count: number): void => {
    let statement = statements.get(count);
    if (statement === undefined) {
      statement = database.prepare(`INSERT INTO records (seq, body, hash) VALUES ${Array(count).fill("(?, ?, ?)").join(", ")}`);
      statements.set(count, statement);
    }
    const values: (string | number)[] = [];
    for (let at = from; at < from + count; at += 1) {
      const row = rows[at];
      if (row !== undefined) values.push(row.seq, row.body, row.hash);
    }
    const { changes } = statement.run(values);
    // What the database has been made to forget must not pass for stored: the log would be emptied of it.
    if (changes !== count) throw new Error(`its database took ${changes} of ${count} records: it was changed while Portcullis was running`);
  };
  const largest = (count: number): number => sizes.find((size) => size <= count) ?? 1;

  return (rows) => {
    const first = largest(rows.length);
    if (first === rows.length) {
      insert(rows, 0, first);
      return;
    }
    begin.run();
    for (let at = 0; at < rows.length;) {
      const count = largest(rows.length - at);
      insert(rows, at, count);
      at += count;
    }
    commit.run();
  };
}
