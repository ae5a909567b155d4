import type { ReactNode } from "react";
import { codePointName, revealParts } from "../../shared/text/reveal.ts";
import { messages } from "../messages.ts";

const special = / {4,}|[\n\t]/;
const specials = /( {4,}|[\n\t])/;

/**
 * Text that somebody else wrote (threats 13, 14 and 15): invisible and control characters as chips, direction kept to itself. `line`
 * is for text that has no business with tabs, line breaks and long runs of spaces (which a browser would fold into one): shown too.
 */
export function Revealed({ text, line = false }: { readonly text: string; readonly line?: boolean }) {
  const parts = revealParts(text);
  const only = parts.length === 1 ? parts[0] : undefined;
  if (only?.kind === "text" && !(line && special.test(only.text))) return <bdi className="revealed">{only.text}</bdi>;
  const pieces: ReactNode[] = [];
  let at = 0;
  for (const part of parts) {
    if (part.kind === "hidden") pieces.push(<Chip key={at} text={part.code} title={messages.common.hiddenCharacter(part.code)} />);
    else if (line) pieces.push(<Line key={at} text={part.text} />);
    else pieces.push(<bdi key={at}>{part.text}</bdi>);
    at += part.text.length;
  }
  return <bdi className="revealed">{pieces}</bdi>;
}

function Line({ text }: { readonly text: string }) {
  const pieces: ReactNode[] = [];
  let at = 0;
  for (const piece of text.split(specials)) {
    if (piece !== "") pieces.push(<LinePiece key={at} piece={piece} />);
    at += piece.length;
  }
  return pieces;
}

function LinePiece({ piece }: { readonly piece: string }) {
  if (!special.test(piece)) return <bdi>{piece}</bdi>;
  if (piece.startsWith(" ")) return <Chip text={messages.common.spaces(piece.length)} title={messages.common.spaces(piece.length)} />;
  return <Chip text={codePointName(piece)} title={messages.common.hiddenCharacter(codePointName(piece))} />;
}

function Chip({ text, title }: { readonly text: string; readonly title: string }) {
  return (
    <span className="hidden-char" title={title}>
      ⟨{text}⟩
    </span>
  );
}
