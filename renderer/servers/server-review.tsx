import { TriangleAlert } from "lucide-react";
import { useRef, useState } from "react";
import type { AcceptanceChange, ServerView } from "../../shared/model/server.ts";
import { messages } from "../messages.ts";
import { Banner } from "../ui/banner.tsx";
import { Button } from "../ui/button.tsx";
import { Revealed } from "../ui/revealed.tsx";
import { useToasts } from "../ui/toaster.tsx";
import { useAct } from "../use-act.ts";
import { markDangerous } from "./command-line.ts";
import { useEndSeen } from "./use-end-seen.ts";

/**
 * What the person accepts (threats 1 and 2): the whole command, never cut, with what is dangerous in it marked, and what changed since
 * the last time. Accept is locked until the end of the command was in sight, and repeats the fingerprint of what is shown.
 */
export function ServerReview({ server }: { readonly server: ServerView }) {
  const list = useRef<HTMLOListElement>(null);
  const unread = !useEndSeen(list, server.fingerprint);
  const [busy, setBusy] = useState(false);
  const act = useAct();
  const toasts = useToasts();
  const words = messages.servers.review;
  const changed = server.state.kind === "changed";
  const accept = async (): Promise<void> => {
    setBusy(true);
    const result = await act("server.accept", { name: server.name, fingerprint: server.fingerprint });
    setBusy(false);
    if (result.ok) toasts.say(messages.servers.accepted(server.name));
  };

  return (
    <section className="panel" aria-label={changed ? words.changedTitle : words.newTitle}>
      <Banner hue="amber" title={changed ? words.changedTitle : words.newTitle}>
        {changed ? words.changedText : words.newText}
      </Banner>
      {server.state.kind === "changed" ? <Changes changes={server.state.changes} /> : null}
      {server.warnings.length === 0 ? null : (
        <ul className="warnings" aria-label={words.warnings}>
          {server.warnings.map((warning) => (
            <li key={warning}>
              <TriangleAlert size={14} aria-hidden="true" />
              <span className="unbroken">
                <Revealed text={warning} />
              </span>
            </li>
          ))}
        </ul>
      )}
      <div className="field">
        <span className="label">
          {words.full} <span className="faint small">{words.parts(server.args.length)}</span>
        </span>
        <Argv command={server.command} args={server.args} ref={list} />
      </div>
      {server.env.length === 0 ? null : (
        <div className="field">
          <span className="label">{words.variables}</span>
          <p className="mono unbroken">
            <Revealed text={server.env.map(({ name }) => name).join(", ")} line />
          </p>
        </div>
      )}
      <div className="field">
        <span className="label">{words.touches}</span>
        <p className="unbroken">
          <Revealed text={messages.servers.touches(server.sandbox, server.secrets.length).join(" · ")} line />
        </p>
      </div>
      <div className="actions">
        <Button look="primary" aria-disabled={unread || busy} onClick={() => void accept()}>
          {words.accept}
        </Button>
        {unread ? (
          <>
            <output className="small amber-text">{words.unread}</output>
            <Button look="link" onClick={() => list.current?.lastElementChild?.scrollIntoView({ block: "nearest" })}>
              {words.toEnd}
            </Button>
          </>
        ) : null}
      </div>
    </section>
  );
}

/** The command as the operating system gets it, an argument to a line. */
export function Argv({
  command,
  args,
  ref,
}: {
  readonly command: string;
  readonly args: readonly string[];
  readonly ref?: React.Ref<HTMLOListElement>;
}) {
  const all = [command, ...args];
  return (
    // It scrolls, so the keyboard must reach it.
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <ol className="argv" ref={ref} tabIndex={0} aria-label={messages.servers.review.full}>
      {all.map((word, index) => (
        // The order of arguments is what they are.
        // eslint-disable-next-line react/no-array-index-key
        <li key={index}>
          <span>
            <Dangerous text={word} />
          </span>
        </li>
      ))}
      <li className="argv-end small">{messages.servers.review.end}</li>
    </ol>
  );
}

/** A word of a command with what is dangerous in it marked. */
export function Dangerous({ text }: { readonly text: string }) {
  return markDangerous(text).map((piece, index) =>
    piece.dangerous ? (
      // eslint-disable-next-line react/no-array-index-key
      <mark key={index}>
        <Revealed text={piece.text} line />
      </mark>
    ) : (
      // eslint-disable-next-line react/no-array-index-key
      <Revealed key={index} text={piece.text} line />
    ),
  );
}

function Changes({ changes }: { readonly changes: readonly AcceptanceChange[] }) {
  return (
    <div className="diff">
      {changes.map((change) => (
        <div key={change.field}>
          <div className="diff-field mono">
            <Revealed text={change.field} line />
          </div>
          <ChangeLine kind="before" text={change.before} />
          <ChangeLine kind="after" text={change.after} />
        </div>
      ))}
    </div>
  );
}

function ChangeLine({ kind, text }: { readonly kind: "before" | "after"; readonly text: string | null }) {
  return (
    <div className={`diff-line ${kind}`}>
      <span className="diff-label">{messages.common[kind]}</span>
      <span className="diff-sign" aria-hidden="true">
        {kind === "before" ? "−" : "+"}
      </span>
      <span className="unbroken">{text === null ? <i className="quiet">{messages.common.absent}</i> : <Revealed text={text} line />}</span>
    </div>
  );
}
