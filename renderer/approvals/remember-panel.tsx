import { useEffect, useRef, useState, type ReactNode } from "react";
import type { Approval } from "../../shared/model/approval.ts";
import { messages } from "../messages.ts";
import { Button, Kbd } from "../ui/button.tsx";
import { RichText } from "../ui/rich-text.tsx";
import { Segmented } from "../ui/segmented.tsx";

export type Lasting = "session" | "today" | "week" | "forGood";

/** What an answer with "always" or "session" covers. */
export interface Scope {
  readonly exact: boolean;
  readonly lasting: Lasting;
}

/** Milliseconds from now that a rule holds, or undefined for one without an end. Today ends at the next local midnight. */
export function lastsMs(lasting: Lasting, now: Date): number | undefined {
  if (lasting === "week") return 7 * 86_400_000;
  if (lasting !== "today") return undefined;
  return new Date(now.getFullYear(), now.getMonth(), now.getDate() + 1).getTime() - now.getTime();
}

/** The rule in words, with steps to widen it. Nothing is made before the last button. */
export function RememberPanel({
  approval,
  scope,
  onScope,
}: {
  readonly approval: Approval;
  readonly scope: Scope;
  readonly onScope: (scope: Scope) => void;
}) {
  const words = messages.approvals.remember;
  return (
    <Panel title={words.title}>
      <div className="answer-choices">
        <Segmented
          label={words.covers}
          value={scope.exact ? "exact" : "any"}
          options={[
            { value: "exact", label: words.these },
            { value: "any", label: words.any },
          ]}
          onChange={(value) => onScope({ ...scope, exact: value === "exact" })}
        />
        <Segmented
          label={words.lasts}
          value={scope.lasting}
          options={(["session", "today", "week", "forGood"] as const).map((value) => ({ value, label: words.options[value] }))}
          onChange={(lasting) => onScope({ ...scope, lasting })}
        />
      </div>
      <p className="rule-sentence" aria-live="polite">
        <RichText parts={words.sentence(approval.client, approval.server, approval.tool, scope.exact, scope.lasting)} />
      </p>
      {scope.exact ? null : <p className="small amber-text">{words.anyWarning}</p>}
    </Panel>
  );
}

export interface DenyChoice {
  readonly reason: string;
  readonly remember: "once" | "session" | "always";
}

/** Why not, for the model, and whether it holds from now on. */
export function DenyPanel({
  approval,
  choice,
  onChoice,
}: {
  readonly approval: Approval;
  readonly choice: DenyChoice;
  readonly onChoice: (choice: DenyChoice) => void;
}) {
  const words = messages.approvals.reason;
  const [free] = useState(() => `deny-${crypto.randomUUID()}`);
  return (
    <Panel title={words.title}>
      <ul className="reasons">
        {words.ready.map((reason) => (
          <li key={reason}>
            <button
              type="button"
              className="reason"
              aria-pressed={choice.reason === reason}
              onClick={() => onChoice({ ...choice, reason })}
            >
              {reason}
            </button>
          </li>
        ))}
      </ul>
      <label className="sr-only" htmlFor={free}>
        {words.free}
      </label>
      <textarea
        id={free}
        className="textarea"
        rows={2}
        maxLength={1000}
        placeholder={words.placeholder}
        value={choice.reason}
        onChange={(event) => onChoice({ ...choice, reason: event.target.value })}
      />
      <div className="answer-row">
        <span className="quiet">{words.remember}</span>
        <Segmented
          label={words.remember}
          value={choice.remember}
          options={(["once", "session", "always"] as const).map((value) => ({ value, label: words[value] }))}
          onChange={(remember) => onChoice({ ...choice, remember })}
        />
      </div>
      {choice.remember === "once" ? null : (
        <p className="rule-sentence" aria-live="polite">
          <RichText parts={words.sentence(approval.client, approval.server, approval.tool, choice.remember)} />
        </p>
      )}
    </Panel>
  );
}

/** It gets the focus, and no control in it does: nothing is chosen by opening it. */
function Panel({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  const panel = useRef<HTMLElement>(null);
  useEffect(() => panel.current?.focus({ preventScroll: true }), []);
  return (
    <section ref={panel} className="answer-panel" tabIndex={-1} aria-label={title}>
      <h3>{title}</h3>
      {children}
    </section>
  );
}

/** Back and go, below a panel. */
export function PanelButtons({
  confirm,
  danger,
  off,
  waiting,
  keys,
  onBack,
  onConfirm,
  onKeyDown,
}: {
  readonly confirm: string;
  readonly danger: boolean;
  readonly off: boolean;
  /** Not armed yet: it looks so, and a press says so. */
  readonly waiting: boolean;
  readonly keys: string | null;
  readonly onBack: () => void;
  readonly onConfirm: (event: React.MouseEvent) => void;
  readonly onKeyDown?: (event: React.KeyboardEvent) => void;
}) {
  return (
    <div className="answer-main">
      <Button onClick={onBack}>{messages.common.back}</Button>
      <Button
        look="plain"
        className={`${danger ? "answer-deny" : "answer-allow"}${waiting ? " waiting" : ""}`}
        aria-disabled={off}
        onClick={onConfirm}
        onKeyDown={onKeyDown}
        onKeyUp={onKeyDown}
      >
        {confirm}
        {keys === null ? null : <Kbd>{keys}</Kbd>}
      </Button>
    </div>
  );
}
