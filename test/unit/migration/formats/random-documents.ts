import type { ConfigFormat } from "../../../../shared/model/migration.ts";
import { createRandom, randomMap, randomModel } from "./random.ts";
import type { Model, Random } from "./random.ts";

// Config files in many hands' styles, from a seed. Every comment is unique and every value's place in the text is known from writing
// it, so that a test can say what must be left of the text without asking the code it tests.

export type Path = readonly (string | number)[];

export interface RandomDocument {
  readonly format: ConfigFormat;
  readonly text: string;
  readonly model: { readonly [key: string]: Model };
  /** Text of the values written in one piece (all of JSON; no blocks of YAML, no sections of TOML). */
  readonly spans: readonly { readonly path: Path; readonly start: number; readonly end: number }[];
  /** Maps and lists below the top, in any notation. */
  readonly holders: readonly Path[];
}

interface Writer {
  readonly random: Random;
  readonly eol: string;
  readonly unit: string;
  readonly comments: boolean;
  text: string;
  count: number;
  readonly spans: { readonly path: Path; readonly start: number; readonly end: number }[];
  readonly holders: Path[];
}

function comment(writer: Writer): string {
  writer.count += 1;
  return `comment-${String(writer.count)}- { [ " 🦊 = :`;
}

function isMap(model: Model): model is { readonly [key: string]: Model } {
  return typeof model === "object" && !Array.isArray(model);
}

function isList(model: Model): model is readonly Model[] {
  return Array.isArray(model);
}

export function randomDocument(format: ConfigFormat, seed: number): RandomDocument {
  const random = createRandom(seed);
  const writer: Writer = {
    random,
    eol: random.chance(0.25) ? "\r\n" : "\n",
    unit: format === "yaml" ? random.pick(["  ", "    ", " "]) : random.pick(["  ", "    ", "\t"]),
    comments: format !== "json" && random.chance(0.8),
    text: "",
    count: 0,
    spans: [],
    holders: [],
  };
  const servers = Object.fromEntries(
    Array.from({ length: random.below(4) + 1 }, (_each, index) => [`server-${String(index)}`, randomMap(random, 3, random.below(5))]),
  );
  const model = {
    ...randomMap(random, 2, random.below(3)),
    mcpServers: servers,
    ...(random.chance(0.6) ? { after: randomModel(random, 3) } : {}),
  };
  if (format === "toml") writeToml(writer, model);
  else if (format === "yaml") writeYaml(writer, model);
  else writeJsonFile(writer, model);
  if (random.chance(0.25)) writer.text = writer.text.trimEnd();
  return { format, text: writer.text, model, spans: writer.spans, holders: writer.holders };
}

function span(writer: Writer, path: Path, write: () => void): void {
  const start = writer.text.length;
  write();
  writer.spans.push({ path, start, end: writer.text.length });
}

// JSON

function writeJsonFile(writer: Writer, model: Model): void {
  const flat = writer.random.chance(0.1);
  if (writer.comments && !flat && writer.random.chance(0.3)) writer.text += `// ${comment(writer)}${writer.eol}`;
  writeJson(writer, model, [], "", flat, {
    colon: flat ? ":" : writer.random.pick([": ", ":", " : "]),
    trailing: writer.comments && writer.random.chance(0.4),
  });
  writer.text += writer.eol;
}

function writeJson(
  writer: Writer,
  model: Model,
  path: Path,
  indent: string,
  flat: boolean,
  style: { readonly colon: string; readonly trailing: boolean },
): void {
  span(writer, path, () => {
    if (!isMap(model) && !isList(model)) {
      writer.text += JSON.stringify(model);
      return;
    }
    if (path.length > 0) writer.holders.push(path);
    const { random } = writer;
    const members: readonly (readonly [string | number, Model])[] = isList(model) ? [...model.entries()] : Object.entries(model);
    const [open, close] = isList(model) ? ["[", "]"] : ["{", "}"];
    const inline = flat || (path.length > 0 && random.chance(isList(model) ? 0.6 : 0.25));
    const inner = indent + writer.unit;
    writer.text += open;
    if (members.length === 0 && !inline && writer.comments && random.chance(0.3)) {
      writer.text += `${writer.eol}${inner}// ${comment(writer)}${writer.eol}${indent}`;
    }
    const padding = inline && !flat && members.length > 0 && random.chance(0.5) ? " " : "";
    writer.text += padding;
    members.forEach(([key, value], index) => {
      const last = index === members.length - 1;
      if (!inline) {
        writer.text += writer.eol;
        if (writer.comments && random.chance(0.2)) writer.text += `${inner}// ${comment(writer)}${writer.eol}`;
        if (random.chance(0.05)) writer.text += writer.eol;
        writer.text += inner;
      }
      if (inline && writer.comments && random.chance(0.1)) writer.text += `/* ${comment(writer)} */ `;
      if (typeof key === "string") writer.text += `${JSON.stringify(key)}${style.colon}`;
      writeJson(writer, value, [...path, key], inline ? indent : inner, inline, style);
      if (!last) writer.text += inline && !flat ? ", " : ",";
      else if (style.trailing && !inline) writer.text += ",";
      if (!inline && writer.comments && random.chance(0.2)) writer.text += ` // ${comment(writer)}`;
    });
    if (!inline && members.length > 0) writer.text += writer.eol + indent;
    writer.text += padding + close;
  });
}

// TOML

function tomlString(writer: Writer, value: string): string {
  if (/^[^'\u0000-\u001f]*$/.test(value) && writer.random.chance(0.3)) return `'${value}'`;
  return JSON.stringify(value);
}

function tomlKey(writer: Writer, key: string): string {
  if (/^[A-Za-z0-9_-]+$/.test(key) && !writer.random.chance(0.1)) return key;
  return /^[^'\n]*$/.test(key) && writer.random.chance(0.3) ? `'${key}'` : JSON.stringify(key);
}

function writeTomlValue(writer: Writer, model: Model, path: Path): void {
  span(writer, path, () => {
    const { random } = writer;
    if (isList(model)) {
      writer.holders.push(path);
      const lines = random.chance(0.4) && model.length > 0;
      writer.text += "[";
      model.forEach((item, index) => {
        if (lines) {
          if (writer.comments && random.chance(0.2)) writer.text += `${writer.eol}  # ${comment(writer)}`;
          writer.text += `${writer.eol}  `;
        } else if (index > 0) writer.text += " ";
        writeTomlValue(writer, item, [...path, index]);
        if (index < model.length - 1 || (lines && random.chance(0.5))) writer.text += ",";
        if (lines && writer.comments && random.chance(0.2)) writer.text += ` # ${comment(writer)}`;
      });
      writer.text += lines ? `${writer.eol}]` : "]";
    } else if (isMap(model)) {
      writer.holders.push(path);
      const members = Object.entries(model);
      const padding = members.length > 0 && random.chance(0.7) ? " " : "";
      writer.text += `{${padding}`;
      members.forEach(([key, value], index) => {
        writer.text += `${index > 0 ? ", " : ""}${tomlKey(writer, key)} = `;
        writeTomlValue(writer, value, [...path, key]);
      });
      writer.text += `${padding}}`;
    } else writer.text += typeof model === "string" ? tomlString(writer, model) : String(model);
  });
}

function writeTomlLine(writer: Writer, prefix: string, key: string, value: Model, path: Path): void {
  const { random } = writer;
  if (writer.comments && random.chance(0.15)) writer.text += `# ${comment(writer)}${writer.eol}`;
  if (isMap(value) && Object.keys(value).length > 0 && random.chance(0.25)) {
    writer.holders.push(path);
    for (const [name, item] of Object.entries(value))
      writeTomlLine(writer, `${prefix}${tomlKey(writer, key)}.`, name, item, [...path, name]);
    return;
  }
  writer.text += `${prefix}${tomlKey(writer, key)}${random.pick([" = ", "=", " = ", "  = "])}`;
  writeTomlValue(writer, value, path);
  if (writer.comments && random.chance(0.2)) writer.text += ` # ${comment(writer)}`;
  writer.text += writer.eol;
  if (random.chance(0.1)) writer.text += writer.eol;
}

function writeToml(writer: Writer, model: { readonly [key: string]: Model }): void {
  if (writer.comments) writer.text += `# ${comment(writer)}${writer.eol}${writer.eol}`;
  writeTomlTable(writer, model, [], "");
}

function writeTomlTable(writer: Writer, table: { readonly [key: string]: Model }, path: Path, header: string): void {
  const { random } = writer;
  const sections: [string, Model][] = [];
  for (const [key, value] of Object.entries(table)) {
    const listOfMaps = isList(value) && value.length > 0 && value.every((item) => isMap(item)) && random.chance(0.7);
    if (listOfMaps || (isMap(value) && (path.length === 0 || random.chance(0.5)))) sections.push([key, value]);
    else writeTomlLine(writer, "", key, value, [...path, key]);
  }
  for (const [key, value] of sections) {
    const name = header === "" ? tomlKey(writer, key) : `${header}.${tomlKey(writer, key)}`;
    const tables: readonly (readonly [Path, Model, string])[] = isList(value)
      ? value.map((item, index) => [[...path, key, index], item, `[[${name}]]`])
      : [[[...path, key], value, `[${name}]`]];
    if (isList(value)) writer.holders.push([...path, key]);
    for (const [at, item, line] of tables) {
      if (!isMap(item)) continue;
      writer.holders.push(at);
      const onlyTables = Object.keys(item).length > 0 && Object.values(item).every((each) => isMap(each));
      if (random.chance(0.8)) writer.text += writer.eol;
      if (writer.comments && random.chance(0.1)) writer.text += `# ${comment(writer)}${writer.eol}${writer.eol}`;
      if (writer.comments && random.chance(0.3)) writer.text += `# ${comment(writer)}${writer.eol}`;
      if (!onlyTables || random.chance(0.5) || isList(value)) {
        writer.text += line;
        if (writer.comments && random.chance(0.2)) writer.text += ` # ${comment(writer)}`;
        writer.text += writer.eol;
        if (random.chance(0.05)) writer.text += writer.eol;
        writeTomlTable(writer, item, at, name);
      } else writeTomlSubtables(writer, item, at, name);
    }
  }
}

/** Sections below one that has no header of its own. */
function writeTomlSubtables(writer: Writer, table: { readonly [key: string]: Model }, path: Path, header: string): void {
  for (const [key, value] of Object.entries(table)) {
    if (!isMap(value)) continue;
    writer.holders.push([...path, key]);
    const name = `${header}.${tomlKey(writer, key)}`;
    writer.text += `[${name}]${writer.eol}`;
    writeTomlTable(writer, value, [...path, key], name);
  }
}

// YAML

const plainYaml = /^[A-Za-z_@/-][A-Za-z0-9_./-]*$/;

function yamlString(writer: Writer, value: string): string {
  const plain = plainYaml.test(value) && !/^(?:yes|no|on|off|y|n|null|true|false|~|-+)$/i.test(value) && !value.startsWith("@");
  if (plain && writer.random.chance(0.6)) return value;
  if (!/[\n\t]/.test(value) && writer.random.chance(0.4)) return `'${value.replaceAll("'", "''")}'`;
  return JSON.stringify(value);
}

function writeYamlFlow(writer: Writer, model: Model, path: Path): void {
  span(writer, path, () => {
    if (!isMap(model) && !isList(model)) {
      writer.text += typeof model === "string" ? yamlString(writer, model) : String(model);
      return;
    }
    writer.holders.push(path);
    const members: readonly (readonly [string | number, Model])[] = isList(model) ? [...model.entries()] : Object.entries(model);
    const [open, close] = isList(model) ? ["[", "]"] : ["{", "}"];
    const padding = members.length > 0 && writer.random.chance(0.4) ? " " : "";
    writer.text += open + padding;
    members.forEach(([key, value], index) => {
      writer.text += index > 0 ? ", " : "";
      if (typeof key === "string") writer.text += `${yamlString(writer, key)}: `;
      writeYamlFlow(writer, value, [...path, key]);
    });
    writer.text += padding + close;
  });
}

function isBlock(writer: Writer, model: Model): boolean {
  if (isList(model)) return model.length > 0 && writer.random.chance(0.6);
  return isMap(model) && Object.keys(model).length > 0 && writer.random.chance(0.8);
}

function writeYaml(writer: Writer, model: { readonly [key: string]: Model }): void {
  if (writer.comments && writer.random.chance(0.4)) writer.text += `# ${comment(writer)}${writer.eol}`;
  if (writer.random.chance(0.1)) writer.text += `---${writer.eol}`;
  writeYamlBlock(writer, model, [], "");
}

function endYamlLine(writer: Writer): void {
  if (writer.comments && writer.random.chance(0.2)) writer.text += ` # ${comment(writer)}`;
  writer.text += writer.eol;
  if (writer.random.chance(0.05)) writer.text += writer.eol;
}

/** Lines of a map or list; the first one's indentation is written already when it stands behind a dash. */
function writeYamlBlock(writer: Writer, model: Model, path: Path, indent: string, behindDash = false): void {
  if (path.length > 0) writer.holders.push(path);
  const members: readonly (readonly [string | number, Model])[] = isList(model)
    ? [...model.entries()]
    : isMap(model)
      ? Object.entries(model)
      : [];
  members.forEach(([key, value], index) => {
    if (index > 0 || !behindDash) {
      if (writer.comments && writer.random.chance(0.15)) writer.text += `${indent}# ${comment(writer)}${writer.eol}`;
      writer.text += indent;
    }
    const at = [...path, key];
    writer.text += typeof key === "string" ? `${yamlString(writer, key)}:` : "-";
    const block = isBlock(writer, value);
    if (block && typeof key === "number") {
      writer.text += " ";
      writeYamlBlock(writer, value, at, `${indent}  `, true);
    } else if (block) {
      endYamlLine(writer);
      writeYamlBlock(
        writer,
        value,
        at,
        isList(value) && typeof key === "string" && writer.random.chance(0.4) ? indent : indent + writer.unit,
      );
    } else if (typeof value === "string" && /\S\n\S/.test(value) && writer.random.chance(0.5)) {
      const inner = indent + writer.unit;
      writer.text += ` |-${writer.eol}${value
        .split("\n")
        .map((line) => inner + line)
        .join(writer.eol)}${writer.eol}`;
    } else {
      writer.text += " ";
      writeYamlFlow(writer, value, at);
      endYamlLine(writer);
    }
  });
}
