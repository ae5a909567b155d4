import { Timer } from "lucide-react";
import { format } from "../format.ts";
import { messages } from "../messages.ts";
import { useNow } from "../ui/now.tsx";

const announceAt = [60, 30, 10];

/** The time that is left, by the second for the eye, and at a few marks for the ear. */
export function Countdown({ deadline }: { readonly deadline: number }) {
  const now = useNow(250);
  const left = Math.max(0, deadline - now);
  const seconds = Math.ceil(left / 1000);
  // Long enough in the page for a screen reader to notice, then gone again.
  const mark = announceAt.find((at) => seconds <= at && seconds > at - 3);
  return (
    <span className={seconds <= 15 ? "countdown soon" : "countdown"} title={messages.approvals.deadlineHint}>
      <Timer size={14} aria-hidden="true" />
      <span role="timer" aria-label={messages.approvals.timeLeft(format.clock(left))}>
        {format.clock(left)}
      </span>
      <output className="sr-only">{mark === undefined ? "" : messages.approvals.announceLeft(mark)}</output>
    </span>
  );
}

/** The time that is left in a list: for the eye only, the open question says it aloud. */
export function TimeLeft({ deadline }: { readonly deadline: number }) {
  const now = useNow(250);
  return (
    <span className="countdown" title={messages.approvals.deadlineHint}>
      {format.clock(deadline - now)}
    </span>
  );
}

/** The same as a line that gets shorter. */
export function DeadlineLine({ createdAt, deadline }: { readonly createdAt: number; readonly deadline: number }) {
  const now = useNow(250);
  const share = Math.min(1, Math.max(0, (deadline - now) / Math.max(1, deadline - createdAt)));
  return (
    <div className="deadline-line" aria-hidden="true">
      <div className={deadline - now <= 15_000 ? "soon" : undefined} style={{ transform: `scaleX(${share.toFixed(4)})` }} />
    </div>
  );
}
