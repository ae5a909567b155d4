import { fail } from "../../../shared/errors.ts";
import type { Result } from "../../../shared/errors.ts";
import type { ConfigDocument, OpenDocument } from "./document.ts";
import { jsonSyntax } from "./json.ts";
import type { SourceText } from "./source-text.ts";
import { decodeSource } from "./source-text.ts";
import { createDocument } from "./syntax.ts";
import { tomlSyntax } from "./toml.ts";
import { yamlSyntax } from "./yaml.ts";
import type { Syntax } from "./syntax.ts";

const maxJsonBytes = 16 * 1024 * 1024;
// No client writes its history into one of these; their parsers take seconds for a megabyte.
const maxOtherBytes = 512 * 1024;

function open<S>(syntax: Syntax<S>, source: SourceText): Result<ConfigDocument> {
  const root = syntax.parse(source.text);
  return root.ok ? { ok: true, value: createDocument(syntax, source, root.value) } : root;
}

/** See `OpenDocument`. Works on bytes alone, touches nothing else. */
export const openDocument: OpenDocument = (format, bytes) => {
  const source = decodeSource(bytes, maxJsonBytes);
  if (!source.ok) return source;
  if (format === "json" || format === "jsonc") return open(jsonSyntax, source.value);
  if (bytes.length > maxOtherBytes) {
    return fail("too-large", `The file has ${String(bytes.length)} bytes; of TOML and YAML at most ${String(maxOtherBytes)} are read.`);
  }
  return format === "toml" ? open(tomlSyntax, source.value) : open(yamlSyntax, source.value);
};
