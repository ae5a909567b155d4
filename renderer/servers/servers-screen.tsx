import "./servers.css";
import { Plus, Server } from "lucide-react";
import type { ServerView } from "../../shared/model/server.ts";
import { useApp, useSnapshot, useView } from "../app-context.tsx";
import { format } from "../format.ts";
import { messages } from "../messages.ts";
import { Badge } from "../ui/badge.tsx";
import { Button } from "../ui/button.tsx";
import { EmptyState } from "../ui/empty-state.tsx";
import { Revealed } from "../ui/revealed.tsx";
import { Screen, Split } from "../ui/screen.tsx";
import { ServerDetail } from "./server-detail.tsx";
import { ServerForm } from "./server-form.tsx";
import { StateDot, stateWords } from "./server-state.tsx";

/** What stands in the address for the form; no server can have this name (it begins with a dash). */
const formAddress = "-new";

/** The servers, each with what it may touch, and the one that is open. */
export function ServersScreen() {
  const { view } = useApp();
  const { selected } = useView();
  const servers = useSnapshot((snapshot) => snapshot.servers);
  const open = servers.find(({ name }) => name === selected);
  const add = (
    <Button
      look={servers.length === 0 ? "primary" : "plain"}
      icon={<Plus size={15} aria-hidden="true" />}
      onClick={() => view.go("servers", formAddress)}
    >
      {messages.servers.add}
    </Button>
  );
  if (servers.length === 0 && selected !== formAddress) {
    return (
      <Screen title={messages.servers.title}>
        <EmptyState icon={Server} title={messages.servers.empty} text={messages.servers.emptyText} action={add} />
      </Screen>
    );
  }
  return (
    <Screen title={messages.servers.title} actions={selected === formAddress ? undefined : add}>
      <Split
        label={messages.servers.list}
        open={open !== undefined || selected === formAddress}
        onBack={() => view.go("servers")}
        list={
          <ul>
            {servers.map((server) => (
              <li key={server.name}>
                <ServerItem server={server} current={server.name === selected} onOpen={() => view.go("servers", server.name)} />
              </li>
            ))}
          </ul>
        }
      >
        {selected === formAddress ? (
          <ServerForm onDone={(name) => view.go("servers", name)} />
        ) : open === undefined ? (
          <EmptyState icon={Server} title={messages.servers.choose} text={messages.servers.chooseText} />
        ) : (
          <ServerDetail key={open.name} server={open} />
        )}
      </Split>
    </Screen>
  );
}

function ServerItem({ server, current, onOpen }: { readonly server: ServerView; readonly current: boolean; readonly onOpen: () => void }) {
  const memory = server.instances.reduce((sum, { memoryBytes }) => sum + (memoryBytes ?? 0), 0);
  const { kind } = server.sandbox;
  const meta = [
    stateWords(server.state),
    ...(server.callsToday > 0 ? [messages.servers.calls(server.callsToday)] : []),
    ...(memory > 0 ? [format.bytes(memory)] : []),
  ];
  return (
    <button type="button" className="list-item" aria-current={current ? "true" : undefined} onClick={onOpen}>
      <span className="list-item-head">
        <StateDot state={server.state} />
        <span className="one-line">
          <Revealed text={server.name} line />
        </span>
        {kind === "boxed" ? null : (
          <span className="end">
            <Badge hue="red">{kind === "waived" ? messages.servers.waived : messages.servers.cannotBox}</Badge>
          </span>
        )}
      </span>
      <span className={kind === "boxed" ? "server-touch" : "server-touch waived"}>
        <Revealed text={messages.servers.touches(server.sandbox, server.secrets.length).join(" · ")} line />
      </span>
      <span className="server-meta">{meta.map((part) => part.replaceAll(" ", "\u00a0")).join(" · ")}</span>
    </button>
  );
}
