import type { Result } from "../../shared/errors.ts";
import type { ConfigFormat } from "../../shared/model/migration.ts";
import type { ConfigDocument, OpenDocument } from "./formats/document.ts";
import { readConfig, type ConfigBytes } from "./read-config.ts";

/** Reads and opens each file once: Claude Code's may be ten megabytes and hold a list for each of a thousand projects. */
export interface ConfigReader {
  read(file: string, within: string | null): ReturnType<typeof readConfig>;
  open(format: ConfigFormat, bytes: ConfigBytes): Result<ConfigDocument>;
}

export function createConfigReader(openDocument: OpenDocument): ConfigReader {
  const files = new Map<string, ReturnType<typeof readConfig>>();
  const documents = new Map<string, Result<ConfigDocument>>();
  return {
    read: (file, within) => {
      const key = JSON.stringify([file, within]);
      const known = files.get(key) ?? readConfig(file, within);
      files.set(key, known);
      return known;
    },
    open: (format, bytes) => {
      const key = JSON.stringify([format, bytes.realPath, bytes.hash]);
      const known = documents.get(key) ?? openDocument(format, bytes.bytes);
      documents.set(key, known);
      return known;
    },
  };
}
