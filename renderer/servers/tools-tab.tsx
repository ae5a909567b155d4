import { Wrench } from "lucide-react";
import type { ServerView } from "../../shared/model/server.ts";
import { useSnapshot } from "../app-context.tsx";
import { messages } from "../messages.ts";
import { effectFor } from "../rules/effect-for.ts";
import { Badge, type Hue } from "../ui/badge.tsx";
import { EmptyState } from "../ui/empty-state.tsx";
import { Failure } from "../ui/failure.tsx";
import { LongText } from "../ui/long-text.tsx";
import { useNow } from "../ui/now.tsx";
import { Revealed } from "../ui/revealed.tsx";
import { useFetched } from "../use-fetched.ts";

const hues = { allow: "green", ask: "accent", deny: "red" } as const satisfies Record<string, Hue>;

/** Its tools in its own words, each with what the rules say. */
export function ToolsTab({ server }: { readonly server: ServerView }) {
  const words = messages.servers;
  if (server.tools === null) {
    if (server.instances.length > 0) return <Asking server={server.name} />;
    return <EmptyState icon={Wrench} title={words.toolsUnknown} text={words.toolsUnknownText} />;
  }
  if (server.tools.count === 0) return <EmptyState icon={Wrench} title={words.noTools} text={words.noToolsText} />;
  return <ToolList server={server.name} listing={server.tools.listing} />;
}

/** What is running can be asked; that it has answered comes with the servers' slice, and so does the list. */
function Asking({ server }: { readonly server: string }) {
  const { result, busy, again } = useFetched("server.tools", { name: server }, "");
  if (result?.ok === false) return <Failure error={result.error} busy={busy} onAgain={again} />;
  return <output className="faint">{messages.servers.askingForTools}</output>;
}

function ToolList({ server, listing }: { readonly server: string; readonly listing: number }) {
  const rules = useSnapshot((snapshot) => snapshot.rules);
  const fallback = useSnapshot((snapshot) => snapshot.settings.defaultEffect);
  const now = useNow(60_000);
  const { result, busy, again } = useFetched("server.knownTools", { name: server }, String(listing));
  if (result === null) return <output className="faint">{messages.common.loading}</output>;
  if (!result.ok) return <Failure error={result.error} busy={busy} onAgain={again} />;
  return (
    <div className="section">
      <p className="small faint">{messages.servers.untrusted}</p>
      <ul aria-label={messages.servers.toolList}>
        {(result.value ?? []).map((tool) => {
          const { effect, exceptions } = effectFor(rules, server, tool.name, fallback, now);
          return (
            <li key={tool.name} className="tool">
              <div className="tool-head">
                <code className="strong unbroken">
                  <LongText text={tool.name} limit={160} line />
                </code>
                {tool.destructiveHint === true ? <Badge>{messages.servers.destructive}</Badge> : null}
                {tool.readOnlyHint === true ? <Badge>{messages.servers.readOnly}</Badge> : null}
                <span className="end">
                  {exceptions > 0 ? <span className="small faint">{messages.rules.exceptions(exceptions)} </span> : null}
                  <Badge hue={hues[effect]}>{messages.rules.effects[effect]}</Badge>
                </span>
              </div>
              {tool.title === undefined || tool.title === tool.name ? null : (
                <p className="unbroken">
                  <Revealed text={tool.title} line />
                </p>
              )}
              {tool.description === undefined ? null : (
                <p className="quiet unbroken">
                  <LongText text={tool.description} limit={280} />
                </p>
              )}
            </li>
          );
        })}
      </ul>
    </div>
  );
}
