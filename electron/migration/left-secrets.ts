import { detectSecrets, type Detected } from "./detect/detect.ts";
import type { ClientDefinition } from "./clients/client-definition.ts";
import { readEntries, type ReadEntry } from "./clients/read-entries.ts";
import { openDocument } from "./formats/open-document.ts";
import type { ConfigDocument, DocumentPath } from "./formats/document.ts";
import type { RecordedFile } from "./records.ts";
import { entryText } from "./scan-file.ts";

/** A secret that stands in the lists of a migrated file; `key` tells it from others without its value. */
export interface LeftSecret {
  readonly key: string;
  readonly server: string;
}

/** The keys of what looks like a secret in the lists that this file was migrated for. Empty where the bytes cannot be read. */
export function leftSecrets(
  clients: readonly ClientDefinition[],
  bytes: Uint8Array,
  file: Pick<RecordedFile, "format" | "entries">,
): string[] {
  const document = openDocument(file.format, bytes);
  return document.ok ? [...new Set(secretsIn(clients, document.value, file).map(({ key }) => key))] : [];
}

/** Every entry of the lists that this file was migrated for, with what looks like a secret in it. */
export function entriesIn(
  clients: readonly ClientDefinition[],
  document: ConfigDocument,
  file: Pick<RecordedFile, "entries">,
): readonly { readonly at: DocumentPath; readonly entry: ReadEntry; readonly detected: readonly Detected[] }[] {
  const lists = new Map(file.entries.map((entry) => [JSON.stringify([entry.client, entry.at]), entry]));
  return [...lists.values()].flatMap((list) => {
    const client = clients.find((one) => one.id === list.client);
    const entries = client === undefined ? undefined : readEntries(document, list, client.entry(document));
    if (client === undefined || entries?.ok !== true) return [];
    return entries.value.map((entry) => ({
      at: list.at,
      entry,
      detected: detectSecrets(entryText(entry, client.placeholders)).filter(({ class: sure }) => sure !== "unlikely"),
    }));
  });
}

export function secretsIn(
  clients: readonly ClientDefinition[],
  document: ConfigDocument,
  file: Pick<RecordedFile, "entries">,
): readonly LeftSecret[] {
  return entriesIn(clients, document, file).flatMap(({ at, entry, detected }) =>
    detected.map(({ place }) => ({ key: JSON.stringify([at, entry.name, place]), server: entry.name })),
  );
}
