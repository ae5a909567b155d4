import { createHash } from "node:crypto";
import type { ConfigEntry, ConfigFile, FoundSecret } from "../../shared/model/migration.ts";
import type { EntryShape, Machine } from "./clients/client-definition.ts";
import { readEntries, type ReadEntry } from "./clients/read-entries.ts";
import { whyItStays } from "./clients/why-it-stays.ts";
import type { ConfigReader } from "./config-reader.ts";
import type { Detected, EntryText } from "./detect/detect.ts";
import type { ConfigDocument } from "./formats/document.ts";
import { masked, shownPrefix, type Hidden } from "./mask.ts";
import type { ConfigBytes } from "./read-config.ts";
import type { Candidate } from "./scan-places.ts";

/** One server list as it was read, with what stays in this process: the bytes, the values. */
export interface ScannedFile {
  readonly id: string;
  readonly candidate: Candidate;
  /** Null: it was refused, for the reason in `status`. */
  readonly content: { readonly bytes: ConfigBytes; readonly document: ConfigDocument; readonly shape: EntryShape } | null;
  readonly status: ConfigFile["status"];
  readonly entries: readonly ReadEntry[];
  readonly secrets: readonly ScannedSecret[];
}

/** A secret with its value, which never leaves this process, and its exact range in the text of its place. */
export interface ScannedSecret {
  readonly found: FoundSecret;
  readonly detected: Detected;
}

export interface ScanFileDeps {
  readonly reader: ConfigReader;
  readonly detectSecrets: (entry: EntryText) => readonly Detected[];
  /** Same for same values; new at each scan. */
  readonly keyedHash: (value: string) => string;
}

export type ScannedPlace =
  { readonly kind: "file"; readonly file: ScannedFile } | { readonly kind: "nothing" } | { readonly kind: "absent" };

/** `absent`: no such file. `nothing`: a file without a server list of this client. */
export async function scanFile(candidate: Candidate, deps: ScanFileDeps): Promise<ScannedPlace> {
  const { client, place, within } = candidate;
  const id = shortHash(client.id, place.path, JSON.stringify(place.at));
  const refused = (reason: string): ScannedPlace => ({
    kind: "file",
    file: { id, candidate, content: null, status: { kind: "refused", reason }, entries: [], secrets: [] },
  });
  const read = await deps.reader.read(place.path, within);
  if (!read.ok) return refused(read.error.message);
  if (read.value === null) return { kind: "absent" };
  const bytes = read.value;
  const opened = deps.reader.open(place.format, bytes);
  if (!opened.ok) {
    // An editor's settings that do not parse are no matter of ours unless they speak of servers.
    const key = String(place.at.at(-1) ?? "");
    return place.at.length === 0 || Buffer.from(bytes.bytes).includes(key) ? refused(opened.error.message) : { kind: "nothing" };
  }
  const document = opened.value;
  if (document.get(place.at) === undefined || client.applies?.(document, place) === false) return { kind: "nothing" };
  const shape = client.entry(document);
  const entries = readEntries(document, place, shape);
  if (!entries.ok) return refused(`${entries.error.message}.`);
  if (entries.value.length === 0 && place.scope === "project") return { kind: "nothing" };
  return {
    kind: "file",
    file: {
      id,
      candidate,
      content: { bytes, document, shape },
      status: client.unsure === null ? { kind: "ready" } : { kind: "unsure", reason: client.unsure },
      entries: entries.value,
      secrets: entries.value.flatMap((entry) => secretsOf(id, entry, candidate, deps)),
    },
  };
}

function secretsOf(file: string, entry: ReadEntry, { client }: Candidate, deps: ScanFileDeps): readonly ScannedSecret[] {
  if (entry.ours) return [];
  const detected = deps.detectSecrets(entryText(entry, client.placeholders));
  return detected.map((one) => ({
    detected: one,
    found: {
      id: shortHash(file, entry.name, JSON.stringify(one.place), String(one.range.start)),
      file,
      server: entry.name,
      place: one.place,
      class: one.class,
      reason: one.reason,
      prefix: shownPrefix(one.value),
      length: one.value.length,
      name: one.suggestedName,
      sameAs: deps.keyedHash(one.value),
    },
  }));
}

/** An entry as detection reads it. */
export function entryText(entry: ReadEntry, placeholders: readonly RegExp[]): EntryText {
  return {
    server: entry.name,
    command: entry.command?.value ?? null,
    args: entry.args.map((arg) => arg.value),
    env: Object.fromEntries(entry.env.map(({ name, value }) => [name, value])),
    url: entry.url?.value ?? null,
    headers: Object.fromEntries(entry.headers.map(({ name, value }) => [name, value])),
    placeholders,
  };
}

/**
 * What the UI and the command line may know of an entry.
 *
 * @param known values of every secret that was found anywhere: none of them is shown in any entry
 */
export function shownEntry(
  file: ScannedFile,
  entry: ReadEntry,
  known: readonly string[],
  machine: Pick<Machine, "home" | "platform">,
): ConfigEntry {
  const own = file.secrets.filter(({ found }) => found.server === entry.name).map(({ detected }) => detected);
  const hiddenIn = (matches: (detected: Detected) => boolean): readonly Hidden[] => own.filter(matches);
  return {
    server: entry.name,
    transport: entry.transport,
    command: entry.command === null ? null : masked(entry.command.value, [], known),
    args: entry.args.map(({ value }, index) =>
      masked(
        value,
        hiddenIn(({ place }) => (place.kind === "arg" && place.index === index) || (place.kind === "url" && place.at === `arg ${index}`)),
        known,
      ),
    ),
    url:
      entry.url === null
        ? null
        : masked(
            entry.url.value,
            hiddenIn(({ place }) => place.kind === "url" && place.at === "url"),
            known,
          ),
    envNames: entry.env.map(({ name }) => name),
    ours: entry.ours,
    disabled: entry.off,
    stays: whyItStays(entry, file.candidate.client, {
      home: machine.home,
      platform: machine.platform,
      project: file.candidate.place.project,
    }),
  };
}

function shortHash(...parts: readonly string[]): string {
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, 24);
}
