import { limitBounds, limitFrom, limitNames, type LimitName } from "../../shared/model/limits.ts";
import type { Limits } from "../../shared/model/server.ts";
import { format } from "../format.ts";
import { messages } from "../messages.ts";
import { Field } from "../ui/field.tsx";

/** Limits as they are typed; empty is the default. */
export type LimitTexts = Readonly<Record<LimitName, string>>;

export function limitTexts(limits: Limits = {}): LimitTexts {
  const text = (name: LimitName): string => (limits[name] === undefined ? "" : String(limits[name]));
  return { memoryMb: text("memoryMb"), processes: text("processes"), openFiles: text("openFiles") };
}

/** The limits that are typed; null where one of them cannot be. */
export function limitsOf(texts: LimitTexts): Limits | null {
  if (limitNames.some((name) => problemOf(name, texts[name]) !== null)) return null;
  return Object.fromEntries(limitNames.flatMap((name) => (texts[name].trim() === "" ? [] : [[name, Number(texts[name])]])));
}

function problemOf(name: LimitName, text: string): string | null {
  const { least, most } = limitBounds[name];
  const typed = text.trim();
  if (typed === "" || limitFrom(name, typed) !== null) return null;
  return messages.servers.limits.problem(format.number(least), format.number(most));
}

/** How much a server may use. */
export function LimitFields({ value, onChange }: { readonly value: LimitTexts; readonly onChange: (value: LimitTexts) => void }) {
  const words = messages.servers.limits;
  return (
    <div className="limits">
      {limitNames.map((name) => (
        <Field
          key={name}
          label={words.names[name]}
          help={words.usual[name](format.number(limitBounds[name].usual))}
          problem={problemOf(name, value[name])}
        >
          {(ids) => (
            <input
              className="input"
              {...ids}
              inputMode="numeric"
              autoComplete="off"
              placeholder={String(limitBounds[name].usual)}
              value={value[name]}
              onChange={(event) => onChange({ ...value, [name]: event.target.value })}
            />
          )}
        </Field>
      ))}
    </div>
  );
}
