import { useStore } from "zustand";
import { useApp, useSnapshot, useView } from "../app-context.tsx";
import { messages } from "../messages.ts";
import { Banner } from "../ui/banner.tsx";
import { Button } from "../ui/button.tsx";
import { Revealed } from "../ui/revealed.tsx";
import { useAct } from "../use-act.ts";

/** What stands above every screen while it lasts: a lost connection, a fault, a pause, a vault that cannot be used. */
export function Banners() {
  const { replica, view } = useApp();
  const { screen } = useView();
  const connection = useStore(replica.store, (state) => state.connection);
  const app = useSnapshot((snapshot) => snapshot.app);
  const act = useAct();
  return (
    <div className="banners">
      {connection === "lost" ? (
        <Banner hue="red" live title={messages.shell.connection.lost}>
          {messages.shell.connectionText}
        </Banner>
      ) : null}
      {app.state === "fault" ? (
        <Banner
          hue="red"
          live
          title={messages.shell.faultTitle}
          action={screen === "settings" ? undefined : <Button onClick={() => view.go("settings")}>{messages.shell.faultDoctor}</Button>}
        >
          <Revealed text={app.reason ?? app.journal.fault ?? ""} />
        </Banner>
      ) : null}
      {app.state === "paused" ? (
        <Banner
          hue="amber"
          live
          title={messages.shell.pausedTitle}
          action={<Button onClick={() => void act("gate.resume")}>{messages.shell.resume}</Button>}
        >
          {messages.shell.pausedText}
        </Banner>
      ) : null}
      {app.vault.kind === "ready" || screen === "secrets" ? null : (
        <Banner
          hue="amber"
          live
          title={app.vault.kind === "locked" ? messages.shell.vaultLockedTitle : messages.shell.vaultUnavailableTitle}
          action={<Button onClick={() => view.go("secrets")}>{messages.shell.vaultAction}</Button>}
        >
          {app.vault.kind === "locked" ? messages.shell.vaultLockedText : <Revealed text={app.vault.reason} />}
        </Banner>
      )}
      {app.answerer === "ui" ? null : (
        <Banner hue="amber" title={app.answerer === "terminal" ? messages.shell.answererTerminal : messages.shell.answererDeny} />
      )}
    </div>
  );
}
