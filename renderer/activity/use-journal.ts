import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import type { AppError } from "../../shared/errors.ts";
import type { JournalKind, JournalRecord } from "../../shared/model/journal-entry.ts";
import { useApp } from "../app-context.tsx";
import { joinRecords, type ActivityRow } from "./join.ts";

export interface Filters {
  readonly kinds: readonly JournalKind[] | null;
  readonly server: string | null;
  readonly client: string | null;
  readonly decision: "allow" | "deny" | null;
  readonly text: string;
}

export const noFilters: Filters = { kinds: null, server: null, client: null, decision: null, text: "" };

export interface JournalRows {
  readonly rows: readonly ActivityRow[];
  /** Rows that came while the person was reading; `takeFresh` brings them in. */
  readonly fresh: number;
  readonly more: boolean;
  readonly loading: boolean;
  readonly problem: AppError | null;
  readonly takeFresh: () => void;
  readonly loadMore: () => void;
}

const pageSize = 100;

export function queryOf(filters: Filters): Record<string, unknown> {
  return {
    ...(filters.kinds === null ? {} : { kinds: [...filters.kinds] }),
    ...(filters.server === null ? {} : { server: filters.server }),
    ...(filters.client === null ? {} : { client: filters.client }),
    ...(filters.decision === null ? {} : { decision: filters.decision }),
    ...(filters.text.trim() === "" ? {} : { text: filters.text.trim() }),
  };
}

/** Whether a record would be on a page with these filters; the same tests as the journal's own, for what is pushed. */
export function matches(record: JournalRecord, filters: Filters): boolean {
  return (
    (filters.kinds === null || filters.kinds.includes(record.kind)) &&
    (filters.server === null || record.server === filters.server) &&
    (filters.client === null || record.client === filters.client) &&
    (filters.decision === null || record.decision === filters.decision) &&
    (filters.text.trim() === "" || JSON.stringify(record).toLowerCase().includes(filters.text.trim().toLowerCase()))
  );
}

/** Pages of the journal, and what is appended: at once when `held` is false, otherwise set aside, so that nothing moves under the pointer. */
export function useJournal(filters: Filters, held: () => boolean): JournalRows {
  const { api } = useApp();
  const [records, setRecords] = useState<readonly JournalRecord[]>([]);
  const [aside, setAside] = useState<readonly JournalRecord[]>([]);
  const [more, setMore] = useState(false);
  const [loading, setLoading] = useState(true);
  const [problem, setProblem] = useState<AppError | null>(null);
  const round = useRef(0);
  const query = JSON.stringify(queryOf(filters));

  const load = useCallback(
    async (before: number | undefined): Promise<void> => {
      const mine = before === undefined ? (round.current += 1) : round.current;
      setLoading(true);
      const given = JSON.parse(query) as object;
      const page = await api.call("journal.page", { ...given, limit: pageSize, ...(before === undefined ? {} : { before }) });
      if (mine !== round.current) return;
      setLoading(false);
      setProblem(page.ok ? null : page.error);
      if (!page.ok) return;
      setMore(page.value.more);
      setRecords((known) => (before === undefined ? page.value.records : [...known, ...page.value.records]));
      if (before === undefined) setAside([]);
    },
    [api, query],
  );

  useEffect(() => {
    // Its first step says that it loads; everything else comes later.
    // eslint-disable-next-line react/set-state-in-effect
    void load(undefined);
  }, [load]);

  const latest = useRef({ filters, held, records });
  useEffect(() => {
    latest.current = { filters, held, records };
  });
  useEffect(
    () =>
      api.on("journal.appended", ({ records: appended }) => {
        const now = latest.current;
        const known = new Set(now.records.map(({ call }) => call).filter((call) => call !== undefined));
        const fitting = appended.filter((record) => matches(record, now.filters));
        // What completes a row that is shown changes it where it is; only new rows would move the others.
        const completing = fitting.filter(({ call }) => call !== undefined && known.has(call));
        const opening = fitting.filter((record) => !completing.includes(record));
        const move = now.held();
        setRecords((all) => [...all, ...completing, ...(move ? [] : opening)]);
        if (move) setAside((all) => [...all, ...opening]);
      }),
    [api],
  );

  const rows = useMemo(() => joinRecords([], records), [records]);
  const fresh = useMemo(() => joinRecords([], aside).length, [aside]);
  const takeFresh = useCallback(() => {
    setRecords((all) => [...all, ...aside]);
    setAside([]);
  }, [aside]);
  const oldest = records.reduce((least, { seq }) => Math.min(least, seq), Number.POSITIVE_INFINITY);
  const loadMore = useCallback(() => {
    if (more && !loading && Number.isFinite(oldest)) void load(oldest);
  }, [load, loading, more, oldest]);
  return { rows, fresh, more, loading, problem, takeFresh, loadMore };
}
