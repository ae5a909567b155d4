import type { JournalRecord } from "../../shared/model/journal-entry.ts";
import { format } from "../format.ts";
import { messages } from "../messages.ts";
import { JsonView } from "../ui/json-view.tsx";
import { LongText } from "../ui/long-text.tsx";
import { Revealed } from "../ui/revealed.tsx";
import { useFetched } from "../use-fetched.ts";
import { callWords } from "./call-words.ts";
import { joinRecords, type ActivityRow } from "./join.ts";

const shownApart = new Set(["arguments", "result", "reason", "argumentsStart"]);

/** All that was recorded of a row: a call's arguments, its decision, its times and its answer. */
export function ActivityDetail({ row }: { readonly row: ActivityRow }) {
  return row.call === null ? <Recorded row={row} /> : <WholeCall row={row} />;
}

/** A page may hold only a part of a call's records (filters, page ends); the open row shows them all. */
function WholeCall({ row }: { readonly row: ActivityRow }) {
  const { result } = useFetched("journal.page", { call: row.key, limit: 20 }, String(row.records.length));
  const more = result?.ok === true ? result.value.records : [];
  return <Recorded row={joinRecords([row], more).find(({ key }) => key === row.key) ?? row} />;
}

function Recorded({ row }: { readonly row: ActivityRow }) {
  const { records, call } = row;
  const given = records.map(({ detail }) => detail?.["arguments"]).find((value) => value !== undefined);
  const start = textOf(records, "argumentsStart");
  const result = textOf(records, "result");
  const reason = textOf(records, "reason");
  const words = messages.activity;
  const extra = records
    .flatMap(({ detail }) => Object.entries(detail ?? {}))
    .filter(
      ([key, value], index, all) => !shownApart.has(key) && value !== undefined && all.findIndex(([other]) => other === key) === index,
    );
  return (
    <div className="log-detail">
      {given === undefined ? null : <JsonView title={words.arguments} text={JSON.stringify(given, null, 2)} maxHeight={280} />}
      {start === null ? null : <JsonView title={words.argumentsStart} text={start} maxHeight={280} />}
      {result === null ? null : <JsonView title={words.result} text={pretty(result)} maxHeight={220} />}
      <dl className="facts">
        <dt>{words.when}</dt>
        <dd>
          <time dateTime={new Date(row.at).toISOString()}>{format.dateTime(row.at)}</time>
        </dd>
        {call === null ? null : (
          <>
            <dt>{words.decision}</dt>
            <dd>
              <Revealed text={callWords(call)} line />
            </dd>
          </>
        )}
        {reason === null ? null : (
          <>
            <dt>{words.reason}</dt>
            <dd>
              <LongText text={reason} />
            </dd>
          </>
        )}
        {extra.map(([key, value]) => (
          <Fact key={key} name={key} value={value} />
        ))}
        <dt>{words.timing}</dt>
        <dd className="steps">
          {records.map((record) => (
            <span key={record.seq}>
              {format.exactTime(record.at)} <span className="quiet">{messages.activity.kinds[record.kind].toLowerCase()}</span>{" "}
              <span className="faint" title={record.hash}>
                #{format.number(record.seq)}
              </span>
            </span>
          ))}
          {call?.durationMs === null || call?.durationMs === undefined ? null : (
            <span className="quiet">{words.took(format.duration(call.durationMs))}</span>
          )}
        </dd>
      </dl>
    </div>
  );
}

function Fact({ name, value }: { readonly name: string; readonly value: unknown }) {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return (
    <>
      <dt>
        <Revealed text={messages.activity.detailNames[name] ?? name} line />
      </dt>
      <dd>
        <LongText text={text} line />
      </dd>
    </>
  );
}

function textOf(records: readonly JournalRecord[], key: string): string | null {
  const value = records.map(({ detail }) => detail?.[key]).find((candidate) => typeof candidate === "string");
  return typeof value === "string" ? value : null;
}

/** JSON indented for the eye; what is no JSON (a beginning that was cut) stays as it is. */
function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
