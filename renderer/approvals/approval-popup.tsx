import { CircleCheck } from "lucide-react";
import { useCallback, useEffect, useRef, useState } from "react";
import type { Approval } from "../../shared/model/approval.ts";
import { useApp, useSnapshot } from "../app-context.tsx";
import { messages } from "../messages.ts";
import { EmptyState } from "../ui/empty-state.tsx";
import { Revealed } from "../ui/revealed.tsx";
import { ApprovalStage } from "./approval-stage.tsx";

/** Height that the arguments ask for before they scroll, in pixels. */
const argumentsHeight = 340;
const emptyHeight = 200;

/** The approval window: one question, as tall as it needs. */
export function ApprovalPopup() {
  const approvals = useSnapshot((snapshot) => snapshot.approvals);
  const frame = useRef<HTMLElement>(null);
  const [shown, setShown] = useState<string | null>(null);
  const onShown = useCallback((id: string | null) => setShown(id), []);
  useWantedHeight(frame);
  return (
    <main ref={frame}>
      <h1 className="sr-only">{messages.approvals.popupTitle}</h1>
      <Announcement approval={approvals.find(({ id }) => id === shown)} />
      <ApprovalStage
        approvals={approvals}
        wanted={null}
        argumentsHeight={argumentsHeight}
        onShown={onShown}
        empty={<EmptyState icon={CircleCheck} title={messages.approvals.empty} />}
      />
    </main>
  );
}

/** Says which question has come up: it does so without taking the keyboard. */
function Announcement({ approval }: { readonly approval: Approval | undefined }) {
  const words = messages.approvals.announce;
  return (
    <output className="sr-only">
      {approval === undefined ? null : (
        <>
          <Revealed text={approval.client} line />
          {words.asks}
          <Revealed text={approval.tool} line />
          {words.of}
          <Revealed text={approval.server} line />
        </>
      )}
    </output>
  );
}

/** Asks for the height that the content would have if nothing in it scrolled. */
function useWantedHeight(frame: React.RefObject<HTMLElement | null>): void {
  const { api } = useApp();
  useEffect(() => {
    const root = frame.current;
    if (api.role !== "approval" || root === null) return undefined;
    let asked = 0;
    let pending = 0;
    const ask = (): void => {
      pending = 0;
      const height = wantedHeight(root);
      if (height === asked) return;
      asked = height;
      void api.call("view.resize", { height });
    };
    const schedule = (): void => {
      if (pending === 0) pending = requestAnimationFrame(ask);
    };
    const sizes = new ResizeObserver(schedule);
    const changes = new MutationObserver(() => {
      sizes.disconnect();
      for (const element of root.querySelectorAll(".card-head, .card-body > *, .answer, .json-rows")) sizes.observe(element);
      schedule();
    });
    changes.observe(root, { childList: true, subtree: true });
    schedule();
    return () => {
      cancelAnimationFrame(pending);
      sizes.disconnect();
      changes.disconnect();
    };
  }, [api, frame]);
}

function wantedHeight(root: HTMLElement): number {
  const body = root.querySelector(".card-body");
  if (body === null) return emptyHeight;
  const style = getComputedStyle(body);
  const children = [...body.children];
  let height =
    parseFloat(style.paddingBlockStart) + parseFloat(style.paddingBlockEnd) + parseFloat(style.rowGap) * Math.max(0, children.length - 1);
  for (const child of children) height += naturalHeight(child);
  for (const other of root.querySelectorAll(".card-head, .deadline-line, .answer")) height += other.getBoundingClientRect().height;
  // What they hold while they scroll.
  for (const part of root.querySelectorAll(".card-path, .answer-panel")) height += part.scrollHeight - part.clientHeight;
  return Math.min(4000, Math.max(80, Math.ceil(height) + 2));
}

function naturalHeight(child: Element): number {
  const now = child.getBoundingClientRect().height;
  const scroller = child.matches(".json") ? child.querySelector(".json-scroll") : null;
  if (scroller === null) return now;
  return now - scroller.clientHeight + Math.min(argumentsHeight, scroller.scrollHeight);
}
