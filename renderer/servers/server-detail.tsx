import { Tabs } from "@base-ui/react/tabs";
import { Pencil, Play, Power, Square, Trash2 } from "lucide-react";
import { useState, type RefObject } from "react";
import { useStore } from "zustand";
import type { ServerView } from "../../shared/model/server.ts";
import { useApp } from "../app-context.tsx";
import { format } from "../format.ts";
import { messages } from "../messages.ts";
import { Banner } from "../ui/banner.tsx";
import { Button } from "../ui/button.tsx";
import { Confirm } from "../ui/confirm.tsx";
import { LongText } from "../ui/long-text.tsx";
import { Ago } from "../ui/now.tsx";
import { Revealed } from "../ui/revealed.tsx";
import { useToasts } from "../ui/toaster.tsx";
import { useOpener } from "../ui/use-focus.ts";
import { useAct } from "../use-act.ts";
import { draftOf } from "./edit-draft.ts";
import { ServerEditForm } from "./server-edit-form.tsx";
import { Argv, ServerReview } from "./server-review.tsx";
import { SandboxTab } from "./sandbox-tab.tsx";
import { StderrTab } from "./stderr-tab.tsx";
import { StateDot, stateWords } from "./server-state.tsx";
import { ToolsTab } from "./tools-tab.tsx";

/** Everything about one server; while it is edited, the form for that. */
export function ServerDetail({ server }: { readonly server: ServerView }) {
  const { view } = useApp();
  const draft = useStore(view.store, ({ serverEdits }) => serverEdits.get(server.name));
  const editor = useOpener(draft !== undefined);
  return draft === undefined ? <Facts server={server} editor={editor} /> : <ServerEditForm server={server} draft={draft} />;
}

interface FactsProps {
  readonly server: ServerView;
  /** The button that opens the form. */
  readonly editor: RefObject<HTMLButtonElement | null>;
}

function Facts({ server, editor }: FactsProps) {
  const { state } = server;
  const review = state.kind === "new" || state.kind === "changed";
  const words = messages.servers;
  return (
    <div className="split-pad">
      <header className="detail-head">
        <div className="unbroken">
          <h2>
            <Revealed text={server.name} line />
          </h2>
          <p className="detail-state">
            <StateDot state={state} />
            <span className="unbroken">
              {stateWords(state)}
              {state.kind === "installing" ? (
                <>
                  {": "}
                  <Revealed text={state.step} line />
                </>
              ) : null}
            </span>
          </p>
        </div>
        <ServerActions server={server} editor={editor} />
      </header>
      {state.kind === "failed" ? (
        <Banner hue="red" live title={<Revealed text={state.error.message} />}>
          <p>
            {state.error.hint === undefined ? null : <Revealed text={state.error.hint} />}{" "}
            <span className="faint">
              <Ago at={state.at} />
            </span>
          </p>
        </Banner>
      ) : null}
      {server.sandbox.kind === "waived" ? (
        <Banner hue="red" title={words.waivedTitle}>
          {words.waivedText}
        </Banner>
      ) : null}
      {server.sandbox.kind === "cannot-box" ? (
        <Banner hue="red" title={words.cannotBoxTitle}>
          <Revealed text={server.sandbox.reason ?? ""} />
        </Banner>
      ) : null}
      {review ? <ServerReview server={server} /> : null}
      <Tabs.Root defaultValue={state.kind === "failed" ? "stderr" : "overview"}>
        <Tabs.List className="tabs-list">
          {(["overview", "tools", "sandbox", "stderr"] as const).map((tab) => (
            <Tabs.Tab key={tab} value={tab} className="tab">
              {words.tabs[tab]}
              {tab === "tools" && server.tools !== null ? <span className="faint"> {format.number(server.tools.count)}</span> : null}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        <Tabs.Panel value="overview" className="tab-panel">
          <Overview server={server} showCommand={!review} />
        </Tabs.Panel>
        <Tabs.Panel value="tools" className="tab-panel">
          <ToolsTab server={server} />
        </Tabs.Panel>
        <Tabs.Panel value="sandbox" className="tab-panel">
          <SandboxTab server={server} />
        </Tabs.Panel>
        <Tabs.Panel value="stderr" className="tab-panel">
          <StderrTab server={server} />
        </Tabs.Panel>
      </Tabs.Root>
    </div>
  );
}

function ServerActions({ server, editor }: FactsProps) {
  const { view } = useApp();
  const act = useAct();
  const toasts = useToasts();
  const [busy, setBusy] = useState(false);
  const [asking, setAsking] = useState(false);
  const opener = useOpener(asking);
  const { name, state } = server;
  const words = messages.servers;
  const disabled = state.kind === "disabled";
  const startable = state.kind === "idle" || state.kind === "failed" || state.kind === "running";

  const start = async (): Promise<void> => {
    setBusy(true);
    const result = await act("server.start", { name });
    setBusy(false);
    if (result.ok) toasts.say(words.started(name, result.value.tools?.count ?? 0));
  };
  const stop = async (): Promise<void> => {
    const result = await act("server.stop", { name });
    if (result.ok) toasts.say(words.stopped(name));
  };
  const restore = async (): Promise<void> => {
    const restored = await act("server.restore", { name });
    if (!restored.ok) return;
    view.go("servers", name);
    toasts.say(words.restored(name));
  };
  const remove = async (): Promise<void> => {
    setBusy(true);
    const removed = await act("server.remove", { name });
    setBusy(false);
    if (!removed.ok) return;
    view.go("servers");
    toasts.undoable(words.removed(name), () => void restore());
  };

  return (
    <div className="actions">
      {startable && server.instances.length === 0 ? (
        <Button icon={<Play size={14} aria-hidden="true" />} aria-disabled={busy} onClick={() => void start()}>
          {words.start}
        </Button>
      ) : null}
      {server.instances.length > 0 || state.kind === "starting" ? (
        <Button icon={<Square size={13} aria-hidden="true" />} onClick={() => void stop()}>
          {words.stop}
        </Button>
      ) : null}
      <Button ref={editor} icon={<Pencil size={13} aria-hidden="true" />} onClick={() => view.setServerEdit(name, draftOf(server))}>
        {words.edit}
      </Button>
      <Button icon={<Power size={14} aria-hidden="true" />} onClick={() => void act("server.setDisabled", { name, disabled: !disabled })}>
        {disabled ? words.turnOn : words.turnOff}
      </Button>
      {asking ? (
        <Confirm title={words.removeTitle(name)} text={words.removeText} onCancel={() => setAsking(false)}>
          <Button look="danger" aria-disabled={busy} onClick={() => void remove()}>
            {words.remove}
          </Button>
        </Confirm>
      ) : (
        <Button ref={opener} look="danger" icon={<Trash2 size={14} aria-hidden="true" />} onClick={() => setAsking(true)}>
          {words.remove}
        </Button>
      )}
    </div>
  );
}

function Overview({ server, showCommand }: { readonly server: ServerView; readonly showCommand: boolean }) {
  const words = messages.servers;
  return (
    <div className="section">
      {showCommand ? (
        <div className="field">
          <span className="label">{words.command}</span>
          <Argv command={server.command} args={server.args} />
        </div>
      ) : null}
      <dl className="facts">
        {server.cwd === null ? null : (
          <>
            <dt>{words.cwd}</dt>
            <dd className="mono">
              <Revealed text={server.cwd} line />
            </dd>
          </>
        )}
        <dt>{words.environment}</dt>
        <dd>
          {server.env.length === 0 ? (
            <span className="quiet">{words.noEnvironment}</span>
          ) : (
            <ul>
              {server.env.map(({ name, references }) => (
                <li key={name}>
                  <code>
                    <Revealed text={name} line />
                  </code>{" "}
                  <span className="quiet">
                    {references.length === 0 ? (
                      words.plainValue
                    ) : (
                      <Revealed text={references.map((reference) => `keychain:${reference}`).join(", ")} line />
                    )}
                  </span>
                </li>
              ))}
            </ul>
          )}
        </dd>
        <dt>{words.clients}</dt>
        <dd>
          {server.instances.length === 0 ? (
            <span className="quiet">{words.noClients}</span>
          ) : (
            <ul>
              {server.instances.map((instance) => (
                <li key={instance.id}>
                  <Revealed text={instance.client} line />{" "}
                  <span className="quiet">
                    {[
                      ...(instance.pid === null ? [] : [words.process(instance.pid)]),
                      ...(instance.memoryBytes === null ? [] : [format.bytes(instance.memoryBytes)]),
                    ].join(" · ")}{" "}
                    · <Ago at={instance.startedAt} />
                  </span>
                </li>
              ))}
            </ul>
          )}
        </dd>
        {server.package === null ? null : (
          <>
            <dt>{words.package}</dt>
            <dd>
              <code>
                <Revealed text={`${server.package.name}@${server.package.version}`} line />
              </code>{" "}
              <span className="quiet">
                {words.installed("")}
                <Ago at={server.package.installedAt} />
              </span>
            </dd>
            <dt>{words.integrity}</dt>
            <dd className="mono quiet">
              <LongText text={server.package.integrity} limit={120} line />
            </dd>
          </>
        )}
      </dl>
    </div>
  );
}
