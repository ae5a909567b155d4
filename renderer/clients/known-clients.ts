import type { Scan } from "../../shared/model/migration.ts";
import { foundFiles, isLikely, type FoundFile } from "../welcome/found.ts";

/** One client of this machine with its files, and where it stands. */
export interface KnownClient {
  readonly id: string;
  readonly name: string;
  readonly files: readonly FoundFile[];
  readonly running: boolean;
  /** Different values that are likely secrets. */
  readonly secrets: number;
  /** Whether a secret of it is somewhere worse than in the file. */
  readonly severe: boolean;
  readonly ours: number;
  /** Entries that could be moved. */
  readonly movable: number;
  /** Entries that are started past Portcullis. */
  readonly past: number;
  /** Of the first file that cannot be written. */
  readonly problem: FoundFile["problem"];
}

export function knownClients(scan: Scan): readonly KnownClient[] {
  const byClient = new Map<string, FoundFile[]>();
  for (const file of foundFiles(scan)) byClient.set(file.client, [...(byClient.get(file.client) ?? []), file]);
  return [...byClient].map(([id, files]) => {
    const entries = files.flatMap((file) => file.entries);
    return {
      id,
      name: files[0]?.clientName ?? id,
      files,
      running: files.some(({ running }) => running),
      secrets: new Set(files.flatMap(({ secrets }) => secrets.filter(isLikely).map(({ sameAs }) => sameAs))).size,
      severe: files.some(({ secrets, exposures }) => secrets.length > 0 && exposures.some(({ severe }) => severe)),
      ours: entries.filter(({ ours }) => ours).length,
      movable: entries.filter(({ ours, stays }) => !ours && stays === null).length,
      problem: files.find(({ problem }) => problem !== null)?.problem ?? null,
      past: entries.filter(({ ours }) => !ours).length,
    };
  });
}
