import { useState } from "react";
import type { VaultStatus } from "../../shared/model/secret-reference.ts";
import { messages } from "../messages.ts";
import { Button } from "../ui/button.tsx";
import { useToasts } from "../ui/toaster.tsx";
import { useAct } from "../use-act.ts";

/** Asks for the encrypted file's passphrase. */
function UnlockForm() {
  const [passphrase, setPassphrase] = useState("");
  const [busy, setBusy] = useState(false);
  const act = useAct();
  const toasts = useToasts();
  const words = messages.secrets;
  const submit = async (): Promise<void> => {
    if (passphrase === "") return;
    setBusy(true);
    const result = await act("vault.unlock", { passphrase });
    setBusy(false);
    setPassphrase("");
    if (result.ok && result.value.kind === "ready") toasts.say(words.unlocked);
  };
  return (
    <form
      className="actions"
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      <input
        className="input passphrase"
        type="password"
        aria-label={words.passphrase}
        placeholder={words.passphrase}
        autoComplete="off"
        value={passphrase}
        onChange={(event) => setPassphrase(event.target.value)}
      />
      <Button look="primary" submit aria-disabled={busy || passphrase === ""}>
        {words.unlock}
      </Button>
    </form>
  );
}

/** The way to unlock the store: the system's own prompt for a keychain, a passphrase for the file. */
export function Unlock({ store }: { readonly store: VaultStatus["store"] }) {
  return store === "keychain" ? <UnlockKeychain /> : <UnlockForm />;
}

function UnlockKeychain() {
  const [busy, setBusy] = useState(false);
  const act = useAct();
  const toasts = useToasts();
  const words = messages.secrets;
  const unlock = async (): Promise<void> => {
    setBusy(true);
    // The system asks for its own passphrase; ours would be of no use to it.
    const result = await act("vault.unlock", { passphrase: "" });
    setBusy(false);
    if (result.ok && result.value.kind === "ready") toasts.say(words.unlocked);
  };
  return (
    <div className="actions">
      <Button look="primary" aria-disabled={busy} onClick={() => void unlock()}>
        {words.unlock}
      </Button>
      <span>{words.lockedKeychain}</span>
    </div>
  );
}
