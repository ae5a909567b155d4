import { secretNameSchema } from "../../shared/model/secret-reference.ts";
import type { ServerSettings } from "../../shared/model/server.ts";
import { canonical } from "../../shared/policy/canonical.ts";
import type { MigrationVault } from "./ports.ts";

/** What a secret is called in the vault: one value one name, and no name that stands for another value already. */
export interface SecretNames {
  /** The name of a value; `wanted` unless it is taken. */
  take(value: string, wanted: string): Promise<{ readonly name: string; readonly exists: boolean }>;
}

export function createSecretNames(vault: Pick<MigrationVault, "list" | "get">): SecretNames {
  const byValue = new Map<string, { name: string; exists: boolean }>();
  const used = new Set<string>();
  const held = new Set(vault.list().map(({ name }) => name));
  return {
    async take(value, wanted) {
      const known = byValue.get(value);
      if (known !== undefined) return known;
      const base = secretNameSchema.safeParse(wanted).success ? wanted.slice(0, 120) : "moved/SECRET";
      for (let number = 1; ; number += 1) {
        const name = number === 1 ? base : `${base}_${number}`;
        if (used.has(name)) continue;
        // A name whose value cannot be read right now is somebody else's, to be sure.
        const exists = held.has(name) && (await holds(vault, name, value));
        if (held.has(name) && !exists) continue;
        used.add(name);
        byValue.set(value, { name, exists });
        return { name, exists };
      }
    },
  };
}

async function holds(vault: Pick<MigrationVault, "get">, name: string, value: string): Promise<boolean> {
  const found = await vault.get(name, null);
  return found.kind === "found" && found.value === value;
}

/** What makes two servers the same one: what is run, not how it is boxed. */
export function sameServerKey(settings: ServerSettings): string {
  const { command, args, env, cwd } = settings;
  return canonical({ command, args: args ?? [], env: env ?? {}, cwd: cwd ?? null });
}

/** Any entry's name as one that a server of ours may have. */
export function serverNameOf(name: string): string {
  const clean = name
    .normalize("NFKD")
    .replaceAll(/[^A-Za-z0-9._-]+/g, "-")
    .replace(/^[^A-Za-z0-9]+/, "")
    .slice(0, 56)
    .replace(/[-._]+$/, "");
  return clean === "" ? "server" : clean;
}

/** A name that is free, or that is this very server already. */
export function freeServerName(
  wanted: string,
  key: string,
  planned: ReadonlyMap<string, unknown>,
  configured: Readonly<Record<string, ServerSettings>>,
): { readonly name: string; readonly exists: boolean } {
  for (let number = 1; ; number += 1) {
    const name = number === 1 ? wanted : `${wanted}-${number}`;
    if (planned.has(name)) continue;
    const settings = Object.hasOwn(configured, name) ? configured[name] : undefined;
    if (settings === undefined) return { name, exists: false };
    if (sameServerKey(settings) === key) return { name, exists: true };
  }
}
