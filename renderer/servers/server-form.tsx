import { Plus, X } from "lucide-react";
import { useState } from "react";
import { useStore } from "zustand";
import type { ServerSettings } from "../../shared/model/server.ts";
import { useApp, useSnapshot } from "../app-context.tsx";
import { messages } from "../messages.ts";
import { Button } from "../ui/button.tsx";
import { Field } from "../ui/field.tsx";
import { Revealed } from "../ui/revealed.tsx";
import { Select } from "../ui/select.tsx";
import { useFocusInside } from "../ui/use-focus.ts";
import { useAct } from "../use-act.ts";
import { splitCommandLine } from "./command-line.ts";
import { SandboxFields } from "./sandbox-fields.tsx";
import { linesToSandbox } from "./sandbox-lines.ts";
import { emptyDraft, type ServerDraft, type Variable } from "./server-draft.ts";

// The same shape as shared/model/server.ts checks; there it is a schema, and this page carries no schema library.
const namePattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** A server's command, variables, folders and hosts. Nothing runs by it: the review of the whole follows. */
export function ServerForm({ onDone }: { readonly onDone: (name: string) => void }) {
  const taken = useSnapshot((snapshot) => snapshot.servers);
  const known = useSnapshot((snapshot) => snapshot.secrets);
  const act = useAct();
  const { view } = useApp();
  const draft = useStore(view.store, ({ serverDraft }) => serverDraft);
  const form = useFocusInside<HTMLFormElement>();
  const [tried, setTried] = useState(false);
  const [busy, setBusy] = useState(false);
  const words = messages.servers.form;
  const { name, line, variables, sandbox } = draft;
  const write = (more: Partial<ServerDraft>): void => view.setServerDraft({ ...view.store.getState().serverDraft, ...more });
  const setVariables = (next: (all: readonly Variable[]) => readonly Variable[]): void =>
    write({ variables: next(view.store.getState().serverDraft.variables) });

  const parsed = splitCommandLine(line);
  const nameProblem = !namePattern.test(name) ? words.nameProblem : taken.some((server) => server.name === name) ? words.nameTaken : null;
  const commandProblem = !parsed.ok ? parsed.error.message : parsed.value.length === 0 ? words.commandEmpty : null;
  const change = (key: string, more: Partial<Variable>): void =>
    setVariables((all) => all.map((variable) => (variable.key === key ? { ...variable, ...more } : variable)));

  const exists = (variable: Variable): boolean => known.some((secret) => secret.name === secretName(name, variable));

  const submit = async (): Promise<void> => {
    setTried(true);
    const [command, ...args] = parsed.ok ? parsed.value : [];
    if (nameProblem !== null || command === undefined) return;
    setBusy(true);
    const named = variables.filter((variable) => variable.name !== "");
    for (const variable of named) {
      // A value that was typed before the name was that of a secret which is there: its field is gone, and so is what it said.
      if (variable.kind !== "secret" || variable.value === "" || exists(variable)) continue;
      const stored = await act("secret.put", { name: secretName(name, variable), value: variable.value });
      if (!stored.ok) return setBusy(false);
    }
    const settings: ServerSettings = {
      command,
      ...(args.length === 0 ? {} : { args }),
      ...(named.length === 0 ? {} : { env: Object.fromEntries(named.map((variable) => [variable.name, valueOf(name, variable)])) }),
      sandbox: linesToSandbox(sandbox),
    };
    const added = await act("server.add", { name, settings, accept: false });
    setBusy(false);
    if (!added.ok) return;
    view.setServerDraft(emptyDraft);
    onDone(name);
  };

  return (
    <form
      ref={form}
      className="split-pad"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      <header className="detail-head">
        <div>
          <h2>{words.title}</h2>
          <p className="quiet">{words.intro}</p>
        </div>
      </header>
      <Field
        label={words.name}
        help={words.nameHelp}
        problem={tried || (name !== "" && nameProblem === words.nameTaken) ? nameProblem : null}
      >
        {(ids) => (
          <input
            className="input"
            {...ids}
            value={name}
            onChange={(event) => write({ name: event.target.value })}
            spellCheck={false}
            autoComplete="off"
          />
        )}
      </Field>
      <Field label={words.command} help={words.commandHelp} problem={tried ? commandProblem : null}>
        {(ids) => (
          <textarea
            className="textarea mono"
            rows={2}
            {...ids}
            value={line}
            placeholder={words.commandPlaceholder}
            onChange={(event) => write({ line: event.target.value })}
            spellCheck={false}
          />
        )}
      </Field>
      {parsed.ok && parsed.value.length > 0 ? (
        <p className="parsed" aria-live="polite">
          <span className="small faint">{words.parsed}</span>
          {parsed.value.map((word, index) => (
            // eslint-disable-next-line react/no-array-index-key -- arguments are their order
            <code key={index}>{word === "" ? "\u201c\u201d" : <Revealed text={word} line />}</code>
          ))}
        </p>
      ) : null}
      <fieldset className="field plain-fieldset">
        <legend className="label">{words.environment}</legend>
        <div className="env-rows">
          {variables.map((variable) => (
            <div key={variable.key} className="env-row">
              <input
                className="input mono"
                aria-label={words.variable}
                placeholder="GITHUB_TOKEN"
                value={variable.name}
                onChange={(event) => change(variable.key, { name: event.target.value.trim() })}
                spellCheck={false}
              />
              <Select
                label={words.kind}
                value={variable.kind}
                options={(["secret", "value"] as const).map((value) => ({ value, label: words.kinds[value] }))}
                onChange={(kind) => change(variable.key, { kind, value: "" })}
              />
              {variable.kind === "value" ? (
                <input
                  className="input mono"
                  aria-label={words.value}
                  placeholder={words.value}
                  value={variable.value}
                  onChange={(event) => change(variable.key, { value: event.target.value })}
                  spellCheck={false}
                />
              ) : (
                <div className="actions">
                  <input
                    className="input mono"
                    aria-label={words.secretName}
                    list="known-secrets"
                    placeholder={secretName(name === "" ? "server" : name, variable)}
                    value={variable.secret}
                    onChange={(event) => change(variable.key, { secret: event.target.value.trim() })}
                    spellCheck={false}
                  />
                  {exists(variable) ? null : (
                    <input
                      className="input"
                      type="password"
                      aria-label={words.newSecretLabel}
                      placeholder={words.newSecret}
                      autoComplete="off"
                      value={variable.value}
                      onChange={(event) => change(variable.key, { value: event.target.value })}
                    />
                  )}
                </div>
              )}
              <Button
                look="ghost"
                icon={<X size={14} aria-hidden="true" />}
                label={words.removeVariable(variable.name)}
                onClick={() => setVariables((all) => all.filter(({ key }) => key !== variable.key))}
              />
            </div>
          ))}
        </div>
        <datalist id="known-secrets">
          {known.map((secret) => (
            <option key={secret.name} value={secret.name}>
              {secret.name}
            </option>
          ))}
        </datalist>
        <div>
          <Button
            icon={<Plus size={14} aria-hidden="true" />}
            onClick={() => setVariables((all) => [...all, { key: crypto.randomUUID(), name: "", kind: "secret", value: "", secret: "" }])}
          >
            {words.addVariable}
          </Button>
        </div>
      </fieldset>
      <SandboxFields value={sandbox} onChange={(next) => write({ sandbox: next })} />
      <div className="actions">
        <Button
          onClick={() => {
            view.setServerDraft(emptyDraft);
            view.go("servers");
          }}
        >
          {messages.common.cancel}
        </Button>
        <Button look="primary" submit aria-disabled={busy}>
          {words.add}
        </Button>
      </div>
    </form>
  );
}

function secretName(server: string, variable: Variable): string {
  return variable.secret === "" ? `${server}/${variable.name === "" ? "TOKEN" : variable.name}` : variable.secret;
}

function valueOf(server: string, variable: Variable): string {
  return variable.kind === "value" ? variable.value : `\${keychain:${secretName(server, variable)}}`;
}
