import { Ban, CircleCheck, CircleX, Hourglass, type LucideIcon } from "lucide-react";
import { useCallback, useEffect, useState, type ReactNode } from "react";
import type { Approval } from "../../shared/model/approval.ts";
import { messages } from "../messages.ts";
import { Button } from "../ui/button.tsx";
import { useNow } from "../ui/now.tsx";
import { ApprovalCard, CardPath } from "./approval-card.tsx";
import { follow, lingerMs, moveOn, type Ending, type Shown } from "./queue.ts";

const icons: Readonly<Record<Ending, LucideIcon>> = { expired: Hourglass, withdrawn: Ban, allowed: CircleCheck, denied: CircleX };

/**
 * The place where one question is shown at a time. It keeps the shown one until it was answered or is seen to be gone; only the
 * person, by `wanted`, may put another one there.
 */
export function ApprovalStage({
  approvals,
  wanted,
  denied,
  argumentsHeight,
  onShown,
  empty,
}: {
  readonly approvals: readonly Approval[];
  readonly wanted: string | null;
  /** Questions that this page has denied by other means than the card. */
  readonly denied?: ReadonlySet<string>;
  readonly argumentsHeight: number;
  readonly onShown?: (id: string | null) => void;
  readonly empty: ReactNode;
}) {
  const [shown, setShown] = useState<Shown | null>(null);
  const [lastWanted, setLastWanted] = useState(wanted);

  useNow(250);
  // State that follows other state, set while rendering so that a stale question is never painted.
  const chosen = wanted !== lastWanted && wanted !== shown?.approval.id && approvals.some(({ id }) => id === wanted);
  // An ending is judged by when it is seen, not by the last tick.
  // eslint-disable-next-line react/purity
  const next = follow(chosen ? null : shown, approvals, { now: Date.now(), wanted, denied });
  if (wanted !== lastWanted) setLastWanted(wanted);
  if (next !== shown) setShown(next);

  const id = next?.approval.id ?? null;
  useEffect(() => {
    onShown?.(id);
    return () => onShown?.(null);
  }, [id, onShown]);

  const ended = next?.ended ?? null;
  const leave = useCallback(() => setShown((now) => (now === null ? null : moveOn(now, approvals, { now: Date.now() }))), [approvals]);
  useEffect(() => {
    if (ended === null) return undefined;
    const timer = setTimeout(leave, Math.max(0, ended.at + lingerMs(ended.how) - Date.now()));
    return () => clearTimeout(timer);
  }, [ended, leave]);

  const answered = useCallback((verdict: "allow" | "deny") => {
    setShown((now) => (now === null ? null : { ...now, ended: { how: verdict === "allow" ? "allowed" : "denied", at: Date.now() } }));
  }, []);

  if (next === null) return empty;
  const more = approvals.filter((approval) => approval.id !== next.approval.id).length;
  if (next.ended !== null) {
    return <Ended approval={next.approval} how={next.ended.how} more={more} onLeave={leave} />;
  }
  return (
    <ApprovalCard key={next.approval.id} approval={next.approval} more={more} argumentsHeight={argumentsHeight} onAnswered={answered} />
  );
}

function Ended({
  approval,
  how,
  more,
  onLeave,
}: {
  readonly approval: Approval;
  readonly how: Ending;
  readonly more: number;
  readonly onLeave: () => void;
}) {
  const Icon = icons[how];
  return (
    <article className="card ended">
      <header className="card-head">
        <CardPath approval={approval} />
      </header>
      <div className="ended-body">
        <Icon size={22} aria-hidden="true" className={how === "allowed" ? "green-text" : how === "denied" ? "red-text" : "faint"} />
        <output className="unbroken">{messages.approvals.ended[how]}</output>
        <Button onClick={onLeave}>{more > 0 ? messages.approvals.next : messages.approvals.done}</Button>
      </div>
    </article>
  );
}
