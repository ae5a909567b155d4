import "./activity.css";
import { Activity, Search, SearchX } from "lucide-react";
import { useDeferredValue, useState } from "react";
import { useStore } from "zustand";
import type { JournalVerdict } from "../../shared/model/journal-entry.ts";
import { useApp, useSnapshot } from "../app-context.tsx";
import { messages } from "../messages.ts";
import { Button } from "../ui/button.tsx";
import { EmptyState } from "../ui/empty-state.tsx";
import { Screen } from "../ui/screen.tsx";
import { Select } from "../ui/select.tsx";
import { ActivityLog } from "./activity-log.tsx";
import { JournalActions, Verdict } from "./journal-actions.tsx";
import { groups, wholeLog, type Group, type LogView } from "./log-view.ts";
import { noFilters, queryOf, type Filters } from "./use-journal.ts";

const groupNames = Object.keys(groups) as Group[];

const any = "";

/** What happened, newest first. New rows come in at the top only while nobody is reading. */
export function ActivityScreen() {
  const { view } = useApp();
  const servers = useSnapshot((snapshot) => snapshot.servers);
  const clients = useSnapshot((snapshot) => snapshot.clients);
  const { group, server, client, text } = useStore(view.store, ({ logView }) => logView);
  const ask = (more: Partial<LogView>): void => view.setLogView({ ...view.store.getState().logView, ...more });
  const [verdict, setVerdict] = useState<JournalVerdict | null>(null);
  const searched = useDeferredValue(text);
  const filters: Filters = {
    ...noFilters,
    kinds: groups[group],
    server: server === any ? null : server,
    client: client === any ? null : client,
    text: searched,
  };
  const filtered = group !== "all" || server !== any || client !== any || text.trim() !== "";
  const words = messages.activity;
  const clear = (): void => ask(wholeLog);
  return (
    <Screen title={words.title} actions={<JournalActions filters={filters} onVerdict={setVerdict} />}>
      <search className="filters">
        <div className="search-input">
          <Search size={14} aria-hidden="true" />
          <input
            className="input"
            type="search"
            aria-label={words.search}
            placeholder={words.search}
            value={text}
            onChange={(event) => ask({ text: event.target.value })}
          />
        </div>
        <Select
          label={words.show}
          value={group}
          options={groupNames.map((value) => ({ value, label: words.filters[value] }))}
          onChange={(next) => ask({ group: next })}
        />
        <Select
          label={words.server}
          value={server}
          options={[{ value: any, label: words.anyServer }, ...servers.map(({ name }) => ({ value: name, label: name }))]}
          onChange={(next) => ask({ server: next })}
        />
        <Select
          label={words.client}
          value={client}
          options={[
            { value: any, label: words.anyClient },
            ...[...new Set(clients.map(({ name }) => name))].map((name) => ({ value: name, label: name })),
          ]}
          onChange={(next) => ask({ client: next })}
        />
        {filtered ? (
          <Button look="ghost" onClick={clear}>
            {words.clearFilters}
          </Button>
        ) : null}
      </search>
      {verdict === null ? null : <Verdict verdict={verdict} onClose={() => setVerdict(null)} />}
      <ActivityLog
        key={JSON.stringify(queryOf(filters))}
        filters={filters}
        empty={
          filtered ? (
            <EmptyState
              icon={SearchX}
              title={words.noMatch}
              text={words.noMatchText}
              action={<Button onClick={clear}>{words.clearFilters}</Button>}
            />
          ) : (
            <EmptyState
              icon={Activity}
              title={words.empty}
              text={words.emptyText}
              action={<Button onClick={() => view.go("clients")}>{words.emptyAction}</Button>}
            />
          )
        }
      />
    </Screen>
  );
}
