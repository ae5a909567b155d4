import { messages } from "../messages.ts";
import { Field } from "../ui/field.tsx";
import type { SandboxLines } from "./sandbox-lines.ts";

/** Folders and hosts that a sandbox opens, one on each line. */
export function SandboxFields({ value, onChange }: { readonly value: SandboxLines; readonly onChange: (value: SandboxLines) => void }) {
  const words = messages.servers.form;
  return (
    <div className="form-grid">
      <Lines
        label={words.write}
        help={words.foldersHelp}
        placeholder="~/projects/site"
        value={value.write}
        onChange={(write) => onChange({ ...value, write })}
      />
      <Lines
        label={words.read}
        help={words.foldersHelp}
        placeholder="~/Documents/specs"
        value={value.read}
        onChange={(read) => onChange({ ...value, read })}
      />
      <Lines
        label={words.hosts}
        help={words.hostsHelp}
        placeholder="api.github.com"
        value={value.hosts}
        onChange={(hosts) => onChange({ ...value, hosts })}
      />
    </div>
  );
}

function Lines(props: {
  readonly label: string;
  readonly help: string;
  readonly placeholder: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
}) {
  return (
    <Field label={props.label} help={props.help}>
      {(ids) => (
        <textarea
          className="textarea mono"
          rows={3}
          {...ids}
          placeholder={props.placeholder}
          value={props.value}
          onChange={(event) => props.onChange(event.target.value)}
          spellCheck={false}
        />
      )}
    </Field>
  );
}
