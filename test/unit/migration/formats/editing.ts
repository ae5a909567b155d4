import type { ConfigDocument, DocumentEdit } from "../../../../electron/migration/formats/document.ts";
import { openDocument } from "../../../../electron/migration/formats/open-document.ts";
import type { ConfigFormat } from "../../../../shared/model/migration.ts";

// Short forms for tests: text in, text out; a refusal is its words.

export function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

export function opened(format: ConfigFormat, text: string): ConfigDocument {
  const document = openDocument(format, encode(text));
  if (!document.ok) throw new Error(document.error.message);
  return document.value;
}

export function edited(format: ConfigFormat, text: string, ...edits: readonly DocumentEdit[]): string {
  const result = opened(format, text).edit(edits);
  return result.ok ? new TextDecoder("utf-8", { ignoreBOM: true }).decode(result.value) : `refused: ${result.error.message}`;
}

export function refusal(format: ConfigFormat, text: string | Uint8Array): string {
  const document = openDocument(format, typeof text === "string" ? encode(text) : text);
  return document.ok ? "read" : document.error.message;
}

export function lines(...all: readonly string[]): string {
  return `${all.join("\n")}\n`;
}

export function set(path: DocumentEdit["path"], value: Extract<DocumentEdit, { kind: "set" }>["value"]): DocumentEdit {
  return { kind: "set", path, value };
}

export function remove(...path: DocumentEdit["path"]): DocumentEdit {
  return { kind: "remove", path };
}
