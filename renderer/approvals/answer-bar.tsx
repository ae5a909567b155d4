import { Check, ChevronDown, X } from "lucide-react";
import { useCallback, useEffect, useRef, useState, type KeyboardEvent as ReactKeyboardEvent, type MouseEvent, type RefObject } from "react";
import type { Approval, ApprovalAnswer } from "../../shared/model/approval.ts";
import { messages } from "../messages.ts";
import { Button, Kbd } from "../ui/button.tsx";
import { Revealed } from "../ui/revealed.tsx";
import { useOpener } from "../ui/use-focus.ts";
import type { Action } from "./arming.ts";
import { DenyPanel, lastsMs, PanelButtons, RememberPanel, type DenyChoice, type Scope } from "./remember-panel.tsx";
import { isTyping, useArming } from "./use-arming.ts";

export type Answer = Omit<ApprovalAnswer, "id" | "fingerprint">;

const isMac = /mac/i.test(navigator.platform);
const allowKeys = isMac ? "⌘ ⏎" : "Ctrl ⏎";
const firstScope: Scope = { exact: true, lasting: "week" };
const firstDenial: DenyChoice = { reason: "", remember: "once" };

/**
 * The person's answer. Nothing here has the focus, nothing is a default, and nothing counts before arming.ts says so: the mouse, the
 * keys and assistive technology all go through it. Plain Enter and Space on an Allow button are swallowed.
 */
export function AnswerBar({
  approval,
  content,
  frame,
  locked,
  lockNote,
  problem,
  busy,
  onAnswer,
}: {
  readonly approval: Approval;
  /** Names what is on screen; a change disarms. */
  readonly content: string;
  /** What shows the question; nothing counts while it is not to be seen. */
  readonly frame: RefObject<HTMLElement | null>;
  /** Whether Allow is locked, whatever the clock says. */
  readonly locked: boolean;
  readonly lockNote: React.ReactNode;
  readonly problem: string | null;
  readonly busy: boolean;
  readonly onAnswer: (answer: Answer) => void;
}) {
  const [panel, setPanel] = useState<"none" | "remember" | "deny">("none");
  const [scope, setScope] = useState(firstScope);
  const [denial, setDenial] = useState(firstDenial);
  const [note, setNote] = useState<string | null>(null);
  const arming = useArming(`${content} ${panel}`, frame);
  const allowOff = locked || busy || !arming.armed;
  const always = useOpener(panel === "remember");
  const reasons = useOpener(panel === "deny");
  const denyOff = busy || !arming.armed;

  useEffect(() => {
    if (note === null) return undefined;
    const timer = setTimeout(() => setNote(null), 2200);
    return () => clearTimeout(timer);
  }, [note]);

  const act = useCallback(
    (action: Action | "deny-with-reason"): void => {
      if (busy || (locked && action !== "deny" && action !== "deny-with-reason")) return;
      switch (action) {
        case "allow-once":
          if (panel === "deny") return;
          if (panel === "none") onAnswer({ verdict: "allow", remember: "once" });
          else onAnswer(rememberAnswer(scope));
          return;
        case "allow-session":
          if (panel === "none") onAnswer({ verdict: "allow", remember: "session" });
          return;
        case "remember":
          if (panel === "none") setPanel("remember");
          return;
        case "deny":
          if (panel === "none") onAnswer({ verdict: "deny", remember: "once" });
          return;
        case "deny-with-reason":
          onAnswer(denyAnswer(denial));
      }
    },
    [busy, denial, locked, onAnswer, panel, scope],
  );

  const onKey = useRef<(event: KeyboardEvent) => void>(() => undefined);
  useEffect(() => {
    onKey.current = (event) => {
      if (event.key === "Escape" && panel !== "none") {
        setPanel("none");
        return;
      }
      const action = arming.keyAction(event);
      if (action !== null) {
        event.preventDefault();
        act(action);
      } else if (event.isTrusted && !event.repeat && event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
        event.preventDefault();
        if (!arming.concerns(event.target)) setNote(messages.approvals.keyElsewhere);
        else if (!arming.armed) setNote(messages.approvals.notArmed);
      } else if (
        event.key.toLowerCase() === "s" &&
        panel === "none" &&
        arming.armed &&
        !arming.engaged() &&
        arming.concerns(event.target) &&
        !isTyping(event.target)
      ) {
        setNote(messages.approvals.engageFirst);
      }
    };
  });
  useEffect(() => {
    const listener = (event: KeyboardEvent): void => onKey.current(event);
    window.addEventListener("keydown", listener);
    return () => window.removeEventListener("keydown", listener);
  }, []);

  // Not through aria-disabled: a press that comes too soon is told so.
  const pressed = (action: Action | "deny-with-reason") => (event: MouseEvent) => {
    if (arming.accepts(event)) act(action);
    else setNote(messages.approvals.notArmed);
  };
  const swallowPlain = (event: ReactKeyboardEvent): void => {
    if ((event.key === "Enter" && !event.ctrlKey && !event.metaKey) || event.key === " ") event.preventDefault();
  };
  const allowProps = (action: Action) => ({ onClick: pressed(action), onKeyDown: swallowPlain, onKeyUp: swallowPlain });

  return (
    <section className="answer" data-armed={arming.armed} aria-label={messages.approvals.actions}>
      <div className="arming-line" aria-hidden="true">
        <div key={arming.epoch} />
      </div>
      {panel === "remember" ? <RememberPanel approval={approval} scope={scope} onScope={setScope} /> : null}
      {panel === "deny" ? <DenyPanel approval={approval} choice={denial} onChoice={setDenial} /> : null}
      <div className="answer-note small" aria-live="polite">
        {problem !== null ? (
          <span className="red-text">
            {messages.approvals.failed} <Revealed text={problem} />
          </span>
        ) : note !== null ? (
          <span className="amber-text">{note}</span>
        ) : locked && panel !== "deny" ? (
          lockNote
        ) : (
          <span className="faint">{messages.approvals.deadlineHint}</span>
        )}
      </div>
      {panel === "none" ? (
        <>
          <div className="answer-main">
            <div className="answer-split">
              <Button
                className={denyOff ? "answer-deny waiting" : "answer-deny"}
                icon={<X size={15} aria-hidden="true" />}
                aria-keyshortcuts="d"
                onClick={pressed("deny")}
              >
                {messages.approvals.deny}
                <Kbd>D</Kbd>
              </Button>
              <Button
                className={denyOff ? "answer-deny waiting" : "answer-deny"}
                icon={<ChevronDown size={15} aria-hidden="true" />}
                label={messages.approvals.denyWithReason}
                ref={reasons}
                onClick={() => setPanel("deny")}
              />
            </div>
            <Button
              className={allowOff ? "answer-allow waiting" : "answer-allow"}
              icon={<Check size={15} aria-hidden="true" />}
              aria-keyshortcuts="Control+Enter Meta+Enter"
              aria-disabled={locked || busy}
              {...allowProps("allow-once")}
            >
              {messages.approvals.allowOnce}
              <Kbd>{allowKeys}</Kbd>
            </Button>
          </div>
          <div className="answer-more">
            <Button
              look="ghost"
              className={allowOff ? "waiting" : ""}
              aria-keyshortcuts="s"
              aria-disabled={locked || busy}
              {...allowProps("allow-session")}
            >
              {messages.approvals.allowSession}
              <Kbd>S</Kbd>
            </Button>
            <Button
              ref={always}
              look="ghost"
              className={locked || busy ? "waiting" : ""}
              aria-keyshortcuts="a"
              aria-disabled={locked || busy}
              onClick={() => setPanel("remember")}
            >
              {messages.approvals.always}
              <Kbd>A</Kbd>
            </Button>
          </div>
        </>
      ) : panel === "remember" ? (
        <PanelButtons
          confirm={messages.approvals.remember.confirm}
          danger={false}
          off={locked || busy}
          waiting={allowOff}
          keys={allowKeys}
          onBack={() => setPanel("none")}
          onConfirm={pressed("allow-once")}
          onKeyDown={swallowPlain}
        />
      ) : (
        <PanelButtons
          confirm={messages.approvals.reason.send}
          danger
          off={busy}
          waiting={denyOff}
          keys={null}
          onBack={() => setPanel("none")}
          onConfirm={pressed("deny-with-reason")}
        />
      )}
    </section>
  );
}

function rememberAnswer(scope: Scope): Answer {
  const exact = scope.exact ? { onlyTheseArguments: true } : {};
  if (scope.lasting === "session") return { verdict: "allow", remember: "session", ...exact };
  const expiresInMs = lastsMs(scope.lasting, new Date());
  return { verdict: "allow", remember: "always", ...exact, ...(expiresInMs === undefined ? {} : { expiresInMs }) };
}

function denyAnswer({ reason, remember }: DenyChoice): Answer {
  return { verdict: "deny", remember, ...(reason.trim() === "" ? {} : { reason: reason.trim() }) };
}
