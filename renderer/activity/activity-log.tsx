import { useVirtualizer } from "@tanstack/react-virtual";
import { ArrowUp } from "lucide-react";
import { useCallback, useEffect, useRef, useState } from "react";
import { format } from "../format.ts";
import { messages } from "../messages.ts";
import { Banner } from "../ui/banner.tsx";
import { Button } from "../ui/button.tsx";
import { Revealed } from "../ui/revealed.tsx";
import { ActivityLine } from "./activity-row.tsx";
import { useJournal, type Filters } from "./use-journal.ts";

/** The rows, virtual and measured; while somebody reads (scrolled, pointer or keyboard in it, a row open) what is new waits behind a button. */
export function ActivityLog({ filters, empty }: { readonly filters: Filters; readonly empty: React.ReactNode }) {
  const scroller = useRef<HTMLDivElement>(null);
  const [open, setOpen] = useState<ReadonlySet<string>>(() => new Set());
  const reading = useRef({ pointer: false, open: false });
  const held = useCallback((): boolean => {
    const { current } = scroller;
    return (
      reading.current.pointer ||
      reading.current.open ||
      (current !== null && (current.scrollTop > 4 || current.contains(document.activeElement)))
    );
  }, []);
  const journal = useJournal(filters, held);
  const { rows, more, loadMore } = journal;
  // The compiler is not used; the virtualizer re-renders this component itself.
  // eslint-disable-next-line react/incompatible-library
  const virtualizer = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    getItemKey: (index) => rows[index]?.key ?? index,
    estimateSize: () => 33,
    overscan: 10,
  });
  const items = virtualizer.getVirtualItems();
  const lastShown = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (lastShown >= rows.length - 15) loadMore();
  }, [lastShown, loadMore, rows.length]);
  useEffect(() => {
    reading.current.open = open.size > 0;
  }, [open]);

  const { problem } = journal;
  const failed =
    problem === null ? null : (
      <div className="verdict">
        <Banner
          hue="red"
          live
          title={<Revealed text={problem.error.message} />}
          action={
            <Button aria-disabled={journal.loading} onClick={journal.again}>
              {messages.common.tryAgain}
            </Button>
          }
        >
          {problem.error.hint === undefined ? null : <Revealed text={problem.error.hint} />}
        </Banner>
      </div>
    );
  // What was read stays; the note stands where something is missing.
  if (failed !== null && rows.length === 0) return failed;
  if (rows.length === 0 && !journal.loading && journal.fresh === 0) return empty;
  const older = problem?.before !== undefined;
  return (
    <>
      {older ? null : failed}
      <div className="log-frame">
        {journal.fresh === 0 ? null : (
          <div className="fresh-pill">
            <Button
              look="primary"
              icon={<ArrowUp size={14} aria-hidden="true" />}
              aria-label={messages.activity.freshLong(journal.fresh)}
              onClick={() => {
                journal.takeFresh();
                scroller.current?.scrollTo({ top: 0 });
              }}
            >
              {messages.activity.fresh(journal.fresh)}
            </Button>
          </div>
        )}
        <div
          ref={scroller}
          className="log-scroll"
          onPointerEnter={() => (reading.current.pointer = true)}
          onPointerLeave={() => (reading.current.pointer = false)}
        >
          <ul className="log-rows" aria-label={messages.activity.list} style={{ blockSize: virtualizer.getTotalSize() }}>
            {items.map(({ index, start, key }) => {
              const row = rows[index];
              if (row === undefined) return null;
              const isOpen = open.has(row.key);
              const newer = rows[index - 1];
              return (
                <li
                  key={key}
                  data-index={index}
                  ref={virtualizer.measureElement}
                  className={isOpen ? "log-row open" : "log-row"}
                  style={{ transform: `translateY(${String(start)}px)` }}
                >
                  {newer === undefined || dayOf(newer.at) !== dayOf(row.at) ? <h2 className="log-day">{format.day(row.at)}</h2> : null}
                  <ActivityLine
                    row={row}
                    open={isOpen}
                    onToggle={() => setOpen((all) => new Set(isOpen ? [...all].filter((other) => other !== row.key) : [...all, row.key]))}
                  />
                </li>
              );
            })}
          </ul>
          {older ? failed : null}
          <output className="log-end">
            {journal.loading ? messages.activity.loadingMore : more || rows.length === 0 ? "" : messages.activity.start}
          </output>
        </div>
      </div>
    </>
  );
}

/** The local day of a time; equal for times of the same day. */
function dayOf(at: number): string {
  return new Date(at).toDateString();
}
