import type { AppError } from "../../shared/errors.ts";
import type { ServerInstance, Tool } from "../../shared/model/server.ts";
import type { ServerLog } from "./server-log.ts";
import type { ServerProcess } from "./server-process.ts";
import type { Standing } from "./standing.ts";

/** One live process of a server. */
export interface RunningInstance {
  readonly process: ServerProcess;
  readonly client: string;
  memoryBytes: number | null;
}

/** What the registry remembers of one server while the app runs. */
export interface ServerEntry {
  readonly name: string;
  standing: Standing | null;
  installing: string | null;
  starting: number;
  readonly instances: Map<string, RunningInstance>;
  failed: { readonly error: AppError; readonly at: number } | null;
  /** As last listed; `listing` counts the times. */
  tools: { readonly list: readonly Tool[]; readonly listing: number } | null;
  readonly log: ServerLog;
}

/** Remembers what a listing gave. */
export function keepTools(entry: ServerEntry, list: readonly Tool[]): void {
  entry.tools = { list, listing: (entry.tools?.listing ?? 0) + 1 };
}

export function instanceViews(entry: ServerEntry): readonly ServerInstance[] {
  return [...entry.instances.values()].map(({ process, client, memoryBytes }) => ({
    id: process.instanceId,
    client,
    pid: process.pid,
    startedAt: process.startedAt,
    memoryBytes,
  }));
}
