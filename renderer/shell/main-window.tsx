import { Activity, Hand, KeyRound, MonitorSmartphone, Pause, Play, ScrollText, Server, Settings, type LucideIcon } from "lucide-react";
import { useEffect, useRef, type ReactNode } from "react";
import { useStore } from "zustand";
import type { AppView } from "../../shared/model/snapshot.ts";
import { ActivityScreen } from "../activity/activity-screen.tsx";
import { useApp, useSnapshot, useView } from "../app-context.tsx";
import { ApprovalsScreen } from "../approvals/approvals-screen.tsx";
import { ClientsScreen } from "../clients/clients-screen.tsx";
import { format } from "../format.ts";
import { messages } from "../messages.ts";
import { RulesScreen } from "../rules/rules-screen.tsx";
import { SecretsScreen } from "../secrets/secrets-screen.tsx";
import { ServersScreen } from "../servers/servers-screen.tsx";
import { SettingsScreen } from "../settings/settings-screen.tsx";
import { Dot } from "../ui/badge.tsx";
import { Button } from "../ui/button.tsx";
import { useKeptFocus } from "../ui/use-focus.ts";
import { ErrorBoundary } from "../ui/error-boundary.tsx";
import { PortcullisMark } from "../ui/portcullis-mark.tsx";
import { useAct } from "../use-act.ts";
import { screens, type Screen } from "../view.ts";
import { firstStart, isFirstStart } from "../welcome/first-start.ts";
import { MigrationProvider, useLogState } from "../welcome/migration-context.tsx";
import { WelcomeScreen } from "../welcome/welcome-screen.tsx";
import { Banners } from "./banners.tsx";

type RailScreen = (typeof screens)[number];

const icons: Readonly<Record<RailScreen, LucideIcon>> = {
  approvals: Hand,
  activity: Activity,
  servers: Server,
  clients: MonitorSmartphone,
  secrets: KeyRound,
  rules: ScrollText,
  settings: Settings,
};

const contents: Readonly<Record<RailScreen, () => ReactNode>> = {
  approvals: ApprovalsScreen,
  activity: ActivityScreen,
  servers: ServersScreen,
  clients: ClientsScreen,
  secrets: SecretsScreen,
  rules: RulesScreen,
  settings: SettingsScreen,
};

const dots = { idle: "green", waiting: "busy", paused: "amber", fault: "red" } as const satisfies Record<AppView["state"], string>;

/** The main window: the wizard, or the rail, what is the matter, and one screen. */
export function MainWindow() {
  return (
    <MigrationProvider>
      <FirstStart />
      <Announcement />
      <Content />
    </MigrationProvider>
  );
}

/** Brings the wizard up where there is nothing else to show yet. */
function FirstStart() {
  const { view } = useApp();
  const servers = useSnapshot((snapshot) => snapshot.servers.length);
  const history = useLogState((state) => state.history);
  const decided = useRef(false);
  useEffect(() => {
    if (decided.current || history === null) return;
    decided.current = true;
    if (isFirstStart(window, servers, history)) view.go("welcome", firstStart);
  }, [view, servers, history]);
  return null;
}

/** How many wait, read out when that changes, whatever screen is open. */
function Announcement() {
  const waiting = useSnapshot((snapshot) => snapshot.approvals.length);
  return <output className="sr-only">{waiting === 0 ? null : messages.shell.waiting(waiting)}</output>;
}

function Content() {
  const { screen } = useView();
  const waiting = useSnapshot((snapshot) => snapshot.approvals.length);
  const content = useRef<HTMLElement>(null);
  const last = useRef(screen);
  useKeptFocus(content);
  useEffect(() => {
    document.title = messages.shell.pageTitle(`${messages.shell.screens[screen]} · ${messages.shell.name}`, waiting);
  }, [screen, waiting]);
  useEffect(() => {
    if (last.current === screen) return;
    last.current = screen;
    content.current?.focus({ preventScroll: true });
  }, [screen]);
  if (screen === "welcome") {
    return (
      <ErrorBoundary key={screen}>
        <WelcomeScreen />
      </ErrorBoundary>
    );
  }
  const Current = contents[screen];
  return (
    <div className="shell">
      <a className="skip" href="#content" onClick={(event) => (event.preventDefault(), content.current?.focus())}>
        {messages.shell.skip}
      </a>
      <Rail screen={screen} />
      <main className="content" id="content" ref={content} tabIndex={-1} aria-label={messages.shell.screens[screen]}>
        <Banners />
        <ErrorBoundary key={screen}>
          <Current />
        </ErrorBoundary>
      </main>
    </div>
  );
}

function Rail({ screen }: { readonly screen: Screen }) {
  const { replica, view } = useApp();
  const connection = useStore(replica.store, (state) => state.connection);
  const lost = connection === "lost" || connection === "displaced";
  const state = useSnapshot((snapshot) => snapshot.app.state);
  const waiting = useSnapshot((snapshot) => snapshot.approvals.length);
  const unaccepted = useSnapshot(
    (snapshot) => snapshot.servers.filter(({ state: { kind } }) => kind === "new" || kind === "changed").length,
  );
  const drifted = useLogState((state) => state.drift.length);
  const act = useAct();
  const paused = state === "paused";
  return (
    <header className="rail">
      <div className="rail-brand">
        <PortcullisMark lowered={paused || state === "fault"} />
        <span>{messages.shell.name}</span>
      </div>
      <nav aria-label={messages.shell.navigation}>
        <ul className="rail-list">
          {screens.map((name) => {
            const Icon = icons[name];
            return (
              <li key={name}>
                <a
                  className="rail-item"
                  href={`#/${name}`}
                  title={messages.shell.screens[name]}
                  aria-current={name === screen ? "page" : undefined}
                  onClick={(event) => {
                    event.preventDefault();
                    view.go(name);
                  }}
                >
                  <Icon size={16} aria-hidden="true" />
                  <span className="rail-name">{messages.shell.screens[name]}</span>
                  {name === "approvals" && waiting > 0 ? (
                    <RailCount value={waiting} look="" words={messages.shell.waiting(waiting)} />
                  ) : null}
                  {name === "clients" && drifted > 0 ? (
                    <RailCount value={drifted} look="amber-count" words={messages.shell.drifted(drifted)} />
                  ) : null}
                  {name === "servers" && unaccepted > 0 ? (
                    <RailCount value={unaccepted} look="amber-count" words={messages.shell.unaccepted(unaccepted)} />
                  ) : null}
                </a>
              </li>
            );
          })}
        </ul>
      </nav>
      <div className="rail-gap" />
      <div className="rail-state">
        <p className="rail-state-line" title={lost ? messages.shell.connection[connection] : messages.shell.stateHint[state]}>
          <Dot look={lost ? "hollow" : dots[state]} />
          <span>{lost ? messages.shell.notConnected : messages.shell.state[state]}</span>
        </p>
        <Button
          icon={paused ? <Play size={14} aria-hidden="true" /> : <Pause size={14} aria-hidden="true" />}
          title={paused ? messages.shell.stateHint.paused : messages.shell.pauseHint}
          onClick={() => void act(paused ? "gate.resume" : "gate.pause")}
        >
          <span>{paused ? messages.shell.resume : messages.shell.pause}</span>
        </Button>
      </div>
    </header>
  );
}

function RailCount({ value, look, words }: { readonly value: number; readonly look: string; readonly words: string }) {
  return (
    <span className={`rail-count ${look}`}>
      <span aria-hidden="true">{format.number(value)}</span>
      <span className="sr-only">{words}</span>
    </span>
  );
}
