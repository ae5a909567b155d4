import type { Result } from "../../../shared/errors.ts";
import type { ConfigFormat } from "../../../shared/model/migration.ts";
import type { JsonValue } from "../../../shared/model/json.ts";

/** Keys and indexes from the top of the file. */
export type DocumentPath = readonly (string | number)[];

export type DocumentEdit =
  /** A new key comes after its siblings, maps that are missing (or null) on the way to it are made; an index may be the list's length: appends. */
  | { readonly kind: "set"; readonly path: DocumentPath; readonly value: JsonValue }
  /**
   * With its comma, its line and a comment behind it on that line. Comments above it stay: they may speak of more than this key
   * (in TOML one right above a header goes with its section, and none is left to stand right above the next header). Nothing
   * happens where there is nothing. A map or list that loses its last item stays, empty.
   */
  | { readonly kind: "remove"; readonly path: DocumentPath }
  /** Puts back what `raw` gave for this path, byte for byte, in place of what is there now, or as a new key. */
  | { readonly kind: "restore"; readonly path: DocumentPath; readonly source: Uint8Array };

/**
 * A config file in its syntax tree. Reading never executes, expands or fetches anything. Editing changes the bytes of what is edited
 * and no others: comments, order, indentation, quoting, trailing commas, BOM and line ends of everything else stay as they are.
 */
export interface ConfigDocument {
  /**
   * The plain value at a path, or undefined. Own properties only. TOML dates are their source text; YAML aliases are what they stand for,
   * a merge key `<<` is a key like any other.
   */
  get(path: DocumentPath): JsonValue | undefined;
  /** Keys of the map at a path, in the order of the file; empty where there is no map. */
  keys(path: DocumentPath): readonly string[];
  /**
   * The source of a value, only for a `restore` at the same path: in YAML it begins behind the key's colon, in TOML it may be the sections
   * of a table. Undefined where there is no value, or none in one piece (TOML dotted keys, sections with others between them).
   */
  raw(path: DocumentPath): Uint8Array | undefined;
  /**
   * The bytes with these edits made, in order; the document itself stays as it is. The result has been read again: what was to change
   * is as wanted and everything else is as before, or this fails. Fails rather than guesses (a YAML anchor, a value TOML cannot hold …).
   * A set to the value that is there changes no byte.
   */
  edit(edits: readonly DocumentEdit[]): Result<Uint8Array>;
}

/**
 * Opens a file's bytes. Fails with the reason, for the person, with line and column: does not parse, duplicate keys, not UTF-8, too large
 * (16 MiB, TOML and YAML 512 KiB), nested too deeply (64), not a map at the top. JSON is read with comments and trailing commas in either of
 * its formats (a client that minds these reads nothing from such a file today); none are ever added to a file that had none.
 */
export type OpenDocument = (format: ConfigFormat, bytes: Uint8Array) => Result<ConfigDocument>;
