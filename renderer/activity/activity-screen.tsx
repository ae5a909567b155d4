import "./activity.css";
import { Menu } from "@base-ui/react/menu";
import { useVirtualizer } from "@tanstack/react-virtual";
import { Activity, ArrowUp, Download, Search, SearchX, ShieldCheck } from "lucide-react";
import { useCallback, useDeferredValue, useEffect, useRef, useState } from "react";
import type { JournalKind, JournalVerdict } from "../../shared/model/journal-entry.ts";
import { useApp, useSnapshot } from "../app-context.tsx";
import { format } from "../format.ts";
import { messages } from "../messages.ts";
import { Banner } from "../ui/banner.tsx";
import { Button } from "../ui/button.tsx";
import { EmptyState } from "../ui/empty-state.tsx";
import { Revealed } from "../ui/revealed.tsx";
import { Screen } from "../ui/screen.tsx";
import { Select } from "../ui/select.tsx";
import { useToasts } from "../ui/toaster.tsx";
import { useAct } from "../use-act.ts";
import { ActivityLine } from "./activity-row.tsx";
import { noFilters, queryOf, useJournal, type Filters } from "./use-journal.ts";

const groups = {
  all: null,
  calls: ["call-asked", "call-dispatched", "call-denied", "call-finished"],
  denied: ["call-denied", "server-refused"],
  servers: [
    "server-accepted",
    "server-installed",
    "server-launched",
    "server-refused",
    "server-stopped",
    "client-connected",
    "client-disconnected",
  ],
  secrets: ["secret-stored", "secret-deleted", "secret-used"],
  settings: [
    "rule-added",
    "rule-removed",
    "settings-changed",
    "gate-paused",
    "gate-resumed",
    "journal-exported",
    "app-started",
    "app-stopped",
  ],
} as const satisfies Record<string, readonly JournalKind[] | null>;
type Group = keyof typeof groups;
const groupNames = Object.keys(groups) as Group[];

const any = "";

/** What happened, newest first. New rows come in at the top only while nobody is reading. */
export function ActivityScreen() {
  const { view } = useApp();
  const servers = useSnapshot((snapshot) => snapshot.servers);
  const clients = useSnapshot((snapshot) => snapshot.clients);
  const [group, setGroup] = useState<Group>("all");
  const [server, setServer] = useState(any);
  const [client, setClient] = useState(any);
  const [text, setText] = useState("");
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
  const clear = (): void => {
    setGroup("all");
    setServer(any);
    setClient(any);
    setText("");
  };
  return (
    <Screen title={words.title} actions={<JournalActions filters={filters} onVerdict={setVerdict} />}>
      <div className="filters" role="search">
        <div className="search-input">
          <Search size={14} aria-hidden="true" />
          <input
            className="input"
            type="search"
            aria-label={words.search}
            placeholder={words.search}
            value={text}
            onChange={(event) => setText(event.target.value)}
          />
        </div>
        <Select
          label={words.show}
          value={group}
          options={groupNames.map((value) => ({ value, label: words.filters[value] }))}
          onChange={setGroup}
        />
        <Select
          label={words.server}
          value={server}
          options={[{ value: any, label: words.anyServer }, ...servers.map(({ name }) => ({ value: name, label: name }))]}
          onChange={setServer}
        />
        <Select
          label={words.client}
          value={client}
          options={[
            { value: any, label: words.anyClient },
            ...[...new Set(clients.map(({ name }) => name))].map((name) => ({ value: name, label: name })),
          ]}
          onChange={setClient}
        />
        {filtered ? (
          <Button look="ghost" onClick={clear}>
            {words.clearFilters}
          </Button>
        ) : null}
      </div>
      {verdict === null ? null : <Verdict verdict={verdict} onClose={() => setVerdict(null)} />}
      <Log
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

function Log({ filters, empty }: { readonly filters: Filters; readonly empty: React.ReactNode }) {
  const scroller = useRef<HTMLDivElement>(null);
  const [open, setOpen] = useState<ReadonlySet<string>>(() => new Set());
  const reading = useRef({ pointer: false, open: false });
  const held = useCallback(() => reading.current.pointer || reading.current.open || (scroller.current?.scrollTop ?? 0) > 4, []);
  const journal = useJournal(filters, held);
  const { rows, more, loadMore } = journal;
  const virtualizer = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    getItemKey: (index) => rows[index]?.key ?? index,
    estimateSize: () => 33,
    overscan: 10,
  });
  const items = virtualizer.getVirtualItems();
  const lastShown = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (lastShown >= rows.length - 15) loadMore();
  }, [lastShown, loadMore, rows.length]);
  useEffect(() => {
    reading.current.open = open.size > 0;
  }, [open]);

  if (journal.problem !== null) {
    return (
      <div className="verdict">
        <Banner hue="red" live title={<Revealed text={journal.problem.message} />}>
          {journal.problem.hint === undefined ? null : <Revealed text={journal.problem.hint} />}
        </Banner>
      </div>
    );
  }
  if (rows.length === 0 && !journal.loading && journal.fresh === 0) return empty;
  return (
    <div className="log-frame">
      {journal.fresh === 0 ? null : (
        <div className="fresh-pill">
          <Button
            look="primary"
            icon={<ArrowUp size={14} aria-hidden="true" />}
            aria-label={messages.activity.freshLong(journal.fresh)}
            onClick={() => {
              journal.takeFresh();
              scroller.current?.scrollTo({ top: 0 });
            }}
          >
            {messages.activity.fresh(journal.fresh)}
          </Button>
        </div>
      )}
      <div
        ref={scroller}
        className="log-scroll"
        onPointerEnter={() => (reading.current.pointer = true)}
        onPointerLeave={() => (reading.current.pointer = false)}
      >
        <ul className="log-rows" aria-label={messages.activity.list} style={{ blockSize: virtualizer.getTotalSize() }}>
          {items.map(({ index, start, key }) => {
            const row = rows[index];
            if (row === undefined) return null;
            const isOpen = open.has(row.key);
            return (
              <li
                key={key}
                data-index={index}
                ref={virtualizer.measureElement}
                className={isOpen ? "log-row open" : "log-row"}
                style={{ transform: `translateY(${String(start)}px)` }}
              >
                <ActivityLine
                  row={row}
                  open={isOpen}
                  onToggle={() => setOpen((all) => new Set(isOpen ? [...all].filter((other) => other !== row.key) : [...all, row.key]))}
                />
              </li>
            );
          })}
        </ul>
        <p className="log-end" role="status">
          {journal.loading ? messages.activity.loadingMore : more ? "" : messages.activity.start}
        </p>
      </div>
    </div>
  );
}

function JournalActions({ filters, onVerdict }: { readonly filters: Filters; readonly onVerdict: (verdict: JournalVerdict) => void }) {
  const act = useAct();
  const toasts = useToasts();
  const [verifying, setVerifying] = useState(false);
  const words = messages.activity;
  const verify = async (): Promise<void> => {
    setVerifying(true);
    const result = await act("journal.verify");
    setVerifying(false);
    if (result.ok) onVerdict(result.value);
  };
  const save = async (kind: "jsonl" | "csv"): Promise<void> => {
    const result = await act("journal.export", { format: kind, query: queryOf(filters) });
    if (!result.ok) return;
    download(result.value.text, `portcullis-journal.${kind}`, kind === "csv" ? "text/csv" : "application/x-ndjson");
    toasts.say(words.exported(result.value.records));
  };
  return (
    <>
      <Button icon={<ShieldCheck size={15} aria-hidden="true" />} aria-disabled={verifying} onClick={() => void verify()}>
        {verifying ? words.verifying : words.verify}
      </Button>
      <Menu.Root modal={false}>
        <Menu.Trigger render={<Button icon={<Download size={15} aria-hidden="true" />}>{words.export}</Button>} />
        <Menu.Portal>
          <Menu.Positioner sideOffset={4} align="end">
            <Menu.Popup className="select-popup">
              <Menu.Item className="menu-item" onClick={() => void save("jsonl")}>
                {words.exportJsonl}
              </Menu.Item>
              <Menu.Item className="menu-item" onClick={() => void save("csv")}>
                {words.exportCsv}
              </Menu.Item>
            </Menu.Popup>
          </Menu.Positioner>
        </Menu.Portal>
      </Menu.Root>
    </>
  );
}

function Verdict({ verdict, onClose }: { readonly verdict: JournalVerdict; readonly onClose: () => void }) {
  const words = messages.activity;
  const close = <Button onClick={onClose}>{messages.common.dismiss}</Button>;
  return (
    <div className="verdict">
      {verdict.kind === "intact" ? (
        <Banner live title={words.intact(verdict.records)} action={close}>
          {words.anchored(verdict.anchor, verdict.anchoredAt === null ? null : format.relative(verdict.anchoredAt, Date.now()))}{" "}
          <code className="faint unbroken">{verdict.head}</code>
        </Banner>
      ) : (
        <Banner hue="red" live title={verdict.kind === "bad" ? words.bad(format.number(verdict.seq)) : words.unreadable} action={close}>
          <Revealed text={verdict.reason} /> {verdict.kind === "bad" ? words.badHint : null}
        </Banner>
      )}
    </div>
  );
}

/** Hands a text to the browser's own download. */
function download(text: string, name: string, type: string): void {
  const url = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
