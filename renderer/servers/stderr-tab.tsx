import { RefreshCw } from "lucide-react";
import type { ServerView } from "../../shared/model/server.ts";
import { messages } from "../messages.ts";
import { Button } from "../ui/button.tsx";
import { CopyButton } from "../ui/copy-button.tsx";
import { Failure } from "../ui/failure.tsx";
import { Revealed } from "../ui/revealed.tsx";
import { useFetched } from "../use-fetched.ts";

const lines = 500;

/** The newest of what it said on stderr. */
export function StderrTab({ server }: { readonly server: ServerView }) {
  const { name, state, instances } = server;
  // It has said more when it has started, ended or failed since.
  const version = JSON.stringify([state.kind, state.kind === "failed" ? state.at : null, instances.map(({ id }) => id)]);
  const log = useFetched("server.log", { name, lines }, version);
  const text = log.result?.ok === true ? log.result.value.join("\n") : "";
  return (
    <div className="section">
      <div className="actions">
        <Button icon={<RefreshCw size={14} aria-hidden="true" />} aria-disabled={log.busy} onClick={log.again}>
          {messages.servers.refresh}
        </Button>
        {text === "" ? null : <CopyButton text={text} />}
      </div>
      {log.result === null ? (
        <output className="faint">{messages.common.loading}</output>
      ) : !log.result.ok ? (
        <Failure error={log.result.error} busy={log.busy} onAgain={log.again} />
      ) : text === "" ? (
        <p className="quiet">{messages.servers.noLog}</p>
      ) : (
        // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- it scrolls
        <pre className="code log" tabIndex={0} aria-label={messages.servers.tabs.stderr}>
          <Revealed text={text} />
        </pre>
      )}
    </div>
  );
}
