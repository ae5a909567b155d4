import { useEffect, useRef, useState } from "react";
import { Revealed } from "./revealed.tsx";

/** How far something is, and what it is doing right now. Without a total it only says that it goes on. */
export function Progress({
  label,
  done,
  total,
  text,
}: {
  readonly label: string;
  readonly done: number;
  readonly total: number;
  readonly text: string;
}) {
  const told = useThrottled(text, 1500);
  return (
    <div className="progress">
      {total === 0 ? <progress aria-label={label} /> : <progress aria-label={label} value={Math.min(done, total)} max={total} />}
      <p className="small quiet progress-text" aria-hidden="true">
        <Revealed text={text} line />
      </p>
      <output className="sr-only">
        <Revealed text={told} line />
      </output>
    </div>
  );
}

/** The text, changed at most every `ms`; the last one always comes. A screen reader could not keep up with more. */
function useThrottled(text: string, ms: number): string {
  const [told, setTold] = useState(text);
  const last = useRef(0);
  useEffect(() => {
    const wait = Math.max(0, last.current + ms - Date.now());
    const timer = setTimeout(() => {
      last.current = Date.now();
      setTold(text);
    }, wait);
    return () => clearTimeout(timer);
  }, [text, ms]);
  return told;
}
