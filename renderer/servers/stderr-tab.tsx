import { RefreshCw } from "lucide-react";
import { messages } from "../messages.ts";
import { Banner } from "../ui/banner.tsx";
import { Button } from "../ui/button.tsx";
import { CopyButton } from "../ui/copy-button.tsx";
import { Revealed } from "../ui/revealed.tsx";
import { useFetched } from "../use-fetched.ts";

const lines = 500;

/** The newest of what it said on stderr. */
export function StderrTab({ name }: { readonly name: string }) {
  const log = useFetched("server.log", { name, lines }, name);
  const text = log.result?.ok === true ? log.result.value.join("\n") : "";
  return (
    <div className="section">
      <div className="actions">
        <Button icon={<RefreshCw size={14} aria-hidden="true" />} onClick={log.again}>
          {messages.servers.refresh}
        </Button>
        {text === "" ? null : <CopyButton text={text} />}
      </div>
      {log.result === null ? (
        <output className="faint">{messages.common.loading}</output>
      ) : !log.result.ok ? (
        <Banner hue="red" title={<Revealed text={log.result.error.message} />} />
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
