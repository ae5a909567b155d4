import "./clients.css";
import { FileSearch, MonitorSmartphone } from "lucide-react";
import type { ClientSession } from "../../shared/model/client.ts";
import { useApp, useSnapshot } from "../app-context.tsx";
import { format } from "../format.ts";
import { messages } from "../messages.ts";
import { Button } from "../ui/button.tsx";
import { Ago } from "../ui/now.tsx";
import { Revealed } from "../ui/revealed.tsx";
import { Screen, ScreenBody } from "../ui/screen.tsx";
import { ConnectSection } from "./connect-section.tsx";
import { DriftSection } from "./drift-section.tsx";
import { HistorySection } from "./history-section.tsx";
import { KnownSection } from "./known-section.tsx";

/** Who is connected, the clients of this machine and their files, what was done to these, and how to connect another. */
export function ClientsScreen() {
  const { view } = useApp();
  const clients = useSnapshot((snapshot) => snapshot.clients);
  const names = [...new Set(clients.map(({ name }) => name))];
  const words = messages.clients;
  return (
    <Screen
      title={words.title}
      actions={
        <Button icon={<FileSearch size={15} aria-hidden="true" />} onClick={() => view.go("welcome")}>
          {messages.migration.clients.look}
        </Button>
      }
    >
      <ScreenBody>
        <DriftSection />
        <section className="section" aria-label={words.list}>
          <h2>{words.list}</h2>
          {clients.length === 0 ? (
            <p className="quiet">
              {words.empty}. {words.emptyText}
            </p>
          ) : (
            <ul className="rows">
              {names.map((name) => (
                <ClientRow key={name} name={name} sessions={clients.filter((client) => client.name === name)} />
              ))}
            </ul>
          )}
        </section>
        <KnownSection />
        <HistorySection />
        <ConnectSection />
      </ScreenBody>
    </Screen>
  );
}

function ClientRow({ name, sessions }: { readonly name: string; readonly sessions: readonly ClientSession[] }) {
  const words = messages.clients;
  const says = [...new Set(sessions.map((session) => session.says).filter((one) => one !== null))];
  const calls = sessions.reduce((sum, session) => sum + session.calls, 0);
  return (
    <li>
      <MonitorSmartphone size={16} className="faint" aria-hidden="true" />
      <div className="grow">
        <p>
          <span className="strong">
            <Revealed text={name} line />
          </span>{" "}
          {says.length === 0 ? null : (
            <span className="small faint unbroken">
              {words.says("")}
              <Revealed text={format.list(says)} line />
            </span>
          )}
        </p>
        <ul className="small quiet">
          {sessions.map((session) => (
            <li key={session.id}>
              → <Revealed text={session.server} line /> · {words.calls(session.calls)} · <Ago at={session.connectedAt} />
            </li>
          ))}
        </ul>
      </div>
      <span className="small quiet">
        {words.sessions(sessions.length)} · {words.calls(calls)}
      </span>
    </li>
  );
}
