import fs from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import { ok } from "../../shared/errors.ts";
import type { Result } from "../../shared/errors.ts";
import { writeFileAtomic } from "../atomic-file.ts";
import { diskError } from "./disk-error.ts";
import { recordsFolder } from "./records-folder.ts";

/**
 * Every migration's state, one file each in `migrations/`, written before the step that it names: after a kill at any point it tells
 * what may have been done. It never holds a secret's value, nor any text of a client's file but names and paths.
 */
const entrySchema = z.object({
  /** Id of the client. */
  client: z.string(),
  clientName: z.string(),
  /** The server list in the document, and its shape. */
  at: z.array(z.union([z.string(), z.number()])),
  shape: z.enum(["map", "list"]),
  project: z.string().nullable(),
  /** What the entry is called there, and the server of ours that it launches afterwards. */
  name: z.string(),
  server: z.string(),
  /** `old`: as the client had it. `gone`: neither; the client dropped or rewrote it, so its secrets stand nowhere but in the vault. */
  state: z.enum(["old", "moved", "gone"]),
});
export type RecordedEntry = z.infer<typeof entrySchema>;

const fileSchema = z.object({
  /** As the client names it, and where its symlinks lead. */
  path: z.string(),
  target: z.string(),
  format: z.enum(["json", "jsonc", "toml", "yaml"]),
  /** Hashes of the bytes before and after; `after` is null until it is about to be written. */
  before: z.string(),
  after: z.string().nullable(),
  state: z.enum(["pending", "writing", "applied", "undoing", "undone", "failed"]),
  reason: z.string().nullable(),
  entries: z.array(entrySchema),
  /** Secrets that were left in it, as `client, list, server, place`: no drift. */
  known: z.array(z.string()),
});
export type RecordedFile = z.infer<typeof fileSchema>;

const recordSchema = z.object({
  version: z.literal(1),
  id: z.string(),
  at: z.number(),
  /** `preparing`: no file was touched yet. */
  phase: z.enum(["preparing", "writing", "done"]),
  files: z.array(fileSchema),
  secrets: z.array(
    z.object({
      name: z.string(),
      /** Ours to delete: there was none of that name before. */
      created: z.boolean(),
      state: z.enum(["planned", "stored", "deleting", "deleted"]),
      /** Servers whose entries held it. */
      servers: z.array(z.string()),
    }),
  ),
  servers: z.array(
    z.object({
      name: z.string(),
      added: z.boolean(),
      /** Of the settings it was added with: another one means that the person changed it since. */
      hash: z.string(),
      state: z.enum(["planned", "verified", "failed", "removed"]),
      reason: z.string().nullable(),
    }),
  ),
  restart: z.array(z.object({ client: z.string(), how: z.string() })),
  /** Names, and where copies are; what records of before have not. */
  rotate: z.array(z.object({ name: z.string(), reason: z.string() })).default([]),
});
export type MigrationRecord = z.infer<typeof recordSchema>;

export interface Records {
  /** Oldest first. The objects are the store's own: change one, then `save` it. */
  list(): readonly MigrationRecord[];
  /** On disk before it succeeds. */
  save(record: MigrationRecord): Promise<Result<void>>;
  /** Reads them again: another process may have been at work. */
  reload(): Promise<void>;
}

/** Reads what is there; changes nothing. A file that is no record of ours is left alone and not listed. */
export async function openRecords(dataDir: string): Promise<Records> {
  const folder = path.join(dataDir, recordsFolder);
  let records = await readRecords(folder);
  return {
    list: () => records,
    async save(record) {
      const file = path.join(folder, `${record.id}.json`);
      try {
        await writeFileAtomic(file, `${JSON.stringify(record, null, 2)}\n`);
      } catch (error) {
        return diskError(error, "The state of the migration cannot be written", file);
      }
      if (!records.includes(record)) records = [...records, record];
      return ok(undefined);
    },
    async reload() {
      records = await readRecords(folder);
    },
  };
}

async function readRecords(folder: string): Promise<readonly MigrationRecord[]> {
  const names = await fs.readdir(folder).catch((): string[] => []);
  const read = await Promise.all(
    names
      .filter((name) => /^[\w-]+\.json$/.test(name))
      .map(async (name) => {
        const parsed = recordSchema.safeParse(parseJson(await fs.readFile(path.join(folder, name), "utf8").catch(() => "")));
        return parsed.success && name === `${parsed.data.id}.json` ? [parsed.data] : [];
      }),
  );
  return read.flat().sort((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1));
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
