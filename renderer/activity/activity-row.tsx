import {
  ArrowDownToLine,
  CircleCheck,
  CircleDashed,
  CircleX,
  Hand,
  KeyRound,
  MonitorSmartphone,
  Pause,
  Play,
  Power,
  ScrollText,
  Server,
  ServerOff,
  Settings,
  ShieldCheck,
  TriangleAlert,
  type LucideIcon,
} from "lucide-react";
import type { JournalKind, JournalRecord } from "../../shared/model/journal-entry.ts";
import { format } from "../format.ts";
import { messages } from "../messages.ts";
import { Revealed } from "../ui/revealed.tsx";
import { ActivityDetail } from "./activity-detail.tsx";
import { callWords } from "./call-words.ts";
import { noteOf, subjectOf, type ActivityRow, type CallSummary } from "./join.ts";

type Look = readonly [LucideIcon, "" | "green" | "red" | "amber" | "accent"];

const kindLooks: Readonly<Record<JournalKind, Look>> = {
  "app-started": [Power, ""],
  "app-stopped": [Power, ""],
  "call-asked": [Hand, "accent"],
  "call-dispatched": [CircleCheck, "green"],
  "call-denied": [CircleX, "red"],
  "call-finished": [CircleCheck, "green"],
  "client-connected": [MonitorSmartphone, ""],
  "client-disconnected": [MonitorSmartphone, ""],
  "server-accepted": [ShieldCheck, ""],
  "server-installed": [ArrowDownToLine, ""],
  "server-launched": [Server, ""],
  "server-refused": [ServerOff, "red"],
  "server-stopped": [Server, ""],
  "secret-stored": [KeyRound, ""],
  "secret-deleted": [KeyRound, "amber"],
  "secret-used": [KeyRound, ""],
  "rule-added": [ScrollText, ""],
  "rule-removed": [ScrollText, ""],
  "settings-changed": [Settings, ""],
  "gate-paused": [Pause, "amber"],
  "gate-resumed": [Play, ""],
  "journal-exported": [ArrowDownToLine, ""],
  "migration-applied": [KeyRound, "green"],
  "migration-undone": [KeyRound, "amber"],
  "migration-failed": [KeyRound, "red"],
};

const longest = 240;

/** One line of the log; it opens in place. */
export function ActivityLine({
  row,
  open,
  onToggle,
}: {
  readonly row: ActivityRow;
  readonly open: boolean;
  readonly onToggle: () => void;
}) {
  const first = row.records[0];
  if (first === undefined) return null;
  return (
    <>
      <button type="button" className="log-line" aria-expanded={open} onClick={onToggle}>
        <time className="log-time" dateTime={new Date(row.at).toISOString()} title={format.dateTime(row.at)}>
          {format.time(row.at)}
        </time>
        {row.call === null ? <EventCells record={first} /> : <CallCells row={row} call={row.call} />}
      </button>
      {open ? <ActivityDetail row={row} /> : null}
    </>
  );
}

function CallCells({ row, call }: { readonly row: ActivityRow; readonly call: CallSummary }) {
  const [Icon, hue] = lookOfCall(call);
  const subject = subjectOf(row, longest);
  return (
    <>
      <Icon size={15} className={`log-icon ${hue}`} aria-hidden="true" />
      <span className="log-what one-line">
        <code className="one-line">
          <Revealed text={call.tool} line />
        </code>
      </span>
      <span className="log-subject one-line">
        <span className="faint">
          <Revealed text={`${call.client} → ${call.server}`} line />
        </span>
        {subject === "" ? null : (
          <>
            {"  "}
            <Revealed text={subject} line />
          </>
        )}
      </span>
      <span className={`small one-line ${call.state === "denied" ? "red-text" : call.state === "waiting" ? "accent-text" : "quiet"}`}>
        <Revealed text={callWords(call)} line />
      </span>
      <span className="log-took">{call.durationMs === null ? "" : format.duration(call.durationMs)}</span>
    </>
  );
}

function EventCells({ record }: { readonly record: JournalRecord }) {
  const [Icon, hue] = kindLooks[record.kind];
  return (
    <>
      <Icon size={15} className={`log-icon ${hue}`} aria-hidden="true" />
      <span className="one-line">{messages.activity.kinds[record.kind]}</span>
      <span className="log-subject one-line">
        <Revealed text={noteOf(record, longest)} line />
      </span>
      <span className="small quiet one-line">
        {record.by === undefined ? null : <Revealed text={messages.activity.by(record.by)} line />}
      </span>
      <span />
    </>
  );
}

function lookOfCall(call: CallSummary): Look {
  if (call.state === "denied") return [CircleX, "red"];
  if (call.state === "waiting") return [Hand, "accent"];
  if (call.state === "running") return [CircleDashed, "accent"];
  return call.outcome === "ok" ? [CircleCheck, "green"] : [TriangleAlert, "amber"];
}
