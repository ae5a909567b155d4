import type { ConfigFormat } from "../../../shared/model/migration.ts";
import type { ConfigDocument, DocumentPath } from "../formats/document.ts";

/** What a client's places are computed from. Reading only; nothing is ever executed or crawled. */
export interface Machine {
  readonly platform: NodeJS.Platform;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  /** Names in a folder; empty where there is none. */
  list(folder: string): Promise<readonly string[]>;
  exists(file: string): Promise<boolean>;
}

/** One server list in one file. */
export interface ConfigPlace {
  readonly path: string;
  readonly scope: "user" | "profile" | "project";
  readonly project: string | null;
  readonly format: ConfigFormat;
  /** Where the list stands: `["mcpServers"]`, `["projects", "/abs", "mcpServers"]`, `["amp.mcpServers"]`. */
  readonly at: DocumentPath;
  /** A map from name to entry, or a list of entries with a `name`. */
  readonly shape: "map" | "list";
}

/** How an entry of this client maps to ours. Absent names mean the usual ones. */
export interface EntryShape {
  /** Default `command`. `command-array`: one list holds command and arguments. */
  readonly command?: { readonly key: string; readonly kind: "string" | "command-array" };
  /** Default `args`. */
  readonly args?: string;
  /** Default `env`. */
  readonly env?: string;
  /** Default `cwd`. */
  readonly cwd?: string;
  /** Keys that hold a remote server's url, with the transport each means. Default `url`. */
  readonly urls?: readonly { readonly key: string; readonly transport: "http" | "sse" }[];
  /** Default `headers`; several keys: one inside the other. */
  readonly headers?: string | readonly string[];
  /** The key that names the transport, and what its values mean. Default `type` with the usual spellings. */
  readonly type?: { readonly key: string; readonly transports: Readonly<Record<string, "stdio" | "http" | "sse">> };
  /** A key that says the entry is off: `{ key: "disabled", when: true }`, `{ key: "enabled", when: false }`. */
  readonly off?: { readonly key: string; readonly when: boolean };
  /** A map of settings that the client hands to a server of its own choice: read for secrets, never written. */
  readonly settings?: string;
  /** Entries that are no MCP servers to the client (its own extensions): not read at all. */
  readonly ignore?: { readonly key: string; readonly values: readonly string[] };
  /** Keys by which the client lends the server something that we cannot take over; such an entry stays, for this reason. */
  readonly lends?: readonly { readonly key: string; readonly reason: string }[];
  /** Keys that would act on our bridge instead of on the server (the client's own sandbox): removed with `env` and `cwd`. */
  readonly remove?: readonly string[];
}

/** One client, as data. Sources and how sure we are stand in the file's comment. */
export interface ClientDefinition {
  /** Stable, kebab-case: `claude-desktop`. */
  readonly id: string;
  readonly name: string;
  /** Null: sure enough to write. Otherwise why it is only read and shown. */
  readonly unsure: string | null;
  places(machine: Machine): Promise<readonly ConfigPlace[]>;
  /** Files inside one project folder. */
  projectPlaces(project: string, machine: Machine): Promise<readonly ConfigPlace[]>;
  /** Projects the client itself remembers, out of its own files. */
  readonly projects?: {
    files(machine: Machine): readonly string[];
    read(document: ConfigDocument): readonly string[];
    readonly format: ConfigFormat;
  };
  /** Whether this place is one in this document, where that depends on what it says (opencode v1 and v2). Absent: always. */
  applies?(document: ConfigDocument, place: ConfigPlace): boolean;
  /** May depend on the document (opencode v1 and v2). */
  entry(document: ConfigDocument): EntryShape;
  /** What the person does so that it reads its file again; null: it notices. */
  readonly restart: string | null;
  /** Names of its processes, for "is it running": compared to the executable's base name. */
  readonly processes: readonly string[];
  /** Placeholders it expands itself and that are not secrets: `${env:…}`, `${input:…}`; kept working. */
  readonly placeholders: readonly RegExp[];
  /** Its own backups and logs where plaintext copies may be, as paths or one-level patterns with `*` in the last part. */
  copies(machine: Machine): readonly string[];
}
