import { useState } from "react";
import { useStore } from "zustand";
import type { ServerSettings } from "../../shared/model/server.ts";
import { useApp, useSnapshot } from "../app-context.tsx";
import { messages } from "../messages.ts";
import { Field } from "../ui/field.tsx";
import { useAct } from "../use-act.ts";
import { splitCommandLine } from "./command-line.ts";
import { SandboxFields } from "./sandbox-fields.tsx";
import { linesToSandbox } from "./sandbox-lines.ts";
import { emptyDraft, namedVariables, valueOf, type ServerDraft } from "./server-draft.ts";
import { ServerFields } from "./server-fields.tsx";
import { ServerFormFrame } from "./server-form-frame.tsx";
import { useStoreSecrets } from "./use-store-secrets.ts";

// The same shape as shared/model/server.ts checks; there it is a schema, and this page carries no schema library.
const namePattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** A server's command, variables, folders and hosts. Nothing runs by it: the review of the whole follows. */
export function ServerForm({ onDone }: { readonly onDone: (name: string) => void }) {
  const taken = useSnapshot((snapshot) => snapshot.servers);
  const act = useAct();
  const storeSecrets = useStoreSecrets();
  const { view } = useApp();
  const draft = useStore(view.store, ({ serverDraft }) => serverDraft);
  const [tried, setTried] = useState(false);
  const [busy, setBusy] = useState(false);
  const words = messages.servers.form;
  const { name, line, cwd, sandbox } = draft;
  const update = (change: (draft: ServerDraft) => Partial<ServerDraft>): void => {
    const now = view.store.getState().serverDraft;
    view.setServerDraft({ ...now, ...change(now) });
  };

  const parsed = splitCommandLine(line);
  const nameProblem = !namePattern.test(name) ? words.nameProblem : taken.some((server) => server.name === name) ? words.nameTaken : null;

  const submit = async (): Promise<void> => {
    setTried(true);
    const [command, ...args] = parsed.ok ? parsed.value : [];
    if (nameProblem !== null || command === undefined) return;
    setBusy(true);
    const named = namedVariables(draft);
    if (!(await storeSecrets(name, named))) return setBusy(false);
    const settings: ServerSettings = {
      command,
      ...(args.length === 0 ? {} : { args }),
      ...(named.length === 0 ? {} : { env: Object.fromEntries(named.map((variable) => [variable.name, valueOf(name, variable)])) }),
      ...(cwd.trim() === "" ? {} : { cwd: cwd.trim() }),
      sandbox: linesToSandbox(sandbox),
    };
    const added = await act("server.add", { name, settings, accept: false });
    setBusy(false);
    if (!added.ok) return;
    view.setServerDraft(emptyDraft);
    onDone(name);
  };

  return (
    <ServerFormFrame
      title={words.title}
      intro={words.intro}
      busy={busy}
      onSubmit={() => void submit()}
      onCancel={() => {
        view.setServerDraft(emptyDraft);
        view.go("servers");
      }}
    >
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
            onChange={(event) => update(() => ({ name: event.target.value }))}
            spellCheck={false}
            autoComplete="off"
          />
        )}
      </Field>
      <ServerFields draft={draft} parsed={parsed} update={update} tried={tried} />
      <SandboxFields value={sandbox} onChange={(next) => update(() => ({ sandbox: next }))} />
    </ServerFormFrame>
  );
}
