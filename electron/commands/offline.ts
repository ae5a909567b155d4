import path from "node:path";
import { createSettingsStore } from "../settings/create-settings-store.ts";
import type { Paths } from "../settings/paths.ts";
import { schemaReference } from "../settings/settings-schema-file.ts";
import type { SettingsStore } from "../settings/settings-store.ts";

/** `config.json` without the app. */
export function openSettings(paths: Paths): SettingsStore {
  return createSettingsStore({ file: path.join(paths.config, "config.json"), schemaUrl: schemaReference });
}
