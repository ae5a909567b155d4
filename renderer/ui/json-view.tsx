import "./json-view.css";
import { useVirtualizer } from "@tanstack/react-virtual";
import { ChevronDown, ChevronUp, Search, X } from "lucide-react";
import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState, type ReactNode } from "react";
import { format } from "../format.ts";
import { messages } from "../messages.ts";
import { Button } from "./button.tsx";
import { locatePointer } from "./json-pointer.ts";
import { JsonRow, type Highlight } from "./json-row.tsx";
import { layoutRows, type Row } from "./json-rows.ts";
import { findMatches, firstAtLeast, maxMatches } from "./json-search.ts";
import { useOpener } from "./use-focus.ts";

const rowHeight = 18;
const virtualAbove = 150;
const encoder = new TextEncoder();

export interface JsonViewProps {
  readonly title: string;
  readonly text: string;
  /** A finding to bring into sight: JSON pointer; a new object each time it is asked for. */
  readonly reveal?: { readonly pointer: string } | null;
  /** Show everything unfolded and go to the end; a new object each time it is asked for. */
  readonly showAll?: object | null;
  /** Called once when nothing is folded and the last row has been in sight. */
  readonly onSeen?: () => void;
  /** Tells whether anything is folded. */
  readonly onFolded?: (folded: boolean) => void;
  readonly maxHeight: number;
  readonly extra?: ReactNode;
}

/** JSON as it will be sent: coloured, wrapped, searchable, long strings folded with their size; 1 MB and thousands of rows stay quick. */
export function JsonView({ title, text, reveal = null, showAll = null, onSeen, onFolded, maxHeight, extra }: JsonViewProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const { columns, probe } = useColumns(scroller);
  const [unfolded, setUnfolded] = useState<ReadonlySet<number> | "all">(() => new Set());
  const [query, setQuery] = useState<string | null>(null);
  const search = useOpener(query !== null);
  const [hit, setHit] = useState(0);
  const [flash, setFlash] = useState<number | null>(null);

  const rows = useMemo(() => layoutRows(text, columns, unfolded), [text, columns, unfolded]);
  const starts = useMemo(() => rows.map(({ start }) => start), [rows]);
  const matches = useMemo(() => findMatches(text, query ?? ""), [text, query]);
  const folded = rows.some(({ kind }) => kind === "fold");
  const bytes = useMemo(() => encoder.encode(text).length, [text]);
  const virtual = rows.length > virtualAbove;

  // The compiler is not used; the virtualizer re-renders this component itself.
  // eslint-disable-next-line react/incompatible-library
  const virtualizer = useVirtualizer({
    count: virtual ? rows.length : 0,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: 12,
  });

  const unfold = useCallback((string: number) => setUnfolded((now) => (now === "all" ? now : new Set([...now, string]))), []);

  const goTo = useCallback(
    (offset: number): void => {
      const index = Math.max(0, firstAtLeast(starts, offset + 1) - 1);
      const row = rows[index];
      if (row?.kind === "fold") unfold(row.string);
      setFlash(offset);
      if (virtual) virtualizer.scrollToIndex(index, { align: "center" });
      else scroller.current?.querySelectorAll(".json-row")[index]?.scrollIntoView({ block: "nearest" });
    },
    [rows, starts, unfold, virtual, virtualizer],
  );

  const latestGoTo = useRef(goTo);
  useLayoutEffect(() => {
    latestGoTo.current = goTo;
  });
  useEffect(() => {
    const offset = reveal === null ? null : locatePointer(text, reveal.pointer);
    if (offset !== null) latestGoTo.current(offset);
  }, [reveal, text]);
  useEffect(() => {
    if (flash === null) return undefined;
    const timer = setTimeout(() => setFlash(null), 1800);
    return () => clearTimeout(timer);
  }, [flash]);
  useEffect(() => {
    const match = matches[hit];
    if (match !== undefined) latestGoTo.current(match);
  }, [matches, hit, unfolded]);
  useEffect(() => {
    if (showAll !== null) setUnfolded("all");
  }, [showAll]);
  useEffect(() => {
    if (showAll === null || folded) return;
    scroller.current?.scrollTo({ top: scroller.current.scrollHeight });
    // What is around it scrolls, too, in a low window.
    scroller.current?.querySelector(".json-end")?.scrollIntoView({ block: "nearest" });
  }, [showAll, folded]);
  useEffect(() => onFolded?.(folded), [folded, onFolded]);

  const highlight = (row: Row): Highlight | null => {
    if (query === null || query === "" || matches.length === 0) return null;
    const from = Math.max(0, firstAtLeast(matches, row.start - query.length));
    const to = firstAtLeast(matches, row.end);
    return from >= to ? null : { offsets: matches.slice(from, to), length: query.length, current: matches[hit] ?? null };
  };
  const flashes = (row: Row): boolean => flash !== null && flash >= row.start && flash < Math.max(row.end, row.start + 1);
  const step = (by: number): void => {
    if (matches.length > 0) setHit((now) => (now + by + matches.length) % matches.length);
  };
  const natural = rows.length * rowHeight + 14;

  return (
    <div className="json">
      <div className="json-bar">
        <span className="json-title">{title}</span>
        <span className="small faint" title={messages.common.bytes(format.number(bytes))}>
          {format.bytes(bytes)}
        </span>
        {extra}
        <span className="spacer" />
        {query === null ? (
          <>
            {folded ? (
              <Button look="link" onClick={() => setUnfolded("all")}>
                {messages.approvals.viewer.unfoldAll}
              </Button>
            ) : null}
            {bytes > 600 ? (
              <Button
                ref={search}
                look="ghost"
                icon={<Search size={14} aria-hidden="true" />}
                label={messages.approvals.viewer.search}
                onClick={() => setQuery("")}
              />
            ) : null}
          </>
        ) : (
          <>
            <input
              className="input json-search"
              aria-label={messages.approvals.viewer.search}
              placeholder={messages.approvals.viewer.search}
              value={query}
              // The person has just asked for it with a click.
              // eslint-disable-next-line jsx-a11y/no-autofocus
              autoFocus
              onChange={(event) => {
                setQuery(event.target.value);
                setHit(0);
              }}
              onKeyDown={(event) => {
                if (event.key === "Enter") step(event.shiftKey ? -1 : 1);
                if (event.key === "Escape") {
                  event.stopPropagation();
                  setQuery(null);
                }
              }}
            />
            <output className="small faint">
              {query === ""
                ? ""
                : messages.approvals.viewer.hits(Math.min(hit + 1, matches.length), matches.length, matches.length >= maxMatches)}
            </output>
            <Button
              look="ghost"
              icon={<ChevronUp size={14} aria-hidden="true" />}
              label={messages.approvals.viewer.previous}
              onClick={() => step(-1)}
            />
            <Button
              look="ghost"
              icon={<ChevronDown size={14} aria-hidden="true" />}
              label={messages.approvals.viewer.nextHit}
              onClick={() => step(1)}
            />
            <Button look="ghost" icon={<X size={14} aria-hidden="true" />} label={messages.common.close} onClick={() => setQuery(null)} />
          </>
        )}
      </div>
      <section
        ref={scroller}
        className="json-scroll"
        // It scrolls, so the keyboard must reach it.
        // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        tabIndex={0}
        aria-label={messages.approvals.viewer.region(title)}
        style={{ maxBlockSize: maxHeight, blockSize: natural }}
      >
        <span ref={probe} className="json-probe" aria-hidden="true">
          {"0".repeat(40)}
        </span>
        <div className="json-rows" style={virtual ? { blockSize: virtualizer.getTotalSize() } : undefined}>
          {virtual
            ? virtualizer.getVirtualItems().map(({ index, start }) => {
                const row = rows[index];
                return row === undefined ? null : (
                  <JsonRow
                    key={index}
                    text={text}
                    row={row}
                    highlight={highlight(row)}
                    flash={flashes(row)}
                    style={{ transform: `translateY(${String(start)}px)` }}
                    onUnfold={unfold}
                  />
                );
              })
            : rows.map((row) => (
                <JsonRow key={row.start} text={text} row={row} highlight={highlight(row)} flash={flashes(row)} onUnfold={unfold} />
              ))}
        </div>
        <EndSentinel armed={!folded} onSeen={onSeen} />
      </section>
    </div>
  );
}

/** Tells once when the end of the rows is really in sight, through every scrolling parent. */
function EndSentinel({ armed, onSeen }: { readonly armed: boolean; readonly onSeen: (() => void) | undefined }) {
  const end = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = end.current;
    if (!armed || onSeen === undefined || element === null) return undefined;
    const observer = new IntersectionObserver((entries) => {
      if (entries.some(({ isIntersecting }) => isIntersecting)) onSeen();
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, [armed, onSeen]);
  return <div ref={end} className="json-end" />;
}

/** How many characters of the row font fit into the scroller. */
function useColumns(scroller: React.RefObject<HTMLDivElement | null>) {
  const probe = useRef<HTMLSpanElement>(null);
  const [columns, setColumns] = useState(60);
  useLayoutEffect(() => {
    const element = scroller.current;
    if (element === null) return undefined;
    const measure = (): void => {
      const character = (probe.current?.getBoundingClientRect().width ?? 0) / 40;
      if (character > 0) setColumns(Math.max(20, Math.floor((element.clientWidth - 26) / character)));
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    if (probe.current !== null) observer.observe(probe.current);
    return () => observer.disconnect();
  }, [scroller]);
  return { columns, probe };
}
