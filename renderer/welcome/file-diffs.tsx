import { useMemo } from "react";
import type { Plan, PlannedFile, Scan } from "../../shared/model/migration.ts";
import { messages } from "../messages.ts";
import { diffRows } from "../ui/diff-rows.ts";
import { Disclosure } from "../ui/disclosure.tsx";
import { Revealed } from "../ui/revealed.tsx";
import { UnifiedDiff } from "../ui/unified-diff.tsx";
import { PathText } from "./welcome-frame.tsx";

/** Each file as it is and as it would be. */
export function FileDiffs({ plan, scan }: { readonly plan: Plan; readonly scan: Scan }) {
  const words = messages.migration.review;
  return (
    <section className="section" aria-label={words.files}>
      <div>
        <h2>{words.files}</h2>
        <p className="small quiet">{words.filesText}</p>
      </div>
      <ul className="rows file-diffs">
        {plan.files.map((file, at) => (
          <li key={`${file.client} ${file.path}`}>
            <FileDiff
              file={file}
              clientName={scan.files.find(({ client }) => client === file.client)?.clientName ?? file.client}
              open={at === 0}
            />
          </li>
        ))}
      </ul>
    </section>
  );
}

function FileDiff({ file, clientName, open }: { readonly file: PlannedFile; readonly clientName: string; readonly open: boolean }) {
  const { added, removed } = useMemo(() => diffRows(file.diff), [file.diff]);
  const words = messages.migration;
  return (
    <Disclosure
      open={open}
      title={
        <span className="file-title">
          <span className="strong">
            <Revealed text={clientName} line />
          </span>
          <PathText path={file.path} />
          <span className="small faint end">
            <span aria-hidden="true">{words.review.lines(added, removed)}</span>
            <span className="sr-only">{words.review.linesSpoken(added, removed)}</span>
          </span>
        </span>
      }
    >
      <UnifiedDiff diff={file.diff} label={words.diff.region(file.path)} />
    </Disclosure>
  );
}
