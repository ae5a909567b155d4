import { z } from "zod";
import { effectSchema } from "./rule.ts";
import { serverNameSchema, serverSettingsSchema } from "./server.ts";

/** `config.json`. Unknown keys are kept; every absent key has the default named beside it. */
export const settingsSchema = z.looseObject({
  $schema: z.string().optional(),
  mcpServers: z.record(serverNameSchema, serverSettingsSchema).optional(),
  gate: z
    .looseObject({
      /** What happens to a call that no rule covers. Default: ask. */
      default: effectSchema.optional(),
      /** Seconds a question waits before it is a no. Default 120. */
      deadlineSeconds: z.number().int().min(5).max(3600).optional(),
      /** Questions that may wait at once for one server; more are denied. Default 8. */
      maxPendingPerServer: z.number().int().min(1).max(100).optional(),
      /** Everything is refused until resumed. Default false. */
      paused: z.boolean().optional(),
    })
    .optional(),
  vault: z
    .looseObject({
      /** `file` is a passphrase-encrypted file, for machines without a keychain; chosen by the person, never silently. Default: keychain. */
      store: z.enum(["keychain", "file"]).optional(),
    })
    .optional(),
  desktop: z
    .looseObject({
      theme: z.enum(["system", "light", "dark"]).optional(),
      /** Let the approval window take the keyboard when it appears. Default false. */
      focusApprovals: z.boolean().optional(),
      /** An OS notification when a call waits. Default true. */
      notify: z.boolean().optional(),
    })
    .optional(),
});
export type Settings = z.infer<typeof settingsSchema>;

/** What the UI may change; everything else has its own channel. */
export const settingsPatchSchema = z
  .object({
    defaultEffect: effectSchema,
    deadlineSeconds: z.number().int().min(5).max(3600),
    maxPendingPerServer: z.number().int().min(1).max(100),
    theme: z.enum(["system", "light", "dark"]),
    focusApprovals: z.boolean(),
    notify: z.boolean(),
  })
  .partial();
export type SettingsPatch = z.infer<typeof settingsPatchSchema>;

/** The same with every default filled in. */
export const settingsViewSchema = settingsPatchSchema.required();
export type SettingsView = z.infer<typeof settingsViewSchema>;

export function viewSettings(settings: Settings): SettingsView {
  return {
    defaultEffect: settings.gate?.default ?? "ask",
    deadlineSeconds: settings.gate?.deadlineSeconds ?? 120,
    maxPendingPerServer: settings.gate?.maxPendingPerServer ?? 8,
    theme: settings.desktop?.theme ?? "system",
    focusApprovals: settings.desktop?.focusApprovals ?? false,
    notify: settings.desktop?.notify ?? true,
  };
}
