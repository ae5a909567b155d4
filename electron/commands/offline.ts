import { readFile, readdir } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import { fail, ok } from "../../shared/errors.ts";
import type { AppError, Result } from "../../shared/errors.ts";
import { ruleSchema } from "../../shared/model/rule.ts";
import type { Rule } from "../../shared/model/rule.ts";
import type { ServerSettings } from "../../shared/model/server.ts";
import type { Settings } from "../../shared/model/settings.ts";
import { takeHomeLock } from "../clients/home-lock.ts";
import { createSettingsStore, parseSettings } from "../settings/create-settings-store.ts";
import type { Paths } from "../settings/paths.ts";
import { schemaReference } from "../settings/settings-schema-file.ts";
import type { SettingsStore } from "../settings/settings-store.ts";
import { readStoredIndex } from "../vault/secret-index.ts";
import type { SecretEntry } from "../vault/vault.ts";
import type { Context } from "./context.ts";
import { mendSettings } from "./broken-settings.ts";
import { diskTrouble, folderTrouble } from "./disk-trouble.ts";

// Our own files without the app: reading them needs nobody's leave; who writes does it as the only one on this home.

/** Runs `work` while no app and no other writing command can be on this home; fails with `already-exists` where one is. */
export async function withOwnHome<T>(context: Context, work: () => Promise<T>): Promise<Result<T>> {
  const lock = await takeHomeLock(context.paths, "command", { platform: context.platform });
  // A lock that is not held by anybody and cannot be taken: our folders are no use.
  if (!lock.ok) return lock.error.code === "already-exists" ? lock : { ok: false, error: folderTrouble(context.paths) ?? lock.error };
  try {
    return ok(await work());
  } finally {
    lock.value.release();
  }
}

/** For a command that changes `config.json`: makes its folder. Read when it is opened and before each edit; not watched. */
export function openSettings(paths: Paths): SettingsStore {
  return createSettingsStore({ file: path.join(paths.config, "config.json"), schemaUrl: schemaReference, watch: false });
}

/** The settings as they stand in `config.json`, none where it is missing or wrong, and then why. Makes and changes nothing. */
export async function readSettings(paths: Paths): Promise<{ readonly settings: Settings; readonly problem: AppError | null }> {
  const file = path.join(paths.config, "config.json");
  let text;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return { settings: {}, problem: null };
    const trouble = diskTrouble(error, paths);
    if (trouble === null) throw error;
    return { settings: {}, problem: trouble };
  }
  const parsed = parseSettings(text, file);
  return parsed.ok
    ? { settings: parsed.settings, problem: null }
    : { settings: {}, problem: { code: "settings-broken", message: parsed.problem, hint: mendSettings } };
}

/** A server as config.json has it, env values left out, for JSON. */
export function configuredServer(name: string, { command, args, env, cwd, sandbox, disabled }: ServerSettings): object {
  return {
    name,
    command,
    args: args ?? [],
    env: Object.keys(env ?? {}).map((variable) => ({ name: variable })),
    cwd: cwd ?? null,
    sandbox: sandbox ?? {},
    disabled: disabled ?? false,
  };
}

const rulesFileSchema = z.looseObject({ version: z.literal(1), rules: z.array(ruleSchema) });

/** The lasting rules that hold at `now`; none where there is no file yet. */
export async function readRules(paths: Paths, now: number): Promise<Result<Rule[]>> {
  let text;
  try {
    text = await readFile(path.join(paths.data, "rules.json"), "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return ok([]);
    throw error;
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

/** The list of names of secrets, or that it is damaged. Changes nothing: only the app sets a damaged one aside. */
export async function readSecretIndex(paths: Paths, store: "keychain" | "file"): Promise<readonly SecretEntry[] | "damaged"> {
  const stored = await readStoredIndex(path.join(paths.data, "secrets.json"));
  return stored === "damaged" ? stored : stored[store];
}

/** The lists that were damaged and set aside, by their names. */
export async function asideSecretIndexes(paths: Paths): Promise<readonly string[]> {
  const names = await readdir(paths.data).catch(() => []);
  return names.filter((name) => name.startsWith("secrets.json.damaged-")).sort();
}
