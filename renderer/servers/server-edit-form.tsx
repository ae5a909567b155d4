import { useState } from "react";
import type { ServerView } from "../../shared/model/server.ts";
import { useApp } from "../app-context.tsx";
import { messages } from "../messages.ts";
import { useToasts } from "../ui/toaster.tsx";
import { useAct } from "../use-act.ts";
import { splitCommandLine } from "./command-line.ts";
import { editOf } from "./edit-draft.ts";
import { namedVariables, type ServerEditDraft } from "./server-draft.ts";
import { ServerFields } from "./server-fields.tsx";
import { ServerFormFrame } from "./server-form-frame.tsx";
import { useStoreSecrets } from "./use-store-secrets.ts";

/** Another command, folder or variables for a server that is there. What comes of it is reviewed like one that is new. */
export function ServerEditForm({ server, draft }: { readonly server: ServerView; readonly draft: ServerEditDraft }) {
  const act = useAct();
  const toasts = useToasts();
  const { view } = useApp();
  const storeSecrets = useStoreSecrets();
  const [tried, setTried] = useState(false);
  const [busy, setBusy] = useState(false);
  const { name } = server;
  const parsed = splitCommandLine(draft.line);
  const close = (): void => view.setServerEdit(name, null);

  const undo = async (): Promise<void> => {
    const restored = await act("server.restore", { name });
    if (restored.ok) toasts.say(messages.servers.putBack(name));
  };
  const submit = async (): Promise<void> => {
    setTried(true);
    if (busy || !parsed.ok || parsed.value.length === 0) return;
    const edit = editOf(draft, parsed.value);
    if (Object.keys(edit).length === 0) return close();
    setBusy(true);
    const stored = await storeSecrets(name, namedVariables(draft));
    const edited = stored ? await act("server.edit", { name, edit }) : null;
    setBusy(false);
    if (edited?.ok !== true) return;
    close();
    toasts.undoable(messages.servers.edited(name), () => void undo());
  };

  return (
    <ServerFormFrame
      title={messages.servers.form.editTitle(name)}
      intro={messages.servers.form.editIntro}
      busy={busy}
      onSubmit={() => void submit()}
      onCancel={close}
    >
      <ServerFields
        draft={draft}
        parsed={parsed}
        tried={tried}
        update={(change) => {
          const now = view.store.getState().serverEdits.get(name);
          if (now !== undefined) view.setServerEdit(name, { ...now, ...change(now) });
        }}
      />
    </ServerFormFrame>
  );
}
