import { useState } from "react";
import { useSnapshot } from "../app-context.tsx";
import { messages } from "../messages.ts";
import { Unlock } from "../secrets/unlock-form.tsx";
import { Button } from "../ui/button.tsx";
import { Field } from "../ui/field.tsx";
import { Revealed } from "../ui/revealed.tsx";
import { Segmented } from "../ui/segmented.tsx";
import { useToasts } from "../ui/toaster.tsx";
import { useAct } from "../use-act.ts";
import { Group, Row } from "./settings-group.tsx";

/** Where secrets are kept. The encrypted file is chosen here, with its passphrase, and never by itself. */
export function VaultSection() {
  const vault = useSnapshot((snapshot) => snapshot.app.vault);
  const [choosing, setChoosing] = useState(false);
  const [passphrase, setPassphrase] = useState("");
  const [busy, setBusy] = useState(false);
  const act = useAct();
  const toasts = useToasts();
  const words = messages.settings;
  const stay = (): void => {
    setChoosing(false);
    setPassphrase("");
  };
  const choose = async (store: "keychain" | "file"): Promise<void> => {
    if (busy) return;
    setBusy(true);
    const result = await act("vault.choose", store === "file" ? { store, passphrase } : { store });
    setBusy(false);
    if (!result.ok) return;
    stay();
    toasts.say(words.vaultChanged);
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
            if (store === vault.store) stay();
            else if (store === "file") setChoosing(true);
            else void choose("keychain");
          }}
        />
      </Row>
      {vault.kind === "locked" && !choosing ? (
        <Row title={messages.secrets.locked}>
          <Unlock store={vault.store} />
        </Row>
      ) : null}
      {choosing ? (
        <li>
          <form
            className="grow section"
            onSubmit={(event) => {
              event.preventDefault();
              if (passphrase !== "") void choose("file");
            }}
          >
            <Field label={words.chooseFile} help={words.chooseFileText}>
              {(ids) => (
                <input
                  className="input"
                  {...ids}
                  type="password"
                  autoComplete="new-password"
                  value={passphrase}
                  onChange={(event) => setPassphrase(event.target.value)}
                />
              )}
            </Field>
            <div className="actions">
              <Button onClick={stay}>{messages.common.cancel}</Button>
              <Button look="primary" submit aria-disabled={busy || passphrase === ""}>
                {words.takeFile}
              </Button>
            </div>
          </form>
        </li>
      ) : null}
    </Group>
  );
}
