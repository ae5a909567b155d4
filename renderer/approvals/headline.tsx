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
import { namesGoal, namesObject, splitSubject, toneOf, verbOf, type Verb } from "./wording.ts";

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
  const goal = subject !== null && namesGoal(verb, subject.key);
  const object = goal || (subject !== null && namesObject(verb, subject.key));
  return (
    <div className="headline">
      <span className={`headline-icon ${toneOf(approval)}`} aria-hidden="true">
        <Icon size={18} />
      </span>
      <div className="headline-text">
        <h2 id={headingId} className={subject !== null && subject.value.length > 90 ? "long" : undefined}>
          {object ? (
            `${goal ? messages.approvals.moveTo : messages.approvals.verbs[verb]} `
          ) : (
            <RichText parts={messages.approvals.noSubject(approval.tool)} />
          )}
          {subject !== null && !object ? ` ${messages.approvals.withTool} ` : null}
          {subject === null ? null : <Subject value={subject.value} whole={!object} />}
        </h2>
        {object ? <SubjectLead name={subject.key} value={subject.value} /> : null}
      </div>
    </div>
  );
}

/** The thing in bold; only an object is cut down to its name, with the rest below it. */
function Subject({ value, whole }: { readonly value: string; readonly whole: boolean }) {
  return (
    <strong className="unbroken">
      <LongText text={whole ? value : splitSubject(value).name} limit={360} line />
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
