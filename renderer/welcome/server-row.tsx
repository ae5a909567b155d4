import { ChevronRight, FolderLock, TriangleAlert } from "lucide-react";
import { useEffect, useId, useMemo, useRef, useState } from "react";
import type { Plan, PlannedServer, Scan } from "../../shared/model/migration.ts";
import { useSnapshot } from "../app-context.tsx";
import { format } from "../format.ts";
import { messages } from "../messages.ts";
import { SandboxFields } from "../servers/sandbox-fields.tsx";
import { linesToSandbox, sandboxToLines, type SandboxLines } from "../servers/sandbox-lines.ts";
import { Argv, Dangerous } from "../servers/server-review.tsx";
import { useEndSeen } from "../servers/use-end-seen.ts";
import { Badge } from "../ui/badge.tsx";
import { Button } from "../ui/button.tsx";
import { Checkbox } from "../ui/checkbox.tsx";
import { Disclosure } from "../ui/disclosure.tsx";
import { Revealed } from "../ui/revealed.tsx";
import { namedSandboxes, secretLines, type Choice, type SecretLine } from "./choice.ts";
import { useWizard } from "./migration-context.tsx";
import { mustRead, readingKey, type ReviewRow } from "./review.ts";
import { SecretRow } from "./secret-row.tsx";

/** One server of the review: its whole command, what it may touch, its secrets, and on demand why. */
export function ServerRow({
  row,
  plan,
  scan,
  choice,
  unread,
  onSeen,
}: {
  readonly row: ReviewRow;
  readonly plan: Plan | null;
  readonly scan: Scan;
  readonly choice: Choice;
  readonly unread: boolean;
  readonly onSeen: (key: string) => void;
}) {
  const wizard = useWizard();
  const { planned } = row;
  const words = messages.migration.review;
  const name = planned?.name ?? row.names[0] ?? "";
  const wanted = !row.names.some((one) => choice.left.has(one));
  const taken = wanted && planned !== null;
  const [open, setOpen] = useState(false);
  const panel = useId();
  return (
    <li className={wanted ? "server-row" : "server-row left"} data-unread={unread}>
      <div className="server-row-head">
        <Checkbox checked={wanted} label={words.take(name)} onChange={(on) => wizard.takeAlong(row.names, on)}>
          <span className="strong unbroken">
            <Revealed text={name} line />
          </span>
        </Checkbox>
        <span className="small quiet unbroken">
          <Revealed
            text={[words.inClients(format.list(row.clients)), ...row.projects.map(messages.migration.found.project)].join(" · ")}
            line
          />
        </span>
        <span className="end">
          {taken ? (
            <>
              {Object.hasOwn(namedSandboxes(choice, plan), name) ? <Badge hue="accent">{words.changed}</Badge> : null}
              {mustRead(planned) ? <Badge hue="amber">{words.look}</Badge> : null}
              <button
                type="button"
                className="disclosure-trigger"
                aria-expanded={open}
                aria-controls={panel}
                aria-label={words.moreOf(name)}
                data-panel-open={open ? "" : undefined}
                onClick={() => setOpen(!open)}
              >
                {words.more}
                <ChevronRight size={14} aria-hidden="true" />
              </button>
            </>
          ) : wanted ? null : (
            <span className="small quiet">{words.leftAlone}</span>
          )}
        </span>
      </div>
      {taken ? <ServerBody server={planned} plan={plan} scan={scan} choice={choice} onSeen={onSeen} details={open} panel={panel} /> : null}
    </li>
  );
}

function ServerBody({
  server,
  plan,
  scan,
  choice,
  onSeen,
  details,
  panel,
}: {
  readonly server: PlannedServer;
  readonly plan: Plan | null;
  readonly scan: Scan;
  readonly choice: Choice;
  readonly onSeen: (key: string) => void;
  readonly details: boolean;
  /** The id of what the details are in. */
  readonly panel: string;
}) {
  const lines = useMemo(() => secretLines(scan, server.from), [scan, server.from]);
  const { sandbox } = server;
  const view = {
    kind: sandbox.waived === true ? ("waived" as const) : ("boxed" as const),
    reason: null,
    read: sandbox.read ?? [],
    write: sandbox.write ?? [],
    hosts: sandbox.hosts ?? [],
  };
  const references = new Set(server.env.flatMap((variable) => variable.references));
  return (
    <div className="server-row-body">
      {server.warnings.length === 0 ? null : (
        <ul className="warnings" aria-label={messages.servers.review.warnings}>
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
      {mustRead(server) ? <WholeCommand server={server} onSeen={onSeen} /> : <ShortCommand server={server} />}
      <p className={sandbox.waived === true ? "small touches waived" : "small touches"}>
        <FolderLock size={13} className="inline-icon" aria-hidden="true" />
        <Revealed text={messages.servers.touches(view, references.size).join(" · ")} line />
      </p>
      {lines.likely.length === 0 ? null : <Secrets lines={lines.likely} plan={plan} choice={choice} />}
      <div id={panel} hidden={!details} className="server-details">
        {details ? <Details server={server} unlikely={lines.unlikely} plan={plan} choice={choice} /> : null}
      </div>
    </div>
  );
}

function ShortCommand({ server }: { readonly server: PlannedServer }) {
  return (
    <code className="command unbroken">
      {[server.command, ...server.args].map((word, index) => (
        // The order of arguments is what they are.
        // eslint-disable-next-line react/no-array-index-key
        <span key={index} className="word">
          {word === "" ? "\u201c\u201d" : <Dangerous text={word} />}
        </span>
      ))}
    </code>
  );
}

function WholeCommand({ server, onSeen }: { readonly server: PlannedServer; readonly onSeen: (key: string) => void }) {
  const key = readingKey(server);
  const list = useRef<HTMLOListElement>(null);
  const seen = useEndSeen(list, key);
  useEffect(() => {
    if (seen) onSeen(key);
  }, [seen, key, onSeen]);
  return <Argv command={server.command} args={server.args} ref={list} />;
}

function Secrets({ lines, plan, choice }: { readonly lines: readonly SecretLine[]; readonly plan: Plan | null; readonly choice: Choice }) {
  return (
    <ul className="secret-rows">
      {lines.map((line) => {
        const planned = plan?.secrets.find(({ ids }) => line.ids.some((id) => ids.includes(id)));
        return (
          <SecretRow
            key={line.key}
            line={line}
            ticked={line.ids.every((id) => choice.ticked.has(id))}
            name={planned?.name ?? line.secret.name}
            exists={planned?.exists ?? false}
          />
        );
      })}
    </ul>
  );
}

function Details({
  server,
  unlikely,
  plan,
  choice,
}: {
  readonly server: PlannedServer;
  readonly unlikely: readonly SecretLine[];
  readonly plan: Plan | null;
  readonly choice: Choice;
}) {
  const known = useSnapshot((snapshot) => snapshot.servers.some(({ name }) => name === server.name));
  const words = messages.migration.review;
  return (
    <>
      <div className="field">
        <h3 className="label">{words.why}</h3>
        <ul className="words">
          {server.why.map((why) => (
            <li key={why}>
              <span className="bullet" aria-hidden="true" />
              <span className="unbroken">
                <Revealed text={why} />
              </span>
            </li>
          ))}
        </ul>
      </div>
      {known ? null : <Openings server={server} choice={choice} plan={plan} />}
      {server.cwd === null ? null : (
        <div className="field">
          <h3 className="label">{messages.servers.cwd}</h3>
          <code className="unbroken">
            <Revealed text={server.cwd} line />
          </code>
        </div>
      )}
      {server.env.length === 0 ? null : (
        <div className="field">
          <h3 className="label">{words.variables}</h3>
          <ul className="small">
            {server.env.map((variable) => (
              <li key={variable.name} className="unbroken">
                <code>
                  <Revealed text={variable.name} line />
                </code>{" "}
                <span className="quiet">{variable.references.length === 0 ? words.variable.plain : words.variable.secret}</span>
              </li>
            ))}
          </ul>
        </div>
      )}
      {unlikely.length === 0 ? null : (
        <Disclosure title={words.unlikely(unlikely.length)}>
          <Secrets lines={unlikely} plan={plan} choice={choice} />
        </Disclosure>
      )}
    </>
  );
}

function Openings({ server, choice, plan }: { readonly server: PlannedServer; readonly choice: Choice; readonly plan: Plan | null }) {
  const wizard = useWizard();
  const [lines, setLines] = useState<SandboxLines | null>(null);
  const words = messages.migration.review;
  const changed = Object.hasOwn(namedSandboxes(choice, plan), server.name);
  if (lines === null) {
    return (
      <div className="actions">
        <Button onClick={() => setLines(sandboxToLines(server.sandbox))}>{words.openings}</Button>
        {changed ? (
          <Button look="link" onClick={() => wizard.openInstead(server, null)}>
            {words.openingsReset}
          </Button>
        ) : null}
      </div>
    );
  }
  return (
    <form
      className="panel"
      aria-label={words.openingsTitle(server.name)}
      onSubmit={(event) => {
        event.preventDefault();
        wizard.openInstead(server, { ...server.sandbox, ...linesToSandbox(lines) });
        setLines(null);
      }}
    >
      <SandboxFields value={lines} onChange={setLines} />
      <div className="actions">
        <Button onClick={() => setLines(null)}>{messages.common.cancel}</Button>
        <Button look="primary" submit>
          {words.openingsSave}
        </Button>
      </div>
    </form>
  );
}
