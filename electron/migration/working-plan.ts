import type { JsonValue } from "../../shared/model/json.ts";
import type { Plan } from "../../shared/model/migration.ts";
import type { ServerSettings } from "../../shared/model/server.ts";
import type { ScannedSecret } from "./scan-file.ts";
import type { SourceEntry, SourceFile, SourceList } from "./sources.ts";

/** A plan as it is shown, and what it takes to carry it out. The values of secrets are in here: it stays in this process. */
export interface WorkingPlan {
  readonly shown: Plan;
  readonly files: readonly WorkingFile[];
  readonly servers: ReadonlyMap<string, WorkingServer>;
  readonly secrets: readonly WorkingSecret[];
}

export interface WorkingFile {
  readonly path: string;
  readonly target: string;
  readonly hash: string;
  readonly bytes: Uint8Array;
  readonly format: SourceFile["lists"][number]["candidate"]["place"]["format"];
  readonly entries: readonly WorkingEntry[];
}

export interface WorkingEntry {
  readonly list: SourceList;
  readonly name: string;
  /** Of its exact source: applied only to that. Null: it is not there, and is made (a repair). */
  readonly print: string | null;
  readonly server: string;
  /** The whole entry, where it has to be made. */
  readonly made?: JsonValue;
}

export interface WorkingServer {
  readonly settings: ServerSettings;
  /** It is configured already, just so. */
  readonly exists: boolean;
}

export interface WorkingSecret {
  readonly name: string;
  readonly value: string;
  readonly exists: boolean;
  /** Servers of the plan that use it. */
  readonly servers: readonly string[];
}

/** An entry that is to be moved, with the secrets that were chosen of it. */
export interface Candidacy {
  readonly file: SourceFile;
  readonly list: SourceList;
  readonly source: SourceEntry;
  readonly chosen: readonly ScannedSecret[];
}
