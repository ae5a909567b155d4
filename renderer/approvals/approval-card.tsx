import { ArrowRight, Info, ShieldOff, TriangleAlert } from "lucide-react";
import { memo, useCallback, useId, useRef, useState } from "react";
import type { Approval, Finding } from "../../shared/model/approval.ts";
import { useApp } from "../app-context.tsx";
import { messages } from "../messages.ts";
import { Badge } from "../ui/badge.tsx";
import { Banner } from "../ui/banner.tsx";
import { Button } from "../ui/button.tsx";
import { endOf, startOf } from "../ui/cut.ts";
import { Disclosure } from "../ui/disclosure.tsx";
import { JsonView } from "../ui/json-view.tsx";
import { LongText } from "../ui/long-text.tsx";
import { Revealed } from "../ui/revealed.tsx";
import { useFetched } from "../use-fetched.ts";
import { AnswerBar, type Answer } from "./answer-bar.tsx";
import { Countdown, DeadlineLine } from "./countdown.tsx";
import { Headline } from "./headline.tsx";
import { hides } from "./wording.ts";

/** In characters. */
const longestPlace = 80;

export interface ApprovalCardProps {
  readonly approval: Approval;
  /** How many more wait behind it. */
  readonly more: number;
  /** Height that the arguments may take before they scroll, in pixels. */
  readonly argumentsHeight: number;
  readonly onAnswered: (verdict: Answer["verdict"]) => void;
}

/** One question: who → where → what, the arguments as they will be sent, what to look at twice, and the answer. Keyed by its id. */
export const ApprovalCard = memo(function ApprovalCard({ approval, more, argumentsHeight, onAnswered }: ApprovalCardProps) {
  const { api } = useApp();
  const heading = useId();
  const frame = useRef<HTMLElement>(null);
  const { result, again } = useFetched("approval.get", { id: approval.id }, approval.fingerprint);
  const detail = result?.ok === true ? result.value : null;
  const loadProblem = result?.ok === false ? result.error : null;
  const [seen, setSeen] = useState(false);
  const [folded, setFolded] = useState(false);
  const [reveal, setReveal] = useState<{ readonly pointer: string } | null>(null);
  const [showAll, setShowAll] = useState<object | null>(null);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const onSeen = useCallback(() => setSeen(true), []);
  // Whatever their size: what decides may stand in the last line of twenty, and the window may be low.
  const mustSee = !seen;

  const answer = useCallback(
    (given: Answer): void => {
      // What was shown is what is answered: an allow carries the fingerprint that came with the arguments on screen.
      const fingerprint = given.verdict === "allow" ? detail?.fingerprint : approval.fingerprint;
      if (fingerprint === undefined) return;
      setBusy(true);
      setProblem(null);
      const send = async (): Promise<void> => {
        const result = await api.call("approval.answer", { id: approval.id, fingerprint, ...given });
        setBusy(false);
        if (result.ok) onAnswered(given.verdict);
        else setProblem([result.error.message, result.error.hint].filter((part) => part !== undefined).join(" "));
      };
      void send();
    },
    [api, approval.fingerprint, approval.id, detail, onAnswered],
  );

  return (
    <article ref={frame} className="card" aria-labelledby={heading}>
      <header className="card-head">
        <CardPath approval={approval} />
        <Countdown deadline={approval.deadline} />
        {more > 0 ? (
          <span className="badge accent" title={messages.approvals.moreWaitingLong(more)}>
            <span aria-hidden="true">+{more}</span>
            <span className="sr-only">{messages.approvals.moreWaitingLong(more)}</span>
          </span>
        ) : null}
      </header>
      <DeadlineLine createdAt={approval.createdAt} deadline={approval.deadline} />
      <section
        className="card-body"
        // It scrolls when the window is too low.
        // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        tabIndex={0}
        aria-labelledby={heading}
      >
        <Headline approval={approval} headingId={heading} />
        {approval.waived ? (
          <p className="card-waived">
            <Badge hue="red">
              <ShieldOff size={12} aria-hidden="true" />
              {messages.approvals.waived}
            </Badge>
            <span className="small quiet">{messages.approvals.waivedText}</span>
          </p>
        ) : null}
        {loadProblem !== null ? (
          <Banner
            hue="red"
            live
            title={<Revealed text={loadProblem.message} />}
            action={<Button onClick={again}>{messages.common.tryAgain}</Button>}
          >
            {loadProblem.hint === undefined ? null : <Revealed text={loadProblem.hint} />}
          </Banner>
        ) : detail === null ? (
          <output className="card-loading faint">{messages.approvals.loadingArguments}</output>
        ) : (
          <JsonView
            title={messages.approvals.arguments}
            text={detail.argumentsText}
            maxHeight={argumentsHeight}
            reveal={reveal}
            showAll={showAll}
            onSeen={onSeen}
            onFolded={setFolded}
          />
        )}
        <Findings findings={approval.findings} onShow={(finding) => setReveal({ pointer: finding.pointer })} />
        <div className="card-more">
          <Disclosure title={messages.approvals.why}>
            <p className="unbroken">
              <Revealed text={approval.why} />
            </p>
            <p className="small faint unbroken">
              {approval.clientSays === null ? null : (
                <>
                  <Revealed text={approval.client} line /> {messages.approvals.says("")}
                  <Revealed text={approval.clientSays} line />.{" "}
                </>
              )}
              {messages.approvals.unverified}
            </p>
          </Disclosure>
          {detail === null ? null : (
            <Disclosure title={messages.approvals.about}>
              <p className="unbroken">
                {detail.toolDescription === null ? messages.approvals.noDescription : <LongText text={detail.toolDescription} />}
              </p>
              {detail.hints.length === 0 ? null : (
                <p className="unbroken">
                  {messages.approvals.hintsLabel} <Revealed text={detail.hints.join(", ")} line />
                </p>
              )}
              <p className="small faint">{messages.approvals.aboutNote}</p>
            </Disclosure>
          )}
        </div>
      </section>
      <AnswerBar
        approval={approval}
        frame={frame}
        content={`${approval.id} ${detail?.fingerprint ?? ""}`}
        locked={detail === null || mustSee}
        lockNote={
          loadProblem !== null ? (
            <span className="red-text">{messages.approvals.notRead}</span>
          ) : detail === null ? (
            <span className="faint">{messages.approvals.loadingArguments}</span>
          ) : (
            <LockNote folded={folded} onShowAll={() => setShowAll({})} />
          )
        }
        problem={problem}
        busy={busy}
        onAnswer={answer}
      />
    </article>
  );
});

function LockNote({ folded, onShowAll }: { readonly folded: boolean; readonly onShowAll: () => void }) {
  return (
    <span className="lock-note">
      <span className="amber-text">{folded ? messages.approvals.locked : messages.approvals.lockedScroll}</span>
      <Button look="link" onClick={onShowAll}>
        {folded ? messages.approvals.lockedExpand : messages.approvals.toEnd}
      </Button>
    </span>
  );
}

/** Who → where → what. */
export function CardPath({ approval }: { readonly approval: Approval }) {
  return (
    <p className="card-path">
      <span className="strong">
        <Revealed text={approval.client} line />
      </span>
      <Arrow words={messages.approvals.pathAsks} />
      <span>
        <Revealed text={approval.server} line />
      </span>
      <Arrow words={messages.approvals.pathTool} />
      <code className="card-tool">
        <LongText text={approval.tool} limit={120} line />
      </code>
    </p>
  );
}

function Arrow({ words }: { readonly words: string }) {
  return (
    <>
      <ArrowRight size={13} className="faint arrow" aria-hidden="true" />
      <span className="sr-only">{words}</span>
    </>
  );
}

function Findings({ findings, onShow }: { readonly findings: readonly Finding[]; readonly onShow: (finding: Finding) => void }) {
  if (findings.length === 0) return null;
  return (
    <ul className="findings" aria-label={messages.approvals.findings}>
      {findings.map((finding) => (
        <li key={`${finding.kind} ${finding.pointer} ${finding.text}`} className={hides(finding) ? "finding red" : "finding"}>
          {hides(finding) ? <TriangleAlert size={14} aria-hidden="true" /> : <Info size={14} aria-hidden="true" />}
          <span className="unbroken">
            {finding.pointer === "" ? null : (
              <>
                <code>
                  <Revealed text={placeOf(finding.pointer)} line />
                </code>
                {": "}
              </>
            )}
            <Revealed text={finding.text} />
          </span>
          <Button look="link" onClick={() => onShow(finding)}>
            {messages.approvals.findingShow}
          </Button>
        </li>
      ))}
    </ul>
  );
}

/** A pointer as one reads it: `/list/0/a~1b` → list › 0 › a/b; a long one loses its middle. */
function placeOf(pointer: string): string {
  const words = pointer
    .split("/")
    .slice(1)
    .map((token) => token.replaceAll("~1", "/").replaceAll("~0", "~"))
    .join(" › ");
  return words.length <= longestPlace ? words : `${startOf(words, longestPlace / 2)} … ${endOf(words, longestPlace / 2)}`;
}
