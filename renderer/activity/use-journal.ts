import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { ok, type AppError, type Result } from "../../shared/errors.ts";
import type { JournalKind, JournalRecord } from "../../shared/model/journal-entry.ts";
import { onReconnected } from "../api.ts";
import { useApp } from "../app-context.tsx";
import { callKinds, joinRecords, type ActivityRow } from "./join.ts";

export interface Filters {
  readonly kinds: readonly JournalKind[] | null;
  readonly server: string | null;
  readonly client: string | null;
  readonly decision: "allow" | "deny" | null;
  readonly text: string;
}

export const noFilters: Filters = { kinds: null, server: null, client: null, decision: null, text: "" };

interface Problem {
  readonly error: AppError;
  /** The record before which it could not be read; undefined: the newest. */
  readonly before: number | undefined;
}

export interface JournalRows {
  readonly rows: readonly ActivityRow[];
  /** Rows that came while the person was reading; `takeFresh` brings them in. */
  readonly fresh: number;
  readonly more: boolean;
  readonly loading: boolean;
  readonly problem: Problem | null;
  /** Reads again what could not be read. */
  readonly again: () => void;
  readonly takeFresh: () => void;
  readonly loadMore: () => void;
}

/** Of a page, and of the calls whose other records are asked for at once: each has a record of each kind at most. */
const pageSize = 100;
const mostOfPage = pageSize * callKinds.size;
/** Of what was missed; who was away for longer sees the newest of it. */
const mostPages = 20;

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
  const [problem, setProblem] = useState<Problem | null>(null);
  const [rest, setRest] = useState<readonly JournalRecord[]>([]);
  const round = useRef(0);
  const opened = useRef(new Set<string>());
  const query = JSON.stringify(queryOf(filters));
  const partial = filters.text.trim() !== "";

  // A text stands in some records of a call and not in others; a row must not say that a call still runs because its end does not
  // contain what was searched for.
  const restOf = useCallback(
    async (found: readonly JournalRecord[]): Promise<Result<readonly JournalRecord[]>> => {
      const calls = [
        ...new Set(partial ? found.flatMap(({ kind, call }) => (callKinds.has(kind) && call !== undefined ? [call] : [])) : []),
      ];
      const groups = Array.from({ length: Math.ceil(calls.length / pageSize) }, (_, at) => calls.slice(at * pageSize, (at + 1) * pageSize));
      const pages = await Promise.all(
        groups.map((group) => api.call("journal.page", { calls: group, kinds: [...callKinds], limit: mostOfPage })),
      );
      const failed = pages.find((page) => !page.ok);
      if (failed !== undefined) return failed;
      return ok(pages.flatMap((page) => (page.ok ? page.value.records : [])).filter(({ kind }) => callKinds.has(kind)));
    },
    [api, partial],
  );

  const load = useCallback(
    async (before: number | undefined): Promise<void> => {
      const mine = before === undefined ? (round.current += 1) : round.current;
      setLoading(true);
      const given = JSON.parse(query) as object;
      const page = await api.call("journal.page", { ...given, limit: pageSize, ...(before === undefined ? {} : { before }) });
      const more = page.ok ? await restOf(page.value.records) : page;
      if (mine !== round.current) return;
      setLoading(false);
      setProblem(more.ok ? null : { error: more.error, before });
      if (!page.ok || !more.ok) return;
      setMore(page.value.more);
      setRest((known) => (before === undefined ? more.value : [...known, ...more.value]));
      setRecords((known) => (before === undefined ? page.value.records : [...known, ...page.value.records]));
      if (before === undefined) setAside([]);
    },
    [api, query, restOf],
  );

  useEffect(() => {
    // Its first step says that it loads; everything else comes later.
    // eslint-disable-next-line react/set-state-in-effect
    void load(undefined);
  }, [load]);

  const latest = useRef({ filters, held, records, aside });
  useEffect(() => {
    latest.current = { filters, held, records, aside };
  });
  const arrive = useCallback(
    (appended: readonly JournalRecord[]): void => {
      const now = latest.current;
      const shown = new Set(now.records.map(({ call }) => call).filter((call) => call !== undefined));
      // What completes a row that is shown changes it where it is, whatever is searched for; only new rows would move the others.
      const completes = (calls: ReadonlySet<string>, { kind, call }: JournalRecord): boolean =>
        callKinds.has(kind) && call !== undefined && calls.has(call);
      const completing = appended.filter((record) => completes(shown, record));
      const opening = appended.filter(
        (record) => !completing.includes(record) && (matches(record, now.filters) || completes(opened.current, record)),
      );
      for (const { call } of opening) if (call !== undefined) opened.current.add(call);
      const move = now.held();
      setRecords((all) => [...all, ...completing, ...(move ? [] : opening)]);
      if (move) setAside((all) => [...all, ...opening]);
      const addRest = async (): Promise<void> => {
        const more = await restOf(opening);
        if (more.ok) setRest((all) => [...all, ...more.value]);
      };
      void addRest();
    },
    [restOf],
  );
  useEffect(() => api.on("journal.appended", ({ records: appended }) => arrive(appended)), [api, arrive]);

  // What was appended while nothing was heard of it: read anew, or, under the eyes of somebody who reads, as if it came just now.
  const catchUp = useCallback(async (): Promise<void> => {
    const mine = round.current;
    const has = latest.current;
    const known = [...has.records, ...has.aside];
    if (!has.held() || known.length === 0) return load(undefined);
    const newest = known.reduce((most, { seq }) => Math.max(most, seq), 0);
    const given = JSON.parse(query) as object;
    const missed: JournalRecord[] = [];
    for (let pages = 0; pages < mostPages; pages += 1) {
      const before = missed.at(-1)?.seq;
      const page = await api.call("journal.page", { ...given, limit: pageSize, ...(before === undefined ? {} : { before }) });
      if (mine !== round.current || !page.ok) return;
      const unknown = page.value.records.filter(({ seq }) => seq > newest);
      missed.push(...unknown);
      if (!page.value.more || unknown.length < page.value.records.length) break;
    }
    const here = new Set([...latest.current.records, ...latest.current.aside].map(({ seq }) => seq));
    arrive(missed.filter(({ seq }) => !here.has(seq)).toReversed());
    // The end of a call need not hold what is searched for.
    const ends = await restOf(known);
    if (ends.ok && mine === round.current) setRest((all) => [...all, ...ends.value]);
  }, [api, arrive, load, query, restOf]);
  useEffect(() => onReconnected(api, () => void catchUp()), [api, catchUp]);

  const rows = useMemo(() => {
    const calls = new Set(records.map(({ call }) => call));
    return joinRecords([], [...records, ...rest.filter(({ call }) => calls.has(call))]);
  }, [records, rest]);
  const fresh = useMemo(() => joinRecords([], aside).length, [aside]);
  const takeFresh = useCallback(() => {
    setRecords((all) => [...all, ...aside]);
    setAside([]);
  }, [aside]);
  const oldest = records.reduce((least, { seq }) => Math.min(least, seq), Number.POSITIVE_INFINITY);
  const loadMore = useCallback(() => {
    // What failed is tried again by the person, not by every row that comes into sight.
    if (more && !loading && problem === null && Number.isFinite(oldest)) void load(oldest);
  }, [load, loading, more, oldest, problem]);
  const again = useCallback(() => void load(problem?.before), [load, problem]);
  return { rows, fresh, more, loading, problem, again, takeFresh, loadMore };
}
