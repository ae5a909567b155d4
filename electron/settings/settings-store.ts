import type { Result } from "../../shared/errors.ts";
import type { Settings } from "../../shared/model/settings.ts";

/**
 * `config.json`: read once, watched, edited in its syntax tree so that unknown keys, comments and formatting survive, and
 * replaced atomically. A file that does not parse or fit the schema is reported with line and column and never written.
 */
export interface SettingsStore {
  /** The last good settings; empty if there never were any. */
  current(): Settings;
  /** Why the file as it stands cannot be used ("config.json, line 12, column 5: …"), or null. While set, nothing new is served. */
  problem(): string | null;
  /** Re-reads, sets each path to its value (undefined removes it), writes, and resolves with the new settings; never rejects. Paths are keys from the top. */
  edit(changes: readonly { path: readonly string[]; value: unknown }[]): Promise<Result<Settings>>;
  onChange(listener: () => void): () => void;
  close(): void;
}
