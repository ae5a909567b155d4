import { createHash } from "node:crypto";
import type { EntryShape } from "./clients/client-definition.ts";
import type { ReadEntry } from "./clients/read-entries.ts";
import { createConfigReader } from "./config-reader.ts";
import { detectSecrets, type Detected } from "./detect/detect.ts";
import type { ConfigDocument } from "./formats/document.ts";
import { openDocument } from "./formats/open-document.ts";
import { entryText, scanFile } from "./scan-file.ts";
import type { ScannedFile, ScannedSecret } from "./scan-file.ts";
import type { Candidate } from "./scan-places.ts";

/** One server list, read now, with everything that was found in it. The values are in here: it never leaves the main process. */
export interface SourceList {
  readonly id: string;
  readonly candidate: Candidate;
  readonly shape: EntryShape;
  readonly status: ScannedFile["status"];
  readonly entries: readonly SourceEntry[];
}

export interface SourceEntry {
  readonly entry: ReadEntry;
  readonly secrets: readonly ScannedSecret[];
  /** All that must not be shown of it: also what stands in an entry of ours, where nothing is to be moved. */
  readonly hidden: readonly Detected[];
}

/** One file on the disk. It may hold several lists (Claude Code's projects). */
export interface SourceFile {
  /** As its client names it, and where its symlinks lead. */
  readonly path: string;
  readonly target: string;
  readonly bytes: Uint8Array;
  readonly hash: string;
  readonly document: ConfigDocument;
  readonly lists: readonly SourceList[];
}

type OpenSource = Omit<SourceFile, "lists"> & { readonly lists: SourceList[] };

export interface Sources {
  readonly files: readonly SourceFile[];
  /** What could not be read, with the reason. */
  readonly lost: readonly { readonly id: string; readonly candidate: Candidate; readonly reason: string }[];
}

/** Reads these places anew, each once. Nothing is written, expanded or executed. */
export async function readSources(candidates: readonly Candidate[]): Promise<Sources> {
  const byTarget = new Map<string, OpenSource>();
  const lost: { id: string; candidate: Candidate; reason: string }[] = [];
  const reader = createConfigReader(openDocument);
  for (const candidate of candidates) {
    const scanned = await scanFile(candidate, { reader, detectSecrets, keyedHash: () => "" });
    if (scanned.kind !== "file") continue;
    const { file } = scanned;
    if (file.content === null) {
      lost.push({ id: file.id, candidate, reason: file.status.kind === "ready" ? "It could not be read." : file.status.reason });
      continue;
    }
    const { bytes, document, shape } = file.content;
    const known = byTarget.get(bytes.realPath);
    if (known !== undefined && known.hash !== bytes.hash) {
      lost.push({ id: file.id, candidate, reason: "It was changed while it was read." });
      continue;
    }
    const source: OpenSource = known ?? {
      path: candidate.place.path,
      target: bytes.realPath,
      bytes: bytes.bytes,
      hash: bytes.hash,
      document,
      lists: [],
    };
    byTarget.set(bytes.realPath, source);
    const at = JSON.stringify(candidate.place.at);
    // Two clients that read the same list: the first one stands for both.
    if (source.lists.some((other) => JSON.stringify(other.candidate.place.at) === at)) continue;
    const entries = file.entries.map((entry) => ({
      entry,
      secrets: file.secrets.filter(({ found }) => found.server === entry.name),
      hidden: detectSecrets(entryText(entry, candidate.client.placeholders)).filter(({ class: sure }) => sure !== "unlikely"),
    }));
    source.lists.push({ id: file.id, candidate, shape, status: file.status, entries });
  }
  return { files: [...byTarget.values()], lost };
}

/** What a source's entry looks like, for telling later whether it still does: SHA-256 of its exact source, or of its value. */
export function entryPrint(document: ConfigDocument, entry: Pick<ReadEntry, "path">): string {
  const raw = document.raw(entry.path) ?? JSON.stringify(document.get(entry.path) ?? null);
  return createHash("sha256").update(raw).digest("hex");
}
