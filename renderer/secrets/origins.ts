import type { Migration } from "../../shared/model/migration.ts";
import type { SecretView } from "../../shared/model/secret-reference.ts";

/** Where a secret stood before it was moved here, and whether a new one should be made. */
export interface Origin {
  /** Paths of the files, or none: it was put in by hand. */
  readonly files: readonly string[];
  /** Where copies of the value are, as sentences. */
  readonly copies: readonly string[];
}

/** From the migrations, newest first. A value that was replaced since is a new one, so nothing is left to say about it. */
export function originOf(secret: Pick<SecretView, "name" | "usedBy" | "createdAt" | "updatedAt">, history: readonly Migration[]): Origin {
  const migration = history.find(({ secrets, rotate }) => secrets.includes(secret.name) || rotate.some(({ name }) => name === secret.name));
  if (migration === undefined || replacedSince(secret, migration)) return { files: [], copies: [] };
  const servers = new Set([...secret.usedBy, secret.name.split("/")[0] ?? ""]);
  const written = migration.files.filter(({ state }) => state !== "failed");
  const its = written.filter((file) => file.servers.some((server) => servers.has(server)));
  return {
    files: (its.length === 0 ? written : its).map(({ path }) => path),
    copies: [...new Set(migration.rotate.filter(({ name }) => name === secret.name).map(({ reason }) => reason))],
  };
}

/** A migration puts a value in once, or finds it there; anything later is the person's. */
function replacedSince({ createdAt, updatedAt }: Pick<SecretView, "createdAt" | "updatedAt">, migration: Migration): boolean {
  return updatedAt > createdAt && updatedAt > migration.at;
}
