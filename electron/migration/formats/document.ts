import type { Result } from "../../../shared/errors.ts";
import type { ConfigFormat } from "../../../shared/model/migration.ts";
import type { JsonValue } from "../../../shared/model/json.ts";

/** Keys and indexes from the top of the file. */
export type DocumentPath = readonly (string | number)[];

export type DocumentEdit =
  | { readonly kind: "set"; readonly path: DocumentPath; readonly value: JsonValue }
  | { readonly kind: "remove"; readonly path: DocumentPath };

/**
 * A config file in its syntax tree. Reading never executes, expands or fetches anything. Editing changes the bytes of what is edited
 * and no others: comments, order, indentation, quoting, trailing commas, BOM and line ends of everything else stay as they are.
 */
export interface ConfigDocument {
  /** The plain value at a path, or undefined. Own properties only. */
  get(path: DocumentPath): JsonValue | undefined;
  /** Keys of the map at a path, in the order of the file; empty where there is no map. */
  keys(path: DocumentPath): readonly string[];
  /** The bytes with these edits made, in order. Fails rather than guesses (a YAML anchor, a TOML inline table it cannot keep …). */
  edit(edits: readonly DocumentEdit[]): Result<Uint8Array>;
}

/**
 * Opens a file's bytes. Fails with the reason, for the person, with line and column: does not parse, duplicate keys, not UTF-8, too large
 * (16 MiB), nested too deeply (64), not a map at the top.
 */
export type OpenDocument = (format: ConfigFormat, bytes: Uint8Array) => Result<ConfigDocument>;
