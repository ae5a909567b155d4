import { useState } from "react";
import type { Migration } from "../../shared/model/migration.ts";
import { messages } from "../messages.ts";
import { doneSentence } from "../messages/migration.ts";
import { Badge, type Hue } from "../ui/badge.tsx";
import { Button } from "../ui/button.tsx";
import { Confirm } from "../ui/confirm.tsx";
import { useOpener } from "../ui/use-focus.ts";
import { Ago } from "../ui/now.tsx";
import { Revealed } from "../ui/revealed.tsx";
import { useToasts } from "../ui/toaster.tsx";
import { useAct } from "../use-act.ts";
import { useLogState } from "../welcome/migration-context.tsx";

type MigratedFile = Migration["files"][number];

const hues: Readonly<Record<MigratedFile["state"], Hue>> = {
  applied: "green",
  "changed-since": "amber",
  undone: "neutral",
  failed: "neutral",
};

function canUndo({ state }: MigratedFile): boolean {
  return state === "applied" || state === "changed-since";
}

/** What was done to clients' files, newest first, and the way back for each. */
export function HistorySection() {
  const history = useLogState((state) => state.history);
  const words = messages.migration.clients.history;
  if (history === null || history.length === 0) return null;
  return (
    <section className="section" aria-label={words.title}>
      <h2>{words.title}</h2>
      {history.map((migration) => (
        <MigrationCard key={migration.id} migration={migration} />
      ))}
    </section>
  );
}

function MigrationCard({ migration }: { readonly migration: Migration }) {
  const [asking, setAsking] = useState(false);
  const opener = useOpener(asking);
  const undo = useUndo(migration);
  const words = messages.migration.clients.history;
  const back = migration.files.filter(canUndo);
  const failed = migration.servers.filter(({ state }) => state === "failed");
  return (
    <div className="migration">
      <div className="section-head">
        <p>
          <span className="strong">{doneSentence(migration)}</span>{" "}
          <span className="small faint">
            <Ago at={migration.at} />
          </span>
        </p>
        {back.length < 2 || asking ? null : (
          <Button ref={opener} onClick={() => setAsking(true)}>
            {words.undoAll}
          </Button>
        )}
      </div>
      {asking ? (
        <Confirm
          title={messages.migration.done.undoTitle(back.length)}
          text={messages.migration.done.undoText}
          onCancel={() => setAsking(false)}
        >
          <Button
            look="danger"
            aria-disabled={undo.busy}
            onClick={() => void undo.run(undefined, words.allUndone).then(() => setAsking(false))}
          >
            {messages.migration.done.undoConfirm}
          </Button>
        </Confirm>
      ) : null}
      <ul className="rows">
        {migration.files.map((file) => (
          <FileRow key={`${file.client} ${file.path}`} file={file} undo={undo} />
        ))}
        {failed.map(({ name, reason }) => (
          <li key={`server ${name}`}>
            <p className="small quiet unbroken">
              <Revealed text={words.failedServer(name, reason)} />
            </p>
          </li>
        ))}
      </ul>
    </div>
  );
}

function FileRow({ file, undo }: { readonly file: MigratedFile; readonly undo: ReturnType<typeof useUndo> }) {
  const [asking, setAsking] = useState(false);
  const opener = useOpener(asking);
  const words = messages.migration.clients.history;
  return (
    <li>
      <div className="grow">
        <p>
          <span className="strong">
            <Revealed text={file.client} line />
          </span>{" "}
          <Badge hue={hues[file.state]}>{words.fileState[file.state]}</Badge>
        </p>
        <p className="small">
          <code className="path unbroken">
            <Revealed text={file.path} line />
          </code>
        </p>
        {file.reason === null ? null : (
          <p className="small quiet unbroken">
            <Revealed text={file.reason} />
          </p>
        )}
      </div>
      {canUndo(file) && !asking ? (
        <Button ref={opener} aria-label={words.undoOf(file.path)} onClick={() => setAsking(true)}>
          {words.undo}
        </Button>
      ) : null}
      {asking ? (
        <Confirm
          title={messages.migration.done.undoTitle(1)}
          text={file.state === "changed-since" ? words.undoChanged : words.undoText}
          onCancel={() => setAsking(false)}
        >
          <Button
            look="danger"
            aria-disabled={undo.busy}
            onClick={() => void undo.run(file.path, words.undone(file.path)).then(() => setAsking(false))}
          >
            {messages.migration.done.undoConfirm}
          </Button>
        </Confirm>
      ) : null}
    </li>
  );
}

/** Puts back all files of a migration, or one, and says so. The history follows by itself. */
function useUndo(migration: Migration): {
  readonly busy: boolean;
  readonly run: (file: string | undefined, said: string) => Promise<void>;
} {
  const [busy, setBusy] = useState(false);
  const act = useAct();
  const toasts = useToasts();
  const words = messages.migration.clients.history;
  return {
    busy,
    async run(file, said) {
      if (busy) return;
      setBusy(true);
      const undone = await act("migration.undo", { migration: migration.id, ...(file === undefined ? {} : { file }) });
      setBusy(false);
      if (!undone.ok) return;
      // A file that is gone, or entries that are not ours any more, are left; then it is not as it was.
      const tried = new Set(migration.files.filter(canUndo).map(({ path }) => path));
      const left = undone.value.files.filter(
        ({ path, reason }) => reason !== null && (file === undefined ? tried.has(path) : path === file),
      );
      if (left.length === 0) toasts.say(said);
      else
        toasts.fail({
          code: "cancelled",
          message: words.notAllUndone,
          hint: left.map(({ path, reason }) => `${path}: ${reason}`).join("\n"),
        });
    },
  };
}
