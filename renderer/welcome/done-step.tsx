import { Check, CircleAlert, RefreshCw, RotateCcw } from "lucide-react";
import { useState } from "react";
import type { Migration } from "../../shared/model/migration.ts";
import { useApp } from "../app-context.tsx";
import { messages } from "../messages.ts";
import { doneSentence } from "../messages/migration.ts";
import { Badge } from "../ui/badge.tsx";
import { Banner } from "../ui/banner.tsx";
import { Button } from "../ui/button.tsx";
import { Confirm } from "../ui/confirm.tsx";
import { useOpener } from "../ui/use-focus.ts";
import { Revealed } from "../ui/revealed.tsx";
import { RichText } from "../ui/rich-text.tsx";
import { useWizard, useWizardState } from "./migration-context.tsx";
import { PathText, WelcomeFrame } from "./welcome-frame.tsx";

/** What was done, what is left to do, what did not work, and the way back. */
export function DoneStep() {
  const migration = useWizardState((state) => state.migration);
  return migration === null ? null : <Done migration={migration} />;
}

function Done({ migration }: { readonly migration: Migration }) {
  const wizard = useWizard();
  const { view } = useApp();
  const undoing = useWizardState((state) => state.undoing);
  const problem = useWizardState((state) => state.problem);
  const client = useWizardState((state) => state.client);
  const undoStep = useWizardState((state) => state.progress.undo);
  const [asking, setAsking] = useState(false);
  const opener = useOpener(asking);
  const words = messages.migration.done;
  const written = migration.files.filter(({ state }) => state === "applied" || state === "changed-since");
  const undone = migration.files.filter(({ state }) => state === "undone");
  const verified = migration.servers.filter(({ state }) => state === "verified").length;
  const takenBack = written.length === 0 && undone.length > 0;
  const failed =
    !takenBack && (written.length + undone.length < migration.files.length || migration.servers.some(({ state }) => state === "failed"));
  return (
    <WelcomeFrame
      key={written.length}
      title={doneSentence(migration)}
      text={written.length > 0 && verified > 0 ? words.verified(verified) : undefined}
      foot={
        <>
          {asking ? (
            <Confirm title={words.undoTitle(written.length)} text={words.undoText} onCancel={() => setAsking(false)}>
              <Button
                look="danger"
                onClick={() => {
                  setAsking(false);
                  void wizard.undo();
                }}
              >
                {words.undoConfirm}
              </Button>
            </Confirm>
          ) : null}
          {written.length === 0 ? null : (
            <Button
              ref={opener}
              icon={<RotateCcw size={14} aria-hidden="true" />}
              aria-disabled={undoing || asking}
              onClick={() => setAsking(true)}
            >
              {undoing ? words.undoing : words.undoAll}
            </Button>
          )}
          <span className="grow small quiet unbroken">
            {undoing && undoStep !== undefined ? (
              <output>
                <Revealed text={undoStep.text} line />
              </output>
            ) : null}
          </span>
          {failed && written.length === 0 ? (
            <Button look="primary" icon={<RefreshCw size={14} aria-hidden="true" />} onClick={() => void wizard.begin(client)}>
              {words.retry}
            </Button>
          ) : (
            <Button look="primary" onClick={() => view.go("servers")}>
              {words.finish}
            </Button>
          )}
        </>
      }
    >
      {problem === null ? null : (
        <Banner hue="red" live title={words.undoFailed}>
          <p>
            <Revealed text={problem.message} />
          </p>
          {problem.hint === undefined ? null : (
            <p>
              <Revealed text={problem.hint} />
            </p>
          )}
        </Banner>
      )}
      {written.length + undone.length > 0 && migration.restart.length > 0 ? <Restarts migration={migration} /> : null}
      {failed ? <Failures migration={migration} onRetry={() => void wizard.begin(client)} partly={written.length > 0} /> : null}
      {written.length > 0 && migration.rotate.length > 0 ? <Rotations rotate={migration.rotate} /> : null}
      <Files migration={migration} />
    </WelcomeFrame>
  );
}

function Restarts({ migration }: { readonly migration: Migration }) {
  const words = messages.migration.done;
  return (
    <section className="section" aria-label={words.restartTitle(migration.restart.length)}>
      <div>
        <h2>{words.restartTitle(migration.restart.length)}</h2>
        <p className="small quiet">{words.restartText}</p>
      </div>
      <ul className="rows">
        {migration.restart.map(({ client, how }) => (
          <li key={client}>
            <RefreshCw size={16} className="amber-text" aria-hidden="true" />
            <div className="grow">
              <p className="strong">
                <Revealed text={client} line />
              </p>
              <p className="small quiet unbroken">
                <Revealed text={how} />
              </p>
            </div>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Failures({
  migration,
  onRetry,
  partly,
}: {
  readonly migration: Migration;
  readonly onRetry: () => void;
  readonly partly: boolean;
}) {
  const words = messages.migration.done;
  const files = migration.files.filter(({ state, reason }) => state === "failed" || (state !== "undone" && reason !== null));
  const servers = migration.servers.filter(({ state }) => state === "failed");
  return (
    <section className="section" aria-label={words.failedTitle}>
      <div className="section-head">
        <div>
          <h2>{words.failedTitle}</h2>
          <p className="small quiet">{words.failedText}</p>
        </div>
        {partly ? <Button onClick={onRetry}>{words.retry}</Button> : null}
      </div>
      <ul className="rows">
        {servers.map(({ name, reason }) => (
          <li key={`server ${name}`}>
            <CircleAlert size={16} className="red-text" aria-hidden="true" />
            <div className="grow">
              <p className="unbroken">
                <RichText parts={words.failedServer(name)} />
              </p>
              {reason === null ? null : (
                <p className="small quiet unbroken">
                  <Revealed text={reason} />
                </p>
              )}
            </div>
          </li>
        ))}
        {files.map(({ path, client, reason }) => (
          <li key={`file ${client} ${path}`}>
            <CircleAlert size={16} className="red-text" aria-hidden="true" />
            <div className="grow">
              <p>
                <span className="strong">
                  <Revealed text={client} line />
                </span>{" "}
                <PathText path={path} />
              </p>
              {reason === null ? null : (
                <p className="small quiet unbroken">
                  <Revealed text={reason} />
                </p>
              )}
            </div>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** Secrets of which a copy is elsewhere, each with all its copies. */
function Rotations({ rotate }: { readonly rotate: Migration["rotate"] }) {
  const words = messages.migration.done;
  const names = [...new Set(rotate.map(({ name }) => name))];
  return (
    <section className="section" aria-label={words.rotateTitle}>
      <div>
        <h2>{words.rotateTitle}</h2>
        <p className="small quiet">{words.rotateText}</p>
      </div>
      <ul className="rows">
        {names.map((name) => (
          <li key={name}>
            <div className="grow">
              <code className="strong unbroken">
                <Revealed text={name} line />
              </code>
              {rotate
                .filter((one) => one.name === name)
                .map(({ reason }) => (
                  <p key={reason} className="small quiet unbroken">
                    <Revealed text={reason} />
                  </p>
                ))}
            </div>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Files({ migration }: { readonly migration: Migration }) {
  const words = messages.migration;
  const shown = migration.files.filter(({ state }) => state !== "failed");
  if (shown.length === 0) return null;
  return (
    <section className="section" aria-label={words.done.filesTitle}>
      <h2>{words.done.filesTitle}</h2>
      <ul className="rows">
        {shown.map(({ path, client, state, reason }) => (
          <li key={`${client} ${path}`}>
            <Check size={16} className={state === "undone" ? "faint" : "green-text"} aria-hidden="true" />
            <div className="grow">
              <p>
                <span className="strong">
                  <Revealed text={client} line />
                </span>{" "}
                <PathText path={path} />
              </p>
              {state === "undone" && reason !== null ? (
                <p className="small quiet unbroken">
                  <Revealed text={reason} />
                </p>
              ) : null}
            </div>
            <Badge hue={state === "undone" ? "neutral" : "green"}>{words.clients.history.fileState[state]}</Badge>
          </li>
        ))}
      </ul>
    </section>
  );
}
