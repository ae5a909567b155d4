import "./unified-diff.css";
import { useMemo } from "react";
import { messages } from "../messages.ts";
import { diffRows, type DiffRow } from "./diff-rows.ts";
import { LongText } from "./long-text.tsx";

const signs: Readonly<Record<DiffRow["kind"], string>> = { hunk: "", same: "", removed: "−", added: "+", note: "" };

/** A unified diff as lines with their numbers. It scrolls by itself; nothing in it is cut but with its size said. */
export function UnifiedDiff({ diff, label }: { readonly diff: string; readonly label: string }) {
  const { rows, crlf } = useMemo(() => diffRows(diff), [diff]);
  const words = messages.migration.diff;
  if (rows.length === 0) return <p className="small quiet">{words.same}</p>;
  return (
    <div className="unified">
      {crlf ? <p className="small faint unified-note">{words.crlf}</p> : null}
      {/* It scrolls, so the keyboard must reach it. */}
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <section className="unified-lines" tabIndex={0} aria-label={label}>
        {rows.map((row, index) => (
          // The order of lines is what they are.
          // eslint-disable-next-line react/no-array-index-key
          <div key={index} className={`unified-line ${row.kind}`}>
            <span className="unified-number" aria-hidden="true">
              {row.before}
            </span>
            <span className="unified-number" aria-hidden="true">
              {row.after}
            </span>
            <span className="unified-sign" aria-hidden="true">
              {signs[row.kind]}
            </span>
            <span className="unified-text">
              {row.kind === "removed" ? <span className="sr-only">{words.removed} </span> : null}
              {row.kind === "added" ? <span className="sr-only">{words.added} </span> : null}
              <LongText text={row.text} limit={2000} />
            </span>
          </div>
        ))}
      </section>
    </div>
  );
}
