import { useState } from "react";
import type { Effect } from "../../shared/model/rule.ts";
import { isToolPattern } from "../../shared/policy/tool-pattern.ts";
import { useSnapshot } from "../app-context.tsx";
import { messages } from "../messages.ts";
import { Button } from "../ui/button.tsx";
import { Field } from "../ui/field.tsx";
import { RichText } from "../ui/rich-text.tsx";
import { Segmented } from "../ui/segmented.tsx";
import { useToasts } from "../ui/toaster.tsx";
import { useFocusInside } from "../ui/use-focus.ts";
import { useAct } from "../use-act.ts";
import { useFetched } from "../use-fetched.ts";

const day = 86_400_000;
const spans = { day, week: 7 * day, month: 30 * day, forGood: undefined } as const;

/** A rule written by hand, shown as the sentence it will be. */
export function RuleForm({ onDone }: { readonly onDone: () => void }) {
  const clients = useSnapshot((snapshot) => snapshot.clients);
  const servers = useSnapshot((snapshot) => snapshot.servers);
  const [effect, setEffect] = useState<Effect>("ask");
  const [client, setClient] = useState("");
  const [server, setServer] = useState("");
  const [tool, setTool] = useState("");
  const [lasts, setLasts] = useState<keyof typeof spans>("week");
  const [busy, setBusy] = useState(false);
  const form = useFocusInside<HTMLFormElement>();
  const act = useAct();
  const toasts = useToasts();
  const words = messages.rules;
  const listing = servers.find(({ name }) => name === server)?.tools?.listing;
  const expiresInMs = spans[lasts];
  const toolProblem = tool === "" || isToolPattern(tool) ? null : words.toolStar;

  const submit = async (): Promise<void> => {
    if (toolProblem !== null || busy) return;
    setBusy(true);
    const result = await act("rule.add", {
      effect,
      ...(client === "" ? {} : { client }),
      ...(server === "" ? {} : { server }),
      ...(tool === "" ? {} : { tool }),
      ...(expiresInMs === undefined ? {} : { expiresInMs }),
    });
    setBusy(false);
    if (!result.ok) return;
    toasts.say(words.created);
    onDone();
  };
  const field = (label: string, value: string, set: (value: string) => void, list: string, help: string, problem: string | null = null) => (
    <Field label={label} help={help} problem={problem}>
      {(ids) => (
        <input
          className="input"
          {...ids}
          value={value}
          list={list}
          spellCheck={false}
          autoComplete="off"
          onChange={(event) => set(event.target.value)}
        />
      )}
    </Field>
  );
  return (
    <form
      ref={form}
      className="panel"
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      <h2>{words.addTitle}</h2>
      <div className="field">
        <span className="label">{words.effect}</span>
        <Segmented
          label={words.effect}
          value={effect}
          options={(["ask", "deny", "allow"] as const).map((value) => ({ value, label: words.effects[value] }))}
          onChange={setEffect}
        />
      </div>
      <div className="form-grid">
        {field(words.client, client, setClient, "rule-clients", words.clientHelp)}
        {field(words.server, server, setServer, "rule-servers", words.serverHelp)}
        {field(words.tool, tool, setTool, "rule-tools", words.toolHelp, toolProblem)}
      </div>
      <div className="field">
        <span className="label">{words.lasts}</span>
        <Segmented
          label={words.lasts}
          value={lasts}
          options={(["day", "week", "month", "forGood"] as const).map((value) => ({ value, label: words.lastsOptions[value] }))}
          onChange={setLasts}
        />
      </div>
      <div>
        <p className="rule-sentence" aria-live="polite">
          <RichText
            parts={words.sentence(effect, client === "" ? null : client, tool === "" ? null : tool, server === "" ? null : server)}
          />
          .
        </p>
        {effect === "allow" && client === "" && server === "" && tool === "" ? <p className="small red-text">{words.wide}</p> : null}
      </div>
      <div className="actions">
        <Button onClick={onDone}>{messages.common.cancel}</Button>
        <Button look="primary" submit aria-disabled={busy}>
          {words.create}
        </Button>
      </div>
      <Names id="rule-clients" names={[...new Set(clients.map(({ name }) => name))]} />
      <Names id="rule-servers" names={servers.map(({ name }) => name)} />
      {listing === undefined ? null : <ToolNames id="rule-tools" server={server} listing={listing} />}
    </form>
  );
}

function ToolNames({ id, server, listing }: { readonly id: string; readonly server: string; readonly listing: number }) {
  const { result } = useFetched("server.knownTools", { name: server }, String(listing));
  return <Names id={id} names={(result?.ok === true ? (result.value ?? []) : []).map(({ name }) => name)} />;
}

function Names({ id, names }: { readonly id: string; readonly names: readonly string[] }) {
  return (
    <datalist id={id}>
      {names.map((name) => (
        <option key={name} value={name}>
          {name}
        </option>
      ))}
    </datalist>
  );
}
