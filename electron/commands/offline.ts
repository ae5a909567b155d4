import { readFile } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import { fail, ok } from "../../shared/errors.ts";
import type { Result } from "../../shared/errors.ts";
import { ruleSchema } from "../../shared/model/rule.ts";
import type { Rule } from "../../shared/model/rule.ts";
import { takeHomeLock } from "../clients/home-lock.ts";
import { createSettingsStore } from "../settings/create-settings-store.ts";
import type { Paths } from "../settings/paths.ts";
import { schemaReference } from "../settings/settings-schema-file.ts";
import type { SettingsStore } from "../settings/settings-store.ts";
import { openSecretIndex } from "../vault/secret-index.ts";
import type { SecretEntry } from "../vault/vault.ts";
import type { Context } from "./context.ts";

// Our own files without the app: reading them needs nobody's leave; who writes does it as the only one on this home.

/** Runs `work` while no app and no other writing command can be on this home; fails with `already-exists` where one is. */
export async function withOwnHome<T>(context: Context, work: () => Promise<T>): Promise<Result<T>> {
  const lock = await takeHomeLock(context.paths, "command", { platform: context.platform });
  if (!lock.ok) return lock;
  try {
    return ok(await work());
  } finally {
    lock.value.release();
  }
}

/** Read when it is opened and before each edit; not watched. */
export function openSettings(paths: Paths): SettingsStore {
  return createSettingsStore({ file: path.join(paths.config, "config.json"), schemaUrl: schemaReference, watch: false });
}

const rulesFileSchema = z.looseObject({ version: z.literal(1), rules: z.array(ruleSchema) });

/** The lasting rules that hold at `now`; none where there is no file yet. */
export async function readRules(paths: Paths, now: number): Promise<Result<Rule[]>> {
  let text;
  try {
    text = await readFile(path.join(paths.data, "rules.json"), "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return ok([]);
    return fail("internal", `rules.json cannot be read: ${error instanceof Error ? error.message : "unknown reason"}`);
  }
  try {
    const { rules } = rulesFileSchema.parse(JSON.parse(text));
    return ok(rules.filter(({ expiresAt }) => expiresAt === undefined || expiresAt > now));
  } catch (error) {
    const [issue] = error instanceof z.ZodError ? error.issues : [];
    const where = issue === undefined ? "" : ` (${issue.path.map(String).join(".")}: ${issue.message})`;
    return fail("settings-broken", `rules.json is not what it should be, so nothing is allowed by it${where}`);
  }
}

/** The names and dates of the secrets in the store that the settings name. */
export async function readSecretIndex(paths: Paths, now: () => number): Promise<readonly SecretEntry[]> {
  const settings = openSettings(paths);
  const store = settings.current().vault?.store ?? "keychain";
  settings.close();
  const index = await openSecretIndex(path.join(paths.data, "secrets.json"), now);
  const entries = index.list(store);
  await index.close();
  return entries;
}
