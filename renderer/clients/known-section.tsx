import { Folder, RefreshCw } from "lucide-react";
import { useEffect, useMemo } from "react";
import { useApp } from "../app-context.tsx";
import { messages } from "../messages.ts";
import { Badge } from "../ui/badge.tsx";
import { Banner } from "../ui/banner.tsx";
import { Button } from "../ui/button.tsx";
import { Ago } from "../ui/now.tsx";
import { Revealed } from "../ui/revealed.tsx";
import type { FoundFile } from "../welcome/found.ts";
import { useLogState, useMigrationLog } from "../welcome/migration-context.tsx";
import { knownClients, type KnownClient } from "./known-clients.ts";

/** The clients of this machine: their files, and whether these hold secrets or go through Portcullis. */
export function KnownSection() {
  const log = useMigrationLog();
  const scan = useLogState((state) => state.scan);
  const scanning = useLogState((state) => state.scanning);
  const problem = useLogState((state) => state.scanProblem);
  const clients = useMemo(() => (scan === null ? [] : knownClients(scan)), [scan]);
  const words = messages.migration.clients;
  useEffect(() => void log.look(), [log]);
  return (
    <section className="section" aria-label={words.known}>
      <div className="section-head">
        <h2>{words.known}</h2>
        <span className="actions">
          {scan === null ? null : (
            <span className="small faint">
              {words.lookedAt} <Ago at={scan.at} />
            </span>
          )}
          <Button
            look="ghost"
            icon={<RefreshCw size={14} aria-hidden="true" />}
            label={words.again}
            aria-disabled={scanning}
            onClick={() => void log.look()}
          />
        </span>
      </div>
      {problem === null ? null : (
        <Banner hue="red" live title={<Revealed text={problem.message} />}>
          {problem.hint === undefined ? null : <Revealed text={problem.hint} />}
        </Banner>
      )}
      {scan === null ? (
        <output className="quiet">{scanning ? words.looking : ""}</output>
      ) : clients.length === 0 ? (
        <p className="quiet">{words.none}</p>
      ) : (
        <ul className="rows">
          {clients.map((client) => (
            <KnownRow key={client.id} client={client} />
          ))}
        </ul>
      )}
    </section>
  );
}

function KnownRow({ client }: { readonly client: KnownClient }) {
  const { view } = useApp();
  const words = messages.migration.clients;
  return (
    <li>
      <div className="grow">
        <p>
          <span className="strong">
            <Revealed text={client.name} line />
          </span>{" "}
          <ClientState client={client} /> {client.running ? <span className="small faint">{words.running}</span> : null}
        </p>
        <ul className="small">
          {client.files.map((file) => (
            <FileLine key={file.key} file={file} />
          ))}
        </ul>
      </div>
      {client.movable === 0 ? null : (
        <Button
          aria-label={client.secrets > 0 ? words.moveOf(client.name) : words.connectOf(client.name)}
          onClick={() => view.go("welcome", client.id)}
        >
          {client.secrets > 0 ? words.move : words.connect}
        </Button>
      )}
    </li>
  );
}

function ClientState({ client }: { readonly client: KnownClient }) {
  const words = messages.migration.clients.state;
  if (client.secrets > 0) return <Badge hue={client.severe ? "red" : "amber"}>{words.secrets(client.secrets)}</Badge>;
  if (client.movable > 0) return <Badge>{words.past(client.past)}</Badge>;
  if (client.problem !== null)
    return <Badge hue={client.problem.kind === "refused" ? "amber" : "neutral"}>{words[client.problem.kind]}</Badge>;
  if (client.ours > 0) return <Badge hue="green">{words.ours}</Badge>;
  return <Badge>{client.past > 0 ? words.stays : words.empty}</Badge>;
}

function FileLine({ file }: { readonly file: FoundFile }) {
  return (
    <li className="known-file">
      <Folder size={12} className="inline-icon faint" aria-hidden="true" />
      <code className="path unbroken">
        <Revealed text={file.path} line />
      </code>
      {file.problem === null ? null : (
        <span className="quiet unbroken">
          {" "}
          <Revealed text={file.problem.reason} />
        </span>
      )}
    </li>
  );
}
