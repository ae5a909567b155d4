import {
  Eye,
  FilePlus2,
  FolderTree,
  Globe,
  MoveRight,
  Pencil,
  Search,
  Send,
  Terminal,
  Trash2,
  Wrench,
  type LucideIcon,
} from "lucide-react";
import type { Approval } from "../../shared/model/approval.ts";
import { messages } from "../messages.ts";
import { LongText } from "../ui/long-text.tsx";
import { Revealed } from "../ui/revealed.tsx";
import { RichText } from "../ui/rich-text.tsx";
import { splitSubject, toneOf, verbOf, type Verb } from "./wording.ts";

const icons: Readonly<Record<Verb, LucideIcon>> = {
  read: Eye,
  list: FolderTree,
  search: Search,
  change: Pencil,
  create: FilePlus2,
  move: MoveRight,
  delete: Trash2,
  run: Terminal,
  send: Send,
  open: Globe,
  call: Wrench,
};

/** What would happen, in one sentence: the verb, and the thing itself in bold where the eye lands. */
export function Headline({ approval, headingId }: { readonly approval: Approval; readonly headingId: string }) {
  const verb = verbOf(approval.tool);
  const Icon = icons[verb];
  const { subject } = approval;
  return (
    <div className="headline">
      <span className={`headline-icon ${toneOf(approval)}`} aria-hidden="true">
        <Icon size={18} />
      </span>
      <div className="headline-text">
        <h2 id={headingId} className={subject !== null && subject.value.length > 90 ? "long" : undefined}>
          {subject === null || verb === "call" ? <RichText parts={messages.approvals.noSubject(approval.tool)} /> : null}
          {subject !== null && verb === "call" ? ` ${messages.approvals.withTool} ` : null}
          {subject === null ? null : (
            <>
              {verb === "call" ? null : `${messages.approvals.verbs[verb]} `}
              <Subject value={subject.value} />
            </>
          )}
        </h2>
        {subject === null ? null : <SubjectLead name={subject.key} value={subject.value} />}
      </div>
    </div>
  );
}

function Subject({ value }: { readonly value: string }) {
  return (
    <strong className="unbroken">
      <LongText text={splitSubject(value).name} limit={360} line />
    </strong>
  );
}

/** Where it lies, in full. */
function SubjectLead({ name, value }: { readonly name: string; readonly value: string }) {
  const { lead } = splitSubject(value);
  if (lead === "") return null;
  return (
    <p className="headline-lead mono unbroken">
      <span className="sr-only">{name}: </span>
      <Revealed text={lead} line />
      <span className="headline-lead-name">
        <Revealed text={splitSubject(value).name} line />
      </span>
    </p>
  );
}
