import { useState } from "react";
import { useSnapshot } from "../app-context.tsx";
import { messages } from "../messages.ts";
import { Unlock } from "../secrets/unlock-form.tsx";
import { Button } from "../ui/button.tsx";
import { Revealed } from "../ui/revealed.tsx";
import { Segmented } from "../ui/segmented.tsx";
import { useToasts } from "../ui/toaster.tsx";
import { useOpener } from "../ui/use-focus.ts";
import { useAct } from "../use-act.ts";
import { ChangePassphrase, ChooseFile } from "./passphrase-forms.tsx";
import { Group, Row } from "./settings-group.tsx";

/** Where secrets are kept. The encrypted file is chosen here, with its passphrase, and never by itself. */
export function VaultSection() {
  const vault = useSnapshot((snapshot) => snapshot.app.vault);
  const [choosing, setChoosing] = useState(false);
  const [changing, setChanging] = useState(false);
  const changer = useOpener(changing);
  const maker = useOpener(choosing);
  const [busy, setBusy] = useState(false);
  const act = useAct();
  const toasts = useToasts();
  const words = messages.settings;
  const leave = (chosen: boolean): void => {
    setChoosing(false);
    setChanging(false);
    if (chosen) toasts.say(words.vaultChanged);
  };
  const chooseKeychain = async (): Promise<void> => {
    if (busy) return;
    setBusy(true);
    const result = await act("vault.choose", { store: "keychain" });
    setBusy(false);
    if (result.ok) leave(true);
  };
  const state = vault.kind === "ready" ? words.vaultReady : vault.kind === "locked" ? words.vaultLocked : words.vaultUnavailable;
  return (
    <Group title={words.vault}>
      <Row
        title={
          <>
            {words.store} <span className={`small ${vault.kind === "ready" ? "faint" : "amber-text"}`}>{state}</span>
          </>
        }
        help={vault.kind === "unavailable" ? <Revealed text={vault.reason} /> : words.storeHelp}
      >
        <Segmented
          label={words.store}
          value={choosing ? "file" : vault.store}
          options={(["keychain", "file"] as const).map((value) => ({ value, label: words.stores[value] }))}
          onChange={(store) => {
            if (store === vault.store) leave(false);
            else if (store === "file") setChoosing(true);
            else void chooseKeychain();
          }}
        />
      </Row>
      {vault.kind === "locked" && !choosing ? (
        <Row title={messages.secrets.locked}>
          <Unlock store={vault.store} />
        </Row>
      ) : null}
      {vault.store === "file" && vault.kind === "unavailable" ? (
        <Row title={words.fileMissing}>
          <Button ref={maker} aria-expanded={choosing} onClick={() => setChoosing(!choosing)}>
            {words.setUpFile}
          </Button>
        </Row>
      ) : null}
      {vault.store === "file" && vault.kind === "ready" ? (
        <Row title={words.passphrase} help={words.passphraseHelp}>
          <Button ref={changer} aria-expanded={changing} onClick={() => setChanging(!changing)}>
            {words.changePassphrase}
          </Button>
        </Row>
      ) : null}
      {changing ? <ChangePassphrase onDone={() => setChanging(false)} /> : null}
      {choosing ? <ChooseFile onDone={leave} /> : null}
    </Group>
  );
}
