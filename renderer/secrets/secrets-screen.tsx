import { KeyRound, Lock, Plus } from "lucide-react";
import { useState } from "react";
import type { Migration } from "../../shared/model/migration.ts";
import type { SecretView, VaultStatus } from "../../shared/model/secret-reference.ts";
import { useApp, useSnapshot } from "../app-context.tsx";
import { format } from "../format.ts";
import { messages } from "../messages.ts";
import { Badge } from "../ui/badge.tsx";
import { Banner } from "../ui/banner.tsx";
import { Button } from "../ui/button.tsx";
import { Confirm } from "../ui/confirm.tsx";
import { EmptyState } from "../ui/empty-state.tsx";
import { Field } from "../ui/field.tsx";
import { Ago, useNow } from "../ui/now.tsx";
import { Revealed } from "../ui/revealed.tsx";
import { Screen, ScreenBody } from "../ui/screen.tsx";
import { useToasts } from "../ui/toaster.tsx";
import { useFocusInside, useOpener } from "../ui/use-focus.ts";
import { useAct } from "../use-act.ts";
import { useLogState } from "../welcome/migration-context.tsx";
import { originOf, type Origin } from "./origins.ts";
import { Unlock } from "./unlock-form.tsx";

const oldAfterMs = 90 * 86_400_000;

/** The names of secrets and who uses them. Values go in and never come out. */
export function SecretsScreen() {
  const secrets = useSnapshot((snapshot) => snapshot.secrets);
  const vault = useSnapshot((snapshot) => snapshot.app.vault);
  const history = useLogState((state) => state.history) ?? [];
  const [form, setForm] = useState<"closed" | "new" | { readonly replace: string }>("closed");
  const opener = useOpener(form === "new");
  const words = messages.secrets;
  const add = (
    <Button
      ref={opener}
      look={secrets.length === 0 ? "primary" : "plain"}
      icon={<Plus size={15} aria-hidden="true" />}
      aria-disabled={vault.kind !== "ready"}
      onClick={() => setForm("new")}
    >
      {words.add}
    </Button>
  );
  return (
    <Screen title={words.title} actions={form === "closed" && secrets.length > 0 ? add : undefined}>
      <ScreenBody>
        <VaultNote vault={vault} />
        <RotateNote secrets={secrets} history={history} />
        {form === "closed" ? null : (
          <SecretForm
            key={typeof form === "object" ? form.replace : "new"}
            name={typeof form === "object" ? form.replace : null}
            onDone={() => setForm("closed")}
          />
        )}
        {secrets.length === 0 ? (
          vault.kind !== "ready" ? (
            vault.kind === "locked" ? (
              <EmptyState icon={Lock} title={words.notKnown} text={words.notKnownText} />
            ) : null
          ) : form === "closed" ? (
            <EmptyState icon={KeyRound} title={words.empty} text={words.emptyText} action={add} />
          ) : null
        ) : (
          <ul className="rows" aria-label={words.list}>
            {secrets.map((secret) => (
              <SecretRow
                key={secret.name}
                secret={secret}
                origin={originOf(secret, history)}
                off={vault.kind !== "ready"}
                replacing={typeof form === "object" && form.replace === secret.name}
                onReplace={() => setForm({ replace: secret.name })}
              />
            ))}
          </ul>
        )}
      </ScreenBody>
    </Screen>
  );
}

function VaultNote({ vault }: { readonly vault: VaultStatus }) {
  const { view } = useApp();
  const words = messages.secrets;
  if (vault.kind === "ready") {
    return (
      <p className="quiet vault-line">
        <Lock size={14} aria-hidden="true" />
        {words.vault[vault.store]}
      </p>
    );
  }
  if (vault.kind === "unavailable") {
    return (
      <Banner hue="amber" title={words.unavailable} action={<Button onClick={() => view.go("settings")}>{words.openSettings}</Button>}>
        <Revealed text={vault.reason} />
      </Banner>
    );
  }
  return (
    <Banner hue="amber" title={words.locked}>
      <Unlock store={vault.store} />
    </Banner>
  );
}

/** How many secrets have copies elsewhere; which, and where, stands at each. */
function RotateNote({ secrets, history }: { readonly secrets: readonly SecretView[]; readonly history: readonly Migration[] }) {
  const copied = secrets.filter((secret) => originOf(secret, history).copies.length > 0).length;
  if (copied === 0) return null;
  return (
    <Banner hue="amber" title={messages.migration.secrets.rotateTitle(copied)}>
      {messages.migration.secrets.rotateText(copied)}
    </Banner>
  );
}

function SecretRow({
  secret,
  origin,
  off,
  replacing,
  onReplace,
}: {
  readonly secret: SecretView;
  readonly origin: Origin;
  /** While the store cannot be used. */
  readonly off: boolean;
  readonly replacing: boolean;
  readonly onReplace: () => void;
}) {
  const [asking, setAsking] = useState(false);
  const [busy, setBusy] = useState(false);
  const replace = useOpener(replacing);
  const remove = useOpener(asking);
  const now = useNow(60_000);
  const act = useAct();
  const toasts = useToasts();
  const words = messages.secrets;
  const putBack = usePutBack();
  const takeOut = async (): Promise<void> => {
    setBusy(true);
    const result = await act("secret.delete", { name: secret.name });
    setBusy(false);
    setAsking(false);
    if (result.ok) toasts.undoable(words.deleted(secret.name), () => void putBack(secret.name));
  };
  return (
    <li>
      <KeyRound size={16} className="faint" aria-hidden="true" />
      <div className="grow">
        <p>
          <code className="strong unbroken">
            <Revealed text={secret.name} line />
          </code>{" "}
          {now - secret.updatedAt > oldAfterMs ? (
            <Badge hue="amber" title={words.oldHint}>
              {words.old}
            </Badge>
          ) : null}{" "}
          {origin.copies.length === 0 ? null : (
            <Badge hue="amber" title={messages.migration.secrets.rotateHint}>
              {messages.migration.secrets.rotate}
            </Badge>
          )}
        </p>
        <p className="small quiet unbroken">
          {words.usedBy}: {secret.usedBy.length === 0 ? words.unused : <Revealed text={format.list(secret.usedBy)} line />} ·{" "}
          {words.lastUsed}: {secret.lastUsedAt === null ? words.never : <Used at={secret.lastUsedAt} by={secret.lastUsedBy} />} ·{" "}
          {words.age}: <Ago at={secret.updatedAt} />
          {origin.files.length === 0 ? null : (
            <>
              {" · "}
              <Revealed text={messages.migration.secrets.from(origin.files)} line />
            </>
          )}
        </p>
        {origin.copies.map((copy) => (
          <p key={copy} className="small unbroken amber-text">
            <Revealed text={copy} />
          </p>
        ))}
      </div>
      {asking ? null : (
        <div className="actions">
          <Button ref={replace} aria-label={words.replaceLong(secret.name)} aria-disabled={off} onClick={onReplace}>
            {words.replace}
          </Button>
          <Button ref={remove} look="danger" aria-label={words.deleteLong(secret.name)} aria-disabled={off} onClick={() => setAsking(true)}>
            {words.delete}
          </Button>
        </div>
      )}
      {asking ? (
        <Confirm title={words.deleteTitle(secret.name)} text={words.deleteText(secret.usedBy.length)} onCancel={() => setAsking(false)}>
          <Button look="danger" aria-disabled={busy} onClick={() => void takeOut()}>
            {words.delete}
          </Button>
        </Confirm>
      ) : null}
    </li>
  );
}

/** Gives a secret the value back that it had before. */
function usePutBack(): (name: string) => Promise<void> {
  const act = useAct();
  const toasts = useToasts();
  return async (name) => {
    const restored = await act("secret.restore", { name });
    if (restored.ok) toasts.say(messages.secrets.restored(name));
  };
}

function Used({ at, by }: { readonly at: number; readonly by: string | null }) {
  return (
    <>
      <Ago at={at} />
      {by === null ? null : (
        <>
          {" "}
          <Revealed text={messages.secrets.by(by)} line />
        </>
      )}
    </>
  );
}

function SecretForm({ name, onDone }: { readonly name: string | null; readonly onDone: () => void }) {
  const [typed, setTyped] = useState(name ?? "");
  const [value, setValue] = useState("");
  const [busy, setBusy] = useState(false);
  const form = useFocusInside<HTMLFormElement>();
  const secrets = useSnapshot((snapshot) => snapshot.secrets);
  const taken = name === null && secrets.some((secret) => secret.name === typed);
  const putBack = usePutBack();
  const act = useAct();
  const toasts = useToasts();
  const words = messages.secrets;
  const submit = async (): Promise<void> => {
    if (typed === "" || value === "" || busy) return;
    setBusy(true);
    const result = await act("secret.put", { name: typed, value });
    setBusy(false);
    if (!result.ok) return;
    setValue("");
    if (result.value.replaced) toasts.undoable(words.replaced(typed), () => void putBack(typed));
    else toasts.say(words.stored(typed));
    onDone();
  };
  return (
    <form
      ref={form}
      className="panel"
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      <h2>{name === null ? words.addTitle : words.replaceTitle(name)}</h2>
      <div className="form-grid">
        {name === null ? (
          <Field label={words.name} help={taken ? <span className="amber-text">{words.taken}</span> : words.nameHelp}>
            {(ids) => (
              <input
                className="input mono"
                {...ids}
                value={typed}
                required
                autoComplete="off"
                spellCheck={false}
                onChange={(event) => setTyped(event.target.value.trim())}
              />
            )}
          </Field>
        ) : null}
        <Field label={words.value} help={words.valueHelp}>
          {(ids) => (
            <input
              className="input"
              {...ids}
              type="password"
              value={value}
              required
              autoComplete="new-password"
              onChange={(event) => setValue(event.target.value)}
            />
          )}
        </Field>
      </div>
      <div className="actions">
        <Button onClick={onDone}>{messages.common.cancel}</Button>
        <Button look="primary" submit aria-disabled={busy || typed === "" || value === ""}>
          {taken ? words.putTaken : words.put}
        </Button>
      </div>
    </form>
  );
}
