import { useState } from "react";
import { format } from "../format.ts";
import { messages } from "../messages.ts";
import { Button } from "./button.tsx";
import { endOf, startOf } from "./cut.ts";
import { Revealed } from "./revealed.tsx";

const encoder = new TextEncoder();

/** Text of any length, folded after `limit` characters with the size of the whole beside it; never cut silently. */
export function LongText({ text, limit = 480, line = false }: { readonly text: string; readonly limit?: number; readonly line?: boolean }) {
  const [open, setOpen] = useState(false);
  if (text.length <= limit * 1.25) return <Revealed text={text} line={line} />;
  const tail = Math.floor(limit / 4);
  return (
    <>
      {open ? (
        <Revealed text={text} line={line} />
      ) : (
        <>
          <Revealed text={startOf(text, limit - tail)} line={line} />
          <span className="fold-gap"> … </span>
          <Revealed text={endOf(text, tail)} line={line} />
        </>
      )}{" "}
      <Button look="link" aria-expanded={open} onClick={() => setOpen(!open)}>
        {open ? messages.common.showLess : messages.common.showAll(format.bytes(encoder.encode(text).length))}
      </Button>
    </>
  );
}
