import { randomBytes } from "node:crypto";
import fs from "node:fs/promises";
import { z } from "zod";
import { fail, ok, type Result } from "../../shared/errors.ts";
import { secretNameSchema } from "../../shared/model/secret-reference.ts";
import { writeFileAtomic } from "../atomic-file.ts";
import type { SecretEntry } from "./vault.ts";

// Which secrets there are, by store: names and dates, never a value. A keychain cannot be listed safely, so this file is the list.

type StoreKind = "keychain" | "file";

export interface SecretIndex {
  list(store: StoreKind): readonly SecretEntry[];
  get(store: StoreKind, name: string): SecretEntry | undefined;
  /** On disk before it resolves. */
  stored(store: StoreKind, name: string): Promise<Result<void>>;
  removed(store: StoreKind, name: string): Promise<Result<void>>;
  /** It is as it was, with its dates. */
  restored(store: StoreKind, entry: SecretEntry): Promise<Result<void>>;
  /** Written within a second: nothing waits for it. A name that was not listed is listed now. */
  used(store: StoreKind, name: string, by: string): void;
  /** Whether our sentinel was ever written to the keychain. */
  sentinelKnown(): boolean;
  sentinelWritten(): void;
  /** Writes what is not written yet. */
  close(): Promise<void>;
}

const entrySchema = z.object({
  name: secretNameSchema,
  createdAt: z.number(),
  updatedAt: z.number(),
  lastUsedAt: z.number().nullable(),
  lastUsedBy: z.string().nullable(),
});
const indexSchema = z.object({
  version: z.literal(1),
  sentinelWritten: z.boolean(),
  keychain: z.array(entrySchema),
  file: z.array(entrySchema),
});

type StoredIndex = z.infer<typeof indexSchema>;
const emptyIndex: StoredIndex = { version: 1, sentinelWritten: false, keychain: [], file: [] };

const writeSoonMs = 1000;

/**
 * Reads the index; none is an empty one. One that cannot be read as what it should be is set aside under another name beside it and
 * an empty one begun: secrets are found without it and come back into it as they are used.
 *
 * @throws the file system's error when the file is there and cannot be read
 */
export async function openSecretIndex(file: string, now: () => number): Promise<SecretIndex> {
  const read = await readOrBegin(file);
  const entries: Record<StoreKind, Map<string, SecretEntry>> = {
    keychain: new Map(read.keychain.map((entry) => [entry.name, entry])),
    file: new Map(read.file.map((entry) => [entry.name, entry])),
  };
  let sentinelWritten = read.sentinelWritten;
  let timer: NodeJS.Timeout | undefined;
  let lastWrite: Promise<Result<void>> = Promise.resolve(ok(undefined));

  const write = (): Promise<Result<void>> => {
    clearTimeout(timer);
    timer = undefined;
    const before = lastWrite;
    lastWrite = (async (): Promise<Result<void>> => {
      await before;
      const index = { version: 1, sentinelWritten, keychain: [...entries.keychain.values()], file: [...entries.file.values()] };
      try {
        await writeFileAtomic(file, `${JSON.stringify(index, undefined, 2)}\n`);
        return ok(undefined);
      } catch (error) {
        const code = (error as NodeJS.ErrnoException).code ?? "error";
        return fail("vault-unavailable", `The list of secrets cannot be written (${code}).`, file);
      }
    })();
    return lastWrite;
  };
  const writeSoon = (): void => {
    timer ??= setTimeout(() => void write(), writeSoonMs);
  };

  return {
    list: (store) => [...entries[store].values()].sort((a, b) => (a.name < b.name ? -1 : 1)),
    get: (store, name) => entries[store].get(name),
    stored(store, name) {
      const at = now();
      const known = entries[store].get(name);
      entries[store].set(
        name,
        known === undefined ? { name, createdAt: at, updatedAt: at, lastUsedAt: null, lastUsedBy: null } : { ...known, updatedAt: at },
      );
      return write();
    },
    removed(store, name) {
      entries[store].delete(name);
      return write();
    },
    restored(store, entry) {
      entries[store].set(entry.name, entry);
      return write();
    },
    used(store, name, by) {
      const at = now();
      const known = entries[store].get(name) ?? { name, createdAt: at, updatedAt: at };
      entries[store].set(name, { ...known, lastUsedAt: at, lastUsedBy: by });
      writeSoon();
    },
    sentinelKnown: () => sentinelWritten,
    sentinelWritten() {
      if (sentinelWritten) return;
      sentinelWritten = true;
      writeSoon();
    },
    async close() {
      if (timer !== undefined) await write();
      await lastWrite;
    },
  };
}

/**
 * The index as it stands in its file, where none is an empty one; or that it is not what it should be. Changes nothing.
 *
 * @throws the file system's error when the file is there and cannot be read
 */
export async function readStoredIndex(file: string): Promise<StoredIndex | "damaged"> {
  let text: string;
  try {
    text = await fs.readFile(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return emptyIndex;
    throw error;
  }
  try {
    return indexSchema.parse(JSON.parse(text));
  } catch {
    return "damaged";
  }
}

async function readOrBegin(file: string): Promise<StoredIndex> {
  const read = await readStoredIndex(file);
  if (read !== "damaged") return read;
  await fs.rename(file, `${file}.damaged-${randomBytes(3).toString("hex")}`);
  return emptyIndex;
}
