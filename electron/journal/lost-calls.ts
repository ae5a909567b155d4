import type { JournalDraft, JournalKind } from "../../shared/model/journal-entry.ts";
import { parseRecord } from "./chain.ts";
import type { JournalDatabase } from "./database.ts";

/**
 * The ends of calls whose end was never written because the process that knew of them is gone: for each that was dispatched a
 * `call-finished` draft with outcome `lost`, for each that still waited for an answer a `call-denied`; in the order of their calls. Looks at
 * what was written since the last `app-started`: each start ends what was open before it.
 * Expects `search` to be complete; that a call has ended, or that the app was started, it believes the records only.
 *
 * @throws the database's error
 */
export function findLostCalls(database: JournalDatabase): readonly JournalDraft[] {
  const reason = "the app ended before the answer";
  return [
    ...openCalls(database, "call-dispatched", ["call-finished"]).map(({ decision, by, ...columns }): JournalDraft => {
      return { kind: "call-finished", ...columns, decision, by, outcome: "lost", detail: { reason } };
    }),
    ...openCalls(database, "call-asked", ["call-dispatched", "call-denied"]).map(({ call, client, server, tool }): JournalDraft => {
      return { kind: "call-denied", call, client, server, tool, decision: "deny", by: "closing", outcome: "refused", detail: { reason } };
    }),
  ];
}

type Columns = Pick<JournalDraft, "call" | "client" | "server" | "tool" | "decision" | "by">;

/** Calls with a record of one kind and none of those that may follow it. */
function openCalls(database: JournalDatabase, kind: JournalKind, ends: readonly JournalKind[]): readonly Columns[] {
  const isEnd = `IN (${ends.map((end) => `'${end}'`).join(", ")})`;
  const rows = database
    .prepare(
      `SELECT r.body AS body, r.hash AS hash FROM search d CROSS JOIN records r ON r.seq = d.seq
       WHERE d.kind = '${kind}' AND d.call IS NOT NULL
         AND d.seq > ifnull((SELECT a.seq FROM search a CROSS JOIN records s ON s.seq = a.seq
           WHERE a.kind = 'app-started' AND s.body ->> 'kind' = 'app-started' ORDER BY a.seq DESC LIMIT 1), 0)
         AND NOT EXISTS (SELECT 1 FROM search f CROSS JOIN records e ON e.seq = f.seq
           WHERE f.call = d.call AND +f.kind ${isEnd}
             AND e.body ->> 'call' = d.call AND e.body ->> 'kind' ${isEnd})
       ORDER BY d.seq`,
    )
    .all() as { body: string; hash: string }[];
  return rows.flatMap((row) => {
    const record = parseRecord(row.body, row.hash);
    if (record === null) return [];
    const { call, client, server, tool, decision, by } = record;
    return [{ call, client, server, tool, decision, by }];
  });
}
