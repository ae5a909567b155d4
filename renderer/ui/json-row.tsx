import { memo, type CSSProperties, type ReactNode } from "react";
import { format } from "../format.ts";
import { messages } from "../messages.ts";
import { tokenizeRow, type FoldRow, type Row, type TextRow, type Token } from "./json-rows.ts";
import { Revealed } from "./revealed.tsx";

export interface Highlight {
  readonly offsets: readonly number[];
  readonly length: number;
  readonly current: number | null;
}

const encoder = new TextEncoder();

/** One row of the view. */
export const JsonRow = memo(function JsonRow({
  text,
  row,
  highlight,
  flash,
  style,
  onUnfold,
}: {
  readonly text: string;
  readonly row: Row;
  readonly highlight: Highlight | null;
  readonly flash: boolean;
  readonly style?: CSSProperties | undefined;
  readonly onUnfold: (string: number) => void;
}) {
  const indent = { paddingInlineStart: `calc(${String(row.indent)}ch + 12px)` };
  const classes = `json-row${row.kind === "fold" ? " fold" : ""}${flash ? " flash" : ""}${style === undefined ? "" : " virtual"}`;
  return (
    <div className={classes} style={{ ...indent, ...style }}>
      {row.kind === "fold" ? <Fold text={text} row={row} onUnfold={onUnfold} /> : <Line text={text} row={row} highlight={highlight} />}
    </div>
  );
});

function Fold({ text, row, onUnfold }: { readonly text: string; readonly row: FoldRow; readonly onUnfold: (string: number) => void }) {
  const bytes = encoder.encode(text.slice(row.start, row.end)).length;
  return (
    <button type="button" onClick={() => onUnfold(row.string)}>
      {messages.approvals.viewer.fold(format.bytes(bytes), row.rows)}
    </button>
  );
}

function Line({ text, row, highlight }: { readonly text: string; readonly row: TextRow; readonly highlight: Highlight | null }) {
  const tokens = tokenizeRow(text, row);
  return tokens.map((token) => (
    <bdi key={token.start} className={`t-${token.kind}`}>
      {highlight === null ? (
        <Piece text={text.slice(token.start, token.end)} />
      ) : (
        <Marked text={text} token={token} highlight={highlight} />
      )}
    </bdi>
  ));
}

function Piece({ text }: { readonly text: string }) {
  return <Revealed text={text} />;
}

function Marked({ text, token, highlight }: { readonly text: string; readonly token: Token; readonly highlight: Highlight }): ReactNode {
  const pieces: ReactNode[] = [];
  let at = token.start;
  for (const offset of highlight.offsets) {
    const from = Math.max(offset, token.start);
    const to = Math.min(offset + highlight.length, token.end);
    if (from >= to) continue;
    if (from > at) pieces.push(<Piece key={at} text={text.slice(at, from)} />);
    pieces.push(
      <mark key={`m${String(from)}`} className={offset === highlight.current ? "current" : undefined}>
        <Piece text={text.slice(from, to)} />
      </mark>,
    );
    at = to;
  }
  if (at < token.end) pieces.push(<Piece key={at} text={text.slice(at, token.end)} />);
  return pieces;
}
