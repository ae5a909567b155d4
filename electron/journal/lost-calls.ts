import type { JournalDraft } from "../../shared/model/journal-entry.ts";
import { parseRecord } from "./chain.ts";
import type { JournalDatabase } from "./database.ts";

/**
 * The ends of calls whose end was never written because the process that dispatched them is gone: one `call-finished` draft with outcome
 * `lost` each, in the order of dispatch. Looks at what was written since the last `app-started`: each start ends what was open before it.
 * Expects `search` to be complete; that a call has ended, or that the app was started, it believes the records only.
 *
 * @throws the database's error
 */
export function findLostCalls(database: JournalDatabase): readonly JournalDraft[] {
  const rows = database
    .prepare(
      `SELECT r.body AS body, r.hash AS hash FROM search d CROSS JOIN records r ON r.seq = d.seq
       WHERE d.kind = 'call-dispatched' AND d.call IS NOT NULL
         AND d.seq > ifnull((SELECT a.seq FROM search a CROSS JOIN records s ON s.seq = a.seq
           WHERE a.kind = 'app-started' AND s.body ->> 'kind' = 'app-started' ORDER BY a.seq DESC LIMIT 1), 0)
         AND NOT EXISTS (SELECT 1 FROM search f CROSS JOIN records e ON e.seq = f.seq
           WHERE f.call = d.call AND +f.kind = 'call-finished'
             AND e.body ->> 'call' = d.call AND e.body ->> 'kind' = 'call-finished')
       ORDER BY d.seq`,
    )
    .all() as { body: string; hash: string }[];
  const drafts: JournalDraft[] = [];
  for (const row of rows) {
    const record = parseRecord(row.body, row.hash);
    if (record === null) continue;
    const { call, client, server, tool, decision, by } = record;
    drafts.push({
      kind: "call-finished",
      call,
      client,
      server,
      tool,
      decision,
      by,
      outcome: "lost",
      detail: { reason: "the app ended before the answer" },
    });
  }
  return drafts;
}
