import { useState, type ReactNode } from "react";
import { messages } from "../messages.ts";
import { Button } from "../ui/button.tsx";
import { Failure } from "../ui/failure.tsx";
import { Field } from "../ui/field.tsx";
import { useToasts } from "../ui/toaster.tsx";
import { useFocusInside } from "../ui/use-focus.ts";
import { useAct } from "../use-act.ts";
import { useFetched } from "../use-fetched.ts";

const shortest = 8;
const words = messages.settings;

/** The way to the encrypted file: the passphrase of the one that is there, or a new one for a new file. */
export function ChooseFile({ onDone }: { readonly onDone: (chosen: boolean) => void }) {
  const { result, busy, again } = useFetched("vault.file", undefined, "");
  if (result === null) return null;
  return (
    <li>
      {result.ok ? <FileForm exists={result.value.exists} onDone={onDone} /> : <Failure error={result.error} busy={busy} onAgain={again} />}
    </li>
  );
}

function FileForm({ exists, onDone }: { readonly exists: boolean; readonly onDone: (chosen: boolean) => void }) {
  const [passphrase, setPassphrase] = useState("");
  const chosen = useChosen();
  const act = useAct();
  const given = exists ? passphrase : chosen.value;
  return (
    <PassphraseForm
      save={exists ? words.takeFile : words.makeFile}
      ready={given !== ""}
      onCancel={() => onDone(false)}
      onSave={async () => {
        const result = await act("vault.choose", { store: "file", passphrase: given });
        if (result.ok) onDone(true);
      }}
    >
      {exists ? (
        <PassphraseField
          label={words.filePassphrase}
          help={words.filePassphraseText}
          autoComplete="current-password"
          value={passphrase}
          onChange={setPassphrase}
        />
      ) : (
        <NewPassphrase chosen={chosen} />
      )}
    </PassphraseForm>
  );
}

/** Another passphrase for the encrypted file. */
export function ChangePassphrase({ onDone }: { readonly onDone: () => void }) {
  const [current, setCurrent] = useState("");
  const chosen = useChosen();
  const act = useAct();
  const toasts = useToasts();
  const opened = useFocusInside<HTMLLIElement>();
  return (
    <li ref={opened}>
      <PassphraseForm
        save={words.savePassphrase}
        ready={current !== "" && chosen.value !== ""}
        onCancel={onDone}
        onSave={async () => {
          const result = await act("vault.changePassphrase", { current, next: chosen.value });
          if (!result.ok) return;
          onDone();
          toasts.say(words.passphraseChanged);
        }}
      >
        <PassphraseField label={words.currentPassphrase} autoComplete="current-password" value={current} onChange={setCurrent} />
        <NewPassphrase chosen={chosen} />
      </PassphraseForm>
    </li>
  );
}

function PassphraseForm({
  save,
  ready,
  onCancel,
  onSave,
  children,
}: {
  readonly save: string;
  readonly ready: boolean;
  readonly onCancel: () => void;
  readonly onSave: () => Promise<void>;
  readonly children: ReactNode;
}) {
  const [busy, setBusy] = useState(false);
  const submit = async (): Promise<void> => {
    if (busy || !ready) return;
    setBusy(true);
    await onSave();
    setBusy(false);
  };
  return (
    <form
      className="grow section"
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      {children}
      <div className="actions">
        <Button onClick={onCancel}>{messages.common.cancel}</Button>
        <Button look="primary" submit aria-disabled={busy || !ready}>
          {save}
        </Button>
      </div>
    </form>
  );
}

interface Chosen {
  readonly first: string;
  readonly second: string;
  readonly setFirst: (text: string) => void;
  readonly setSecond: (text: string) => void;
  /** Empty until it is long enough and twice the same. */
  readonly value: string;
}

/** A passphrase that is chosen is typed twice: what was mistyped once could never be typed again. */
function useChosen(): Chosen {
  const [first, setFirst] = useState("");
  const [second, setSecond] = useState("");
  return { first, second, setFirst, setSecond, value: first === second && first.length >= shortest ? first : "" };
}

function NewPassphrase({ chosen }: { readonly chosen: Chosen }) {
  const { first, second, setFirst, setSecond } = chosen;
  return (
    <>
      <PassphraseField
        label={words.newPassphrase}
        help={words.newPassphraseText}
        autoComplete="new-password"
        value={first}
        onChange={setFirst}
      />
      <PassphraseField
        label={words.passphraseAgain}
        // While it is the beginning of the first it may become the same.
        problem={first.startsWith(second) ? null : words.passphraseDiffers}
        autoComplete="new-password"
        value={second}
        onChange={setSecond}
      />
    </>
  );
}

function PassphraseField({
  label,
  help,
  problem = null,
  autoComplete,
  value,
  onChange,
}: {
  readonly label: string;
  readonly help?: string;
  readonly problem?: string | null;
  readonly autoComplete: "current-password" | "new-password";
  readonly value: string;
  readonly onChange: (text: string) => void;
}) {
  return (
    <Field label={label} help={help} problem={problem}>
      {(ids) => (
        <input
          className="input"
          {...ids}
          type="password"
          autoComplete={autoComplete}
          value={value}
          onChange={(event) => onChange(event.target.value)}
        />
      )}
    </Field>
  );
}
