import { Server } from "lucide-react";
import { useState } from "react";
import { useApp, useSnapshot } from "../app-context.tsx";
import { messages } from "../messages.ts";
import { Button } from "../ui/button.tsx";
import { CopyButton } from "../ui/copy-button.tsx";
import { EmptyState } from "../ui/empty-state.tsx";
import { Field } from "../ui/field.tsx";
import { Revealed } from "../ui/revealed.tsx";
import { Segmented } from "../ui/segmented.tsx";
import { Select } from "../ui/select.tsx";
import { snippet, type SnippetFormat } from "./snippet.ts";

const formats: readonly SnippetFormat[] = ["json", "vscode", "toml", "claude"];
const usualNames: Readonly<Record<SnippetFormat, string>> = {
  json: "Claude Desktop",
  vscode: "VS Code",
  toml: "Codex",
  claude: "Claude Code",
};

// The same as shared/model/client.ts checks.
const namePattern = /^[A-Za-z0-9][A-Za-z0-9 ._-]{0,63}$/;

/** How to connect a client by hand. */
export function ConnectSection() {
  const { view } = useApp();
  const servers = useSnapshot((snapshot) => snapshot.servers);
  const connect = useSnapshot((snapshot) => snapshot.app.connect);
  const [format, setFormat] = useState<SnippetFormat>("json");
  const [chosen, setChosen] = useState<string | null>(null);
  const [typed, setTyped] = useState<string | null>(null);
  const words = messages.clients;
  const server = servers.find(({ name }) => name === chosen) ?? servers[0];
  const client = typed ?? usualNames[format];
  const valid = namePattern.test(client);
  if (server === undefined) {
    return (
      <section className="section" aria-label={words.connect}>
        <h2>{words.connect}</h2>
        <EmptyState
          icon={Server}
          title={messages.servers.empty}
          text={words.connectNoServer}
          action={
            <Button look="primary" onClick={() => view.go("servers", "-new")}>
              {messages.servers.add}
            </Button>
          }
        />
      </section>
    );
  }
  const text = snippet(format, connect, server.name, valid ? client : "unnamed");
  return (
    <section className="section" aria-label={words.connect}>
      <div>
        <h2>{words.connect}</h2>
        <p className="quiet">{words.connectText}</p>
      </div>
      <Segmented
        label={words.format}
        value={format}
        options={formats.map((value) => ({ value, label: words.formats[value] }))}
        onChange={setFormat}
      />
      <div className="form-grid">
        <Field label={words.server}>
          {(ids) => (
            <Select
              id={ids.id}
              label={words.server}
              value={server.name}
              options={servers.map(({ name }) => ({ value: name, label: name }))}
              onChange={setChosen}
            />
          )}
        </Field>
        <Field label={words.name} help={words.nameHelp} problem={valid ? null : words.nameProblem}>
          {(ids) => (
            <input className="input" {...ids} value={client} onChange={(event) => setTyped(event.target.value)} spellCheck={false} />
          )}
        </Field>
      </div>
      <div className="field">
        <div className="with-copy">
          {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- it scrolls */}
          <pre className="code" tabIndex={0} aria-label={words.snippet}>
            <Revealed text={text} />
          </pre>
          <span className="copy-corner">
            <CopyButton text={text} />
          </span>
        </div>
        <p className="small faint unbroken">{words.files[format]}</p>
      </div>
    </section>
  );
}
