import { CircleAlert, FolderSearch, TriangleAlert } from "lucide-react";
import { useMemo, useState } from "react";
import type { Scan } from "../../shared/model/migration.ts";
import { useApp } from "../app-context.tsx";
import { format } from "../format.ts";
import { messages } from "../messages.ts";
import { foundSentence, inGitSentence, placeWords } from "../messages/migration.ts";
import { Badge } from "../ui/badge.tsx";
import { Banner } from "../ui/banner.tsx";
import { Button } from "../ui/button.tsx";
import { Disclosure } from "../ui/disclosure.tsx";
import { Field } from "../ui/field.tsx";
import { Revealed } from "../ui/revealed.tsx";
import { foundCounts, foundFiles, type FoundFile } from "./found.ts";
import { useWizard, useWizardState } from "./migration-context.tsx";
import { StaysList } from "./stays-list.tsx";
import { PathText, WelcomeFrame } from "./welcome-frame.tsx";

/** What the look found, the worst first. */
export function FoundStep({ onLeave }: { readonly onLeave: () => void }) {
  const wizard = useWizard();
  const scan = useWizardState((state) => state.scan);
  const client = useWizardState((state) => state.client);
  const problem = useWizardState((state) => state.problem);
  const words = messages.migration.found;
  const again = (): void => void wizard.begin(client);
  if (scan === null) {
    return (
      <WelcomeFrame
        title={words.failed}
        foot={
          <Button look="primary" onClick={again}>
            {words.again}
          </Button>
        }
      >
        <Banner hue="red" live title={<Revealed text={problem?.message ?? ""} />}>
          {problem?.hint === undefined ? null : <Revealed text={problem.hint} />}
        </Banner>
      </WelcomeFrame>
    );
  }
  return <Found key={scan.at} scan={scan} client={client} onLeave={onLeave} />;
}

function Found({ scan, client, onLeave }: { readonly scan: Scan; readonly client: string | null; readonly onLeave: () => void }) {
  const wizard = useWizard();
  const { view } = useApp();
  const files = useMemo(() => foundFiles(scan, client), [scan, client]);
  const counts = useMemo(() => foundCounts(files), [files]);
  const words = messages.migration.found;
  const bad = files.filter(({ secrets }) => secrets.length > 0);
  const clean = files.filter(({ secrets }) => secrets.length === 0);
  if (files.length === 0) {
    return (
      <WelcomeFrame
        title={words.emptyTitle}
        text={words.emptyText}
        foot={
          <>
            <span className="grow" />
            <Button look="primary" onClick={() => view.go("servers", "-new")}>
              {words.addServer}
            </Button>
          </>
        }
      >
        <MoreFolders />
      </WelcomeFrame>
    );
  }
  return (
    <WelcomeFrame
      title={foundSentence(counts)}
      text={inGitSentence(counts) ?? undefined}
      foot={
        counts.movable > 0 ? (
          <>
            <span className="grow small quiet">{words.safe}</span>
            <Button look="primary" onClick={() => wizard.review()}>
              {words.review}
            </Button>
          </>
        ) : (
          <>
            <span className="grow" />
            <Button look="primary" onClick={onLeave}>
              {words.close}
            </Button>
          </>
        )
      }
    >
      {bad.length === 0 ? null : (
        <ul className="rows found" aria-label={words.list}>
          {bad.map((file) => (
            <FoundRow key={file.key} file={file} />
          ))}
        </ul>
      )}
      {counts.movable > 0 ? null : (
        <StaysList
          title={words.nothing}
          scan={scan}
          stays={files.flatMap((file) =>
            file.lists.flatMap((list) =>
              list.entries.flatMap((entry) => (entry.stays === null ? [] : [{ file: list.id, server: entry.server, reason: entry.stays }])),
            ),
          )}
        />
      )}
      <div className="welcome-more">
        {clean.length === 0 ? null : (
          <Disclosure title={bad.length === 0 ? words.cleanOnly(clean.length) : words.clean(clean.length)} open={bad.length === 0}>
            <ul className="rows">
              {clean.map((file) => (
                <CleanRow key={file.key} file={file} />
              ))}
            </ul>
          </Disclosure>
        )}
        <MoreFolders />
        {scan.absent.length === 0 || client !== null ? null : (
          <Disclosure title={words.absent}>
            <p className="small quiet">{format.list(scan.absent)}</p>
          </Disclosure>
        )}
      </div>
    </WelcomeFrame>
  );
}

function FoundRow({ file }: { readonly file: FoundFile }) {
  const words = messages.migration.found;
  const shown = file.secrets.slice(0, 5);
  return (
    <li className="found-row">
      <div className="found-head">
        <span className="strong">
          <Revealed text={file.clientName} line />
        </span>
        <PathText path={file.path} />
        <span className="end">
          <Badge hue={file.exposures.some(({ severe }) => severe) ? "red" : "amber"}>{words.secretCount(file.secrets.length)}</Badge>
        </span>
      </div>
      {file.problem === null ? null : (
        <p className="small unbroken">
          <Badge>{words[file.problem.kind]}</Badge> <Revealed text={file.problem.reason} />
        </p>
      )}
      {file.exposures.length === 0 ? null : (
        <ul className="exposures">
          {file.exposures.map(({ text, severe }) => (
            <li key={text} className={severe ? "exposure severe" : "exposure"}>
              {severe ? <CircleAlert size={14} aria-hidden="true" /> : <TriangleAlert size={14} aria-hidden="true" />}
              <span className="unbroken">
                <Revealed text={text} />
              </span>
            </li>
          ))}
        </ul>
      )}
      <ul className="found-secrets small quiet">
        {shown.map((secret) => (
          <li key={secret.id} className="unbroken">
            <Revealed text={secret.server} line />
            {" · "}
            <code>
              <Revealed text={placeWords(secret.place)} line />
            </code>{" "}
            <code className="faint">
              <Revealed text={secret.prefix} line />…
            </code>
          </li>
        ))}
        {file.secrets.length > shown.length ? <li>{words.moreSecrets(file.secrets.length - shown.length)}</li> : null}
      </ul>
    </li>
  );
}

function CleanRow({ file }: { readonly file: FoundFile }) {
  const words = messages.migration.found;
  const ours = file.entries.filter((entry) => entry.ours).length;
  return (
    <li>
      <div className="grow">
        <p>
          <span className="strong">
            <Revealed text={file.clientName} line />
          </span>{" "}
          <PathText path={file.path} />
        </p>
        {file.problem === null ? null : (
          <p className="small quiet unbroken">
            <Badge hue={file.problem.kind === "refused" ? "amber" : "neutral"}>{words[file.problem.kind]}</Badge>{" "}
            <Revealed text={file.problem.reason} />
          </p>
        )}
      </div>
      <span className="small quiet">
        {file.entries.length === 0
          ? words.noEntries
          : ours === file.entries.length
            ? words.oursEntries(ours)
            : words.entries(file.entries.length)}
      </span>
    </li>
  );
}

/** A project folder that no client remembers. */
function MoreFolders() {
  const wizard = useWizard();
  const folders = useWizardState((state) => state.folders);
  const [folder, setFolder] = useState("");
  const [tried, setTried] = useState(false);
  const words = messages.migration.found;
  const valid = /^(?:\/|[A-Za-z]:[\\/]|\\\\)/.test(folder);
  return (
    <Disclosure title={words.folder}>
      <form
        className="folder-form"
        onSubmit={(event) => {
          event.preventDefault();
          setTried(true);
          if (valid) void wizard.lookIn(folder);
        }}
      >
        <Field label={words.folderLabel} help={words.folderHelp} problem={tried && !valid ? words.folderProblem : null}>
          {(ids) => (
            <div className="folder-row">
              <input
                className="input mono"
                {...ids}
                value={folder}
                placeholder="/home/ann/projects/site"
                autoComplete="off"
                spellCheck={false}
                onChange={(event) => setFolder(event.target.value.trim())}
              />
              <Button submit icon={<FolderSearch size={14} aria-hidden="true" />}>
                {words.folderAdd}
              </Button>
            </div>
          )}
        </Field>
        {folders.length === 0 ? null : (
          <p className="small quiet unbroken">
            <Revealed text={words.folders(format.list(folders))} />
          </p>
        )}
      </form>
    </Disclosure>
  );
}
