import type { JsonValue } from "../../../shared/model/json.ts";
import { isList, isMap } from "./tree.ts";
import type { YamlNotes } from "./yaml-tree.ts";

// Values as YAML text. Plain only what every reader of YAML 1.1 and 1.2 takes for the same string; the rest is quoted.

export interface YamlStyle {
  /** Spaces a map in lines is indented by, and a list below its key. */
  readonly unit: number;
  readonly listUnit: number;
  /** Non-empty lists on one line, in brackets. */
  readonly listsFlow: boolean;
  readonly quote: YamlNotes["quote"];
  /** Inside the braces of a map on one line. */
  readonly padding: string;
}

const plainText = /^(?:[A-Za-z_/.]|-{1,2}(?=[A-Za-z]))(?:[A-Za-z0-9_./@+=~^%-]|[ :](?=[A-Za-z0-9_./@+=~^%-]))*$/;
const notAString =
  /^(?:y|n|yes|no|on|off|true|false|null|nil|none|~|[-+]?\.?(?:inf|nan)|=|<<|[-+.]?[0-9][0-9._,:eExXoObBtTzZ+ -]*|\.|\.\.\.|---)$/i;

/** A string (or key), in the given quotes if it fits into them. */
export function yamlString(value: string, quote: YamlNotes["quote"]): string {
  const readable = !/[\u0000-\u001f\u007f-\u009f\u2028\u2029\ufeff\ud800-\udfff]/.test(
    value.replaceAll(/[\ud800-\udbff][\udc00-\udfff]/g, ""),
  );
  if (quote === "single" && readable) return `'${value.replaceAll("'", "''")}'`;
  const plain =
    quote !== "double" &&
    plainText.test(value) &&
    !value.includes(": ") &&
    !value.endsWith(":") &&
    !notAString.test(value) &&
    !/^\.[0-9.]/.test(value);
  return plain ? value : doubleQuoted(value);
}

function doubleQuoted(value: string): string {
  return JSON.stringify(value).replaceAll(
    /[\u007f-\u009f\u2028\u2029\ufeff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** On one line. */
export function yamlFlow(value: JsonValue, style: YamlStyle): string {
  if (typeof value === "string") return yamlString(value, style.quote);
  if (isList(value)) return `[${value.map((item) => yamlFlow(item, style)).join(", ")}]`;
  if (!isMap(value)) return JSON.stringify(value);
  const members = Object.entries(value).map(([key, item]) => `${yamlString(key, "plain")}: ${yamlFlow(item, style)}`);
  return members.length === 0 ? "{}" : `{${style.padding}${members.join(", ")}${style.padding}}`;
}

/** Whether a value is written in lines of its own. */
export function isBlock(value: JsonValue, style: YamlStyle): boolean {
  if (isList(value)) return value.length > 0 && !(style.listsFlow && value.every((item) => !isMap(item)));
  return isMap(value) && Object.keys(value).length > 0;
}

/** The lines of a block map or list, indented among themselves only. */
export function yamlLines(value: JsonValue, style: YamlStyle): readonly string[] {
  if (isList(value)) {
    return value.flatMap((item) => {
      if (!isBlock(item, style)) return [`- ${yamlFlow(item, style)}`];
      return yamlLines(item, style).map((line, index) => (index === 0 ? `- ${line}` : `  ${line}`));
    });
  }
  if (!isMap(value)) return [yamlFlow(value, style)];
  return Object.entries(value).flatMap(([key, item]) => {
    const name = yamlString(key, "plain");
    if (!isBlock(item, style)) return [`${name}: ${yamlFlow(item, style)}`];
    return [`${name}:`, ...indented(yamlLines(item, style), isList(item) ? style.listUnit : style.unit)];
  });
}

export function indented(lines: readonly string[], by: number): readonly string[] {
  return lines.map((line) => " ".repeat(by) + line);
}
