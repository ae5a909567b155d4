import { limitBounds, type LimitName } from "../../shared/model/limits.ts";
import type { Limits } from "../../shared/model/server.ts";
import { format } from "../format.ts";
import { messages } from "../messages.ts";
import { Field } from "../ui/field.tsx";

const names = ["memoryMb", "processes", "openFiles"] as const satisfies readonly LimitName[];

/** Limits as they are typed; empty is the default. */
export type LimitTexts = Readonly<Record<LimitName, string>>;

export function limitTexts(limits: Limits = {}): LimitTexts {
  const text = (name: LimitName): string => (limits[name] === undefined ? "" : String(limits[name]));
  return { memoryMb: text("memoryMb"), processes: text("processes"), openFiles: text("openFiles") };
}

/** The limits that are typed; null where one of them cannot be. */
export function limitsOf(texts: LimitTexts): Limits | null {
  if (names.some((name) => problemOf(name, texts[name]) !== null)) return null;
  return Object.fromEntries(names.flatMap((name) => (texts[name].trim() === "" ? [] : [[name, Number(texts[name])]])));
}

function problemOf(name: LimitName, text: string): string | null {
  const { least, most } = limitBounds[name];
  const typed = text.trim();
  if (typed === "") return null;
  const value = /^\d{1,9}$/.test(typed) ? Number(typed) : Number.NaN;
  return value >= least && value <= most ? null : messages.servers.limits.problem(format.number(least), format.number(most));
}

/** How much a server may use. */
export function LimitFields({ value, onChange }: { readonly value: LimitTexts; readonly onChange: (value: LimitTexts) => void }) {
  const words = messages.servers.limits;
  return (
    <div className="limits">
      {names.map((name) => (
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
