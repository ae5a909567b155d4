import { Wrench } from "lucide-react";
import { useEffect } from "react";
import type { ServerView } from "../../shared/model/server.ts";
import { useApp, useSnapshot } from "../app-context.tsx";
import { messages } from "../messages.ts";
import { effectFor } from "../rules/effect-for.ts";
import { Badge, type Hue } from "../ui/badge.tsx";
import { Banner } from "../ui/banner.tsx";
import { EmptyState } from "../ui/empty-state.tsx";
import { LongText } from "../ui/long-text.tsx";
import { useNow } from "../ui/now.tsx";
import { Revealed } from "../ui/revealed.tsx";
import { useFetched } from "../use-fetched.ts";

const hues = { allow: "green", ask: "accent", deny: "red" } as const satisfies Record<string, Hue>;

/** Its tools in its own words, each with what the rules say. */
export function ToolsTab({ server }: { readonly server: ServerView }) {
  const { api } = useApp();
  const unknown = server.tools === null && server.instances.length > 0;
  useEffect(() => {
    // What is running can be asked; that it has answered comes with the servers' slice.
    if (unknown) void api.call("server.tools", { name: server.name });
  }, [api, server.name, unknown]);
  if (server.tools === null || server.tools.count === 0) {
    return <EmptyState icon={Wrench} title={messages.servers.noTools} text={messages.servers.noToolsText} />;
  }
  return <ToolList key={server.name} server={server.name} listing={server.tools.listing} />;
}

function ToolList({ server, listing }: { readonly server: string; readonly listing: number }) {
  const rules = useSnapshot((snapshot) => snapshot.rules);
  const fallback = useSnapshot((snapshot) => snapshot.settings.defaultEffect);
  const now = useNow(60_000);
  const { result } = useFetched("server.knownTools", { name: server }, String(listing));
  if (result === null) return null;
  if (!result.ok) return <Banner hue="red" live title={<Revealed text={result.error.message} />} />;
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
                  <Badge hue={hues[effect]}>{messages.rules.effects[effect]}</Badge>
                  {exceptions > 0 ? <span className="small faint"> {messages.rules.exceptions(exceptions)}</span> : null}
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
