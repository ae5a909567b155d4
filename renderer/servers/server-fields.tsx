import { Plus, X } from "lucide-react";
import { useSnapshot } from "../app-context.tsx";
import { assertNever, type Result } from "../../shared/errors.ts";
import { messages } from "../messages.ts";
import { Button } from "../ui/button.tsx";
import { Field } from "../ui/field.tsx";
import { Revealed } from "../ui/revealed.tsx";
import { Select } from "../ui/select.tsx";
import { isKnown, secretName, type ServerDraft, type Variable } from "./server-draft.ts";

const words = messages.servers.form;

interface FieldsProps {
  readonly draft: ServerDraft;
  /** Its command line, cut into words. */
  readonly parsed: Result<readonly string[]>;
  /** From the draft as it is then. */
  readonly update: (change: (draft: ServerDraft) => Partial<ServerDraft>) => void;
  /** Whether what is missing is told. */
  readonly tried: boolean;
}

/** What a server runs: its command, the folder it starts in, its variables. */
export function ServerFields({ draft, parsed, update, tried }: FieldsProps) {
  const problem = !parsed.ok ? parsed.error.message : parsed.value.length === 0 ? words.commandEmpty : null;
  return (
    <>
      <Field label={words.command} help={words.commandHelp} problem={tried ? problem : null}>
        {(ids) => (
          <textarea
            className="textarea mono"
            rows={2}
            {...ids}
            value={draft.line}
            placeholder={words.commandPlaceholder}
            onChange={(event) => update(() => ({ line: event.target.value }))}
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
      <Field label={words.cwd} help={words.cwdHelp}>
        {(ids) => (
          <input
            className="input mono"
            {...ids}
            value={draft.cwd}
            placeholder="~/projects/site"
            onChange={(event) => update(() => ({ cwd: event.target.value }))}
            spellCheck={false}
            autoComplete="off"
          />
        )}
      </Field>
      <Variables draft={draft} update={update} />
    </>
  );
}

function Variables({ draft, update }: Pick<FieldsProps, "draft" | "update">) {
  const known = useSnapshot((snapshot) => snapshot.secrets);
  const change = (key: string, more: Partial<Variable>): void =>
    update(({ variables }) => ({ variables: variables.map((variable) => (variable.key === key ? { ...variable, ...more } : variable)) }));
  const add = (): void =>
    update(({ variables }) => ({
      variables: [...variables, { key: crypto.randomUUID(), name: "", kind: "secret", value: "", secret: "", there: null }],
    }));
  return (
    <fieldset className="field plain-fieldset">
      <legend className="label">{words.environment}</legend>
      <div className="env-rows">
        {draft.variables.map((variable) => (
          <div key={variable.key} className="env-row">
            <input
              className="input mono"
              aria-label={words.variable}
              placeholder="GITHUB_TOKEN"
              value={variable.name}
              readOnly={variable.there !== null}
              onChange={(event) => change(variable.key, { name: event.target.value.trim() })}
              spellCheck={false}
            />
            <Select
              label={words.kind}
              value={variable.kind}
              options={(variable.there === null ? (["secret", "value"] as const) : (["kept", "secret", "value"] as const)).map((value) => ({
                value,
                label: words.kinds[value],
              }))}
              onChange={(kind) => change(variable.key, { kind, value: "" })}
            />
            <VariableValue
              server={draft.name}
              variable={variable}
              isKnown={isKnown(known, draft.name, variable)}
              onChange={(more) => change(variable.key, more)}
            />
            <Button
              look="ghost"
              icon={<X size={14} aria-hidden="true" />}
              label={words.removeVariable(variable.name)}
              onClick={() => update(({ variables }) => ({ variables: variables.filter(({ key }) => key !== variable.key) }))}
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
        <Button icon={<Plus size={14} aria-hidden="true" />} onClick={add}>
          {words.addVariable}
        </Button>
      </div>
    </fieldset>
  );
}

function VariableValue({
  server,
  variable,
  isKnown: exists,
  onChange,
}: {
  readonly server: string;
  readonly variable: Variable;
  readonly isKnown: boolean;
  readonly onChange: (more: Partial<Variable>) => void;
}) {
  switch (variable.kind) {
    case "kept": {
      const references = variable.there ?? [];
      return (
        <span className="small quiet unbroken">
          {references.length === 0 ? (
            messages.servers.plainValue
          ) : (
            <Revealed text={references.map((name) => `keychain:${name}`).join(", ")} line />
          )}
        </span>
      );
    }
    case "value":
      return (
        <input
          className="input mono"
          aria-label={words.value}
          placeholder={words.value}
          value={variable.value}
          onChange={(event) => onChange({ value: event.target.value })}
          spellCheck={false}
        />
      );
    case "secret":
      return (
        <div className="actions">
          <input
            className="input mono"
            aria-label={words.secretName}
            list="known-secrets"
            placeholder={secretName(server === "" ? "server" : server, variable)}
            value={variable.secret}
            onChange={(event) => onChange({ secret: event.target.value.trim() })}
            spellCheck={false}
          />
          {exists ? null : (
            <input
              className="input"
              type="password"
              aria-label={words.newSecretLabel}
              placeholder={words.newSecret}
              autoComplete="off"
              value={variable.value}
              onChange={(event) => onChange({ value: event.target.value })}
            />
          )}
        </div>
      );
    default:
      return assertNever(variable.kind);
  }
}
