import { useEffect, useState } from "react";
import { useStore } from "zustand";
import type { Output } from "../../shared/ipc/contract.ts";
import type { AppView } from "../../shared/model/snapshot.ts";
import { useApp, useSnapshot, useView } from "../app-context.tsx";
import { messages } from "../messages.ts";
import { Banner } from "../ui/banner.tsx";
import { Button } from "../ui/button.tsx";
import { Confirm } from "../ui/confirm.tsx";
import { Revealed } from "../ui/revealed.tsx";
import { useOpener } from "../ui/use-focus.ts";
import { useAct } from "../use-act.ts";

/** A restart takes less. */
const lateMs = 10_000;

/** What stands above every screen while it lasts: a lost connection, a fault, a pause, a vault that cannot be used. */
export function Banners() {
  const { replica, view } = useApp();
  const { screen } = useView();
  const connection = useStore(replica.store, (state) => state.connection);
  const app = useSnapshot((snapshot) => snapshot.app);
  const act = useAct();
  return (
    <div className="banners">
      {connection === "lost" ? <LostBanner /> : null}
      {connection === "displaced" ? (
        <Banner hue="amber" live title={messages.shell.connection.displaced}>
          {messages.shell.displacedText}
        </Banner>
      ) : null}
      {app.state === "fault" ? <FaultBanner app={app} /> : null}
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
      {app.vault.kind === "ready" || screen === "secrets" || screen === "welcome" ? null : (
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

/** Trying again helps for a while, and never where this page is no longer let in: then it says what does. */
function LostBanner() {
  const { replica } = useApp();
  const signedOut = useStore(replica.store, ({ failure }) => failure?.code === "not-allowed");
  const [late, setLate] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), lateMs);
    return () => clearTimeout(timer);
  }, []);
  return (
    <Banner hue="red" live title={signedOut ? messages.errors.signedOut : messages.shell.connection.lost}>
      {signedOut ? (
        messages.errors.signedOutHint
      ) : (
        <>
          {messages.shell.connectionText} {late ? messages.shell.connectionLate : null}
        </>
      )}
    </Banner>
  );
}

/** What is broken, and for a journal that cannot be trusted the way out: it is put aside, untouched. */
function FaultBanner({ app }: { readonly app: AppView }) {
  const { view } = useApp();
  const { screen } = useView();
  const act = useAct();
  const [asking, setAsking] = useState(false);
  const [busy, setBusy] = useState(false);
  const opener = useOpener(asking);
  const [aside, setAside] = useState<Output<"journal.archive"> | null>(null);
  const words = messages.shell;
  const putAside = async (): Promise<void> => {
    setBusy(true);
    const archived = await act("journal.archive");
    setBusy(false);
    setAsking(false);
    if (archived.ok) setAside(archived.value);
  };
  if (aside !== null) {
    return (
      <Banner
        hue={aside.anchored ? "amber" : "red"}
        live
        title={aside.anchored ? words.journalAside.done : words.journalAside.half}
        action={
          aside.anchored ? (
            <Button onClick={() => void act("app.quit")}>{words.journalAside.quit}</Button>
          ) : (
            <Button aria-disabled={busy} onClick={() => void putAside()}>
              {words.journalAside.again}
            </Button>
          )
        }
      >
        <p>
          <Revealed text={words.journalAside.kept(aside.file)} />
        </p>
        {aside.anchored ? null : <p>{words.journalAside.notAnchored}</p>}
      </Banner>
    );
  }
  return (
    <Banner
      hue="red"
      live
      title={words.faultTitle}
      action={
        asking ? undefined : (
          <div className="actions">
            {screen === "settings" ? null : <Button onClick={() => view.go("settings")}>{words.faultDoctor}</Button>}
            {app.journal.fault === null ? null : (
              <Button ref={opener} onClick={() => setAsking(true)}>
                {words.journalAside.ask}…
              </Button>
            )}
          </div>
        )
      }
    >
      <p>
        <Revealed text={app.reason ?? app.journal.fault ?? ""} />
      </p>
      {asking ? (
        <Confirm title={words.journalAside.question} text={words.journalAside.text} onCancel={() => setAsking(false)}>
          <Button look="danger" aria-disabled={busy} onClick={() => void putAside()}>
            {words.journalAside.ask}
          </Button>
        </Confirm>
      ) : null}
    </Banner>
  );
}
