import { FolderLock, ShieldOff } from "lucide-react";
import { useState, type ReactNode } from "react";
import type { ServerView } from "../../shared/model/server.ts";
import { messages } from "../messages.ts";
import { Button } from "../ui/button.tsx";
import { Confirm } from "../ui/confirm.tsx";
import { CopyButton } from "../ui/copy-button.tsx";
import { Failure } from "../ui/failure.tsx";
import { Revealed } from "../ui/revealed.tsx";
import { useFocusInside, useOpener } from "../ui/use-focus.ts";
import { useAct } from "../use-act.ts";
import { useFetched } from "../use-fetched.ts";
import { LimitFields, limitsOf, limitTexts, type LimitTexts } from "./limit-fields.tsx";
import { SandboxFields } from "./sandbox-fields.tsx";
import { linesToSandbox, sandboxToLines, type SandboxLines } from "./sandbox-lines.ts";

/** The box in words, then the exact plan; and the way to take it off, with what that means. */
export function SandboxTab({ server }: { readonly server: ServerView }) {
  const explained = useFetched("server.explain", { name: server.name }, server.fingerprint);
  const words = messages.servers;
  return (
    <div className="section">
      {explained.result === null ? (
        <output className="faint">{messages.common.loading}</output>
      ) : explained.result.ok ? (
        <>
          <ul className="words" aria-label={words.inWords}>
            {explained.result.value.words.map((word) => (
              <li key={word}>
                <span className="bullet" aria-hidden="true" />
                <span className="unbroken">
                  <Revealed text={word} />
                </span>
              </li>
            ))}
          </ul>
          <Openings key={server.fingerprint} server={server} />
          <div className="field">
            <div className="section-head">
              <h3>{words.exactPlan}</h3>
              <CopyButton text={explained.result.value.plan.join("\n")} />
            </div>
            <p className="small faint">{words.planText}</p>
            {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- it scrolls */}
            <pre className="code" tabIndex={0} aria-label={words.exactPlan}>
              <Revealed text={explained.result.value.plan.join("\n")} />
            </pre>
          </div>
        </>
      ) : (
        <Failure error={explained.result.error} busy={explained.busy} onAgain={explained.again} />
      )}
      <Waiver server={server} />
    </div>
  );
}

interface Typed {
  readonly lines: SandboxLines;
  readonly limits: LimitTexts;
}

/** What the box opens, to be changed. A change does not count before the person has seen it and accepted it. */
function Openings({ server }: { readonly server: ServerView }) {
  const [typed, setTyped] = useState<Typed | null>(null);
  const [busy, setBusy] = useState(false);
  const opener = useOpener(typed !== null);
  const act = useAct();
  const words = messages.servers;
  if (typed === null) {
    return (
      <div>
        <Button
          ref={opener}
          icon={<FolderLock size={14} aria-hidden="true" />}
          onClick={() => setTyped({ lines: sandboxToLines(server.sandbox), limits: limitTexts(server.sandbox.limits) })}
        >
          {words.openings.change}
        </Button>
      </div>
    );
  }
  const wanted = linesToSandbox(typed.lines);
  const limited = limitsOf(typed.limits);
  const sameLimits = JSON.stringify(limited) === JSON.stringify(limitsOf(limitTexts(server.sandbox.limits)));
  const same = sameLimits && JSON.stringify(wanted) === JSON.stringify(linesToSandbox(sandboxToLines(server.sandbox)));
  const save = async (): Promise<void> => {
    setBusy(true);
    const sandbox = { ...wanted, ...(sameLimits || limited === null ? {} : { limits: limited }) };
    const saved = await act("server.setSandbox", { name: server.name, sandbox });
    setBusy(false);
    if (saved.ok) setTyped(null);
  };
  return (
    <OpeningsForm
      onSubmit={() => {
        if (!busy && !same && limited !== null) void save();
      }}
    >
      <h3>{words.openings.title}</h3>
      <SandboxFields value={typed.lines} onChange={(lines) => setTyped({ ...typed, lines })} />
      <LimitFields value={typed.limits} onChange={(limits) => setTyped({ ...typed, limits })} />
      <p className="small quiet">{words.openings.text}</p>
      <div className="actions">
        <Button onClick={() => setTyped(null)}>{messages.common.cancel}</Button>
        <Button look="primary" submit aria-disabled={busy || same || limited === null}>
          {words.openings.save}
        </Button>
      </div>
    </OpeningsForm>
  );
}

function OpeningsForm({ onSubmit, children }: { readonly onSubmit: () => void; readonly children: ReactNode }) {
  const form = useFocusInside<HTMLFormElement>();
  return (
    <form
      ref={form}
      className="panel"
      aria-label={messages.servers.openings.title}
      onSubmit={(event) => {
        event.preventDefault();
        onSubmit();
      }}
    >
      {children}
    </form>
  );
}

function Waiver({ server }: { readonly server: ServerView }) {
  const [asking, setAsking] = useState(false);
  const opener = useOpener(asking);
  const act = useAct();
  const words = messages.servers;
  const { name } = server;
  if (server.sandbox.kind === "waived") {
    return (
      <div>
        <Button onClick={() => void act("server.waive", { name, waived: false })}>{words.unwaive}</Button>
      </div>
    );
  }
  if (!asking) {
    return (
      <div>
        <Button ref={opener} look="danger" icon={<ShieldOff size={14} aria-hidden="true" />} onClick={() => setAsking(true)}>
          {words.waive}…
        </Button>
      </div>
    );
  }
  return (
    <Confirm title={words.waiveTitle} text={words.waiveText(name)} onCancel={() => setAsking(false)}>
      <Button
        look="danger"
        onClick={() => {
          setAsking(false);
          void act("server.waive", { name, waived: true });
        }}
      >
        {words.waiveConfirm}
      </Button>
    </Confirm>
  );
}
