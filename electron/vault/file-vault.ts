import { randomBytes, timingSafeEqual } from "node:crypto";
import fs from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import { fail, ok, type Result } from "../../shared/errors.ts";
import type { VaultStatus } from "../../shared/model/secret-reference.ts";
import { writeFileAtomic } from "../atomic-file.ts";
import { authentication, cost, deriveKeys, seal, sealedSchema, unseal, type Keys } from "./sealing.ts";
import type { SecretOutcome, SecretStore } from "./vault.ts";

// The vault for machines without a keychain: one file, encrypted with a passphrase that is never stored (`sealing.ts`). An HMAC over
// the whole makes every changed byte, and every entry taken out or brought back, visible. Names are readable. What it cannot notice is
// an older copy of the whole file put back.

/** The encrypted file. Locked until `unlock` or `create`; afterwards the keys, not the passphrase, are in memory until `close`. */
export interface FileVault extends SecretStore {
  exists(): Promise<boolean>;
  /** Makes the file. Fails with `already-exists`. */
  create(passphrase: string): Promise<Result<void>>;
  /** Fails with `not-allowed` for a wrong passphrase, `vault-unavailable` for a damaged file, `not-found` if there is none. */
  unlock(passphrase: string): Promise<Result<void>>;
  /** Seals everything anew. */
  changePassphrase(current: string, next: string): Promise<Result<void>>;
}

const shortestPassphrase = 8;
const checkText = "portcullis";

/** Other costs than ours are refused: a file must not be able to ask for a weaker key, nor for all memory. */
const bodySchema = z.strictObject({
  format: z.literal("portcullis-vault"),
  version: z.literal(1),
  kdf: z.strictObject({
    name: z.literal("scrypt"),
    N: z.literal(cost.N),
    r: z.literal(cost.r),
    p: z.literal(cost.p),
    salt: z.base64(),
  }),
  check: sealedSchema,
  entries: z.array(z.strictObject({ name: z.string(), sealed: sealedSchema })),
});
type Body = z.infer<typeof bodySchema>;
type Entry = Body["entries"][number];

export function createFileVault(file: string): FileVault {
  let keys: Keys | undefined;
  let lastWrite: Promise<unknown> = Promise.resolve();

  const forget = (): void => {
    keys?.seal.fill(0);
    keys?.authenticate.fill(0);
    keys = undefined;
  };

  /** The file as it is now; `body` only if it parses. */
  const read = async (): Promise<{ line: string; mac: string; body: Body | null } | null> => {
    let text: string;
    try {
      text = await fs.readFile(file, "utf8");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
      throw error;
    }
    const [line = "", mac = "", ...rest] = text.split("\n");
    return { line, mac, body: rest.length === 1 && rest[0] === "" ? parseBody(line) : null };
  };

  /** The file's contents, proven to be what was written under these keys. */
  const readWith = async (using: Keys): Promise<Result<Body>> => {
    const raw = await read().catch((error: unknown) => (error as NodeJS.ErrnoException).code ?? "error");
    if (raw === null) return fail("vault-unavailable", "The encrypted file of secrets is gone.", `Put ${file} back from a backup.`);
    if (typeof raw === "string") return fail("vault-unavailable", `The encrypted file of secrets cannot be read (${raw}).`);
    const mac = Buffer.from(authentication(using, raw.line));
    const given = Buffer.from(raw.mac);
    if (raw.body === null || mac.length !== given.length || !timingSafeEqual(mac, given)) return damaged(file);
    return ok(raw.body);
  };

  const write = async (using: Keys, body: Body): Promise<Result<void>> => {
    const line = JSON.stringify(body);
    try {
      await writeFileAtomic(file, `${line}\n${authentication(using, line)}\n`);
      return ok(undefined);
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? "error";
      return fail("vault-unavailable", `The encrypted file of secrets cannot be written (${code}); it is as it was.`);
    }
  };

  /** Reads, too: the file and the keys change one after the other, and between the two it would seem damaged. */
  const inOrder = async <T>(step: () => Promise<T>): Promise<T> => {
    const before = lastWrite;
    const mine = (async () => {
      await before;
      return step();
    })();
    lastWrite = mine.catch(() => undefined);
    return mine;
  };

  const edit = async (change: (using: Keys, entries: readonly Entry[]) => Entry[]): Promise<Result<void>> => {
    if (keys === undefined) return lockedError();
    const body = await readWith(keys);
    if (!body.ok) return body;
    return write(keys, { ...body.value, entries: change(keys, body.value.entries) });
  };

  const open = async (passphrase: string): Promise<Result<{ keys: Keys; body: Body }>> => {
    const raw = await read().catch(() => undefined);
    if (raw === null) return fail("not-found", "There is no encrypted file of secrets yet.", "Choose the encrypted file in the settings.");
    if (raw === undefined || raw.body === null) return damaged(file);
    const derived = await deriveKeys(passphrase, raw.body.kdf.salt);
    if (unseal(derived, "check", "", raw.body.check) !== checkText) {
      return fail("not-allowed", "The passphrase is wrong (or the beginning of the file is damaged).");
    }
    const body = await readWith(derived);
    return body.ok ? ok({ keys: derived, body: body.value }) : body;
  };

  const get = async (name: string): Promise<SecretOutcome> => {
    if (keys === undefined) return { kind: "locked" };
    const body = await readWith(keys);
    if (!body.ok) return { kind: "unavailable", reason: body.error.message };
    const sealed = body.value.entries.find((entry) => entry.name === name)?.sealed;
    if (sealed === undefined) return { kind: "missing" };
    const value = unseal(keys, "entry", name, sealed);
    return value === null ? { kind: "unavailable", reason: damaged(file).error.message } : { kind: "found", value };
  };

  const status = async (): Promise<VaultStatus> => {
    if (keys !== undefined) {
      const body = await readWith(keys);
      return body.ok ? { kind: "ready", store: "file" } : { kind: "unavailable", store: "file", reason: body.error.message };
    }
    const raw = await read().catch(() => undefined);
    if (raw === null) return { kind: "unavailable", store: "file", reason: "There is no encrypted file yet; choose it with a passphrase." };
    if (raw === undefined || raw.body === null) return { kind: "unavailable", store: "file", reason: damaged(file).error.message };
    return { kind: "locked", store: "file" };
  };

  return {
    kind: "file",
    exists: async () => (await read().catch(() => undefined)) !== null,
    status: () => inOrder(status),
    create: (passphrase) =>
      inOrder(async () => {
        const short = tooShort(passphrase);
        if (short !== undefined) return short;
        if ((await read().catch(() => undefined)) !== null) return fail("already-exists", `${file} exists already.`);
        const made = await deriveKeys(passphrase, randomBytes(32).toString("base64"));
        const written = await write(made, emptyBody(made));
        if (written.ok) keys = made;
        return written;
      }),
    unlock: (passphrase) =>
      inOrder(async () => {
        await removeLeftovers(file);
        const opened = await open(passphrase);
        if (!opened.ok) return opened;
        forget();
        keys = opened.value.keys;
        return ok(undefined);
      }),
    changePassphrase: (current, next) =>
      inOrder(async () => {
        const short = tooShort(next);
        if (short !== undefined) return short;
        const opened = await open(current);
        if (!opened.ok) return opened;
        const made = await deriveKeys(next, randomBytes(32).toString("base64"));
        const entries: Entry[] = [];
        for (const { name, sealed } of opened.value.body.entries) {
          const value = unseal(opened.value.keys, "entry", name, sealed);
          if (value === null) return damaged(file);
          entries.push({ name, sealed: seal(made, "entry", name, value) });
        }
        const written = await write(made, { ...emptyBody(made), entries });
        if (written.ok) {
          forget();
          keys = made;
        }
        return written;
      }),
    get: (name) => inOrder(() => get(name)),
    put: (name, value) =>
      inOrder(async () => {
        const written = await edit((using, entries) => [
          ...entries.filter((entry) => entry.name !== name),
          { name, sealed: seal(using, "entry", name, value) },
        ]);
        if (!written.ok) return written;
        const back = await get(name);
        return back.kind === "found" && back.value === value
          ? ok(undefined)
          : fail("vault-unavailable", `The encrypted file did not give ${name} back as it was stored.`);
      }),
    delete: (name) => inOrder(() => edit((_using, entries) => entries.filter((entry) => entry.name !== name))),
    async close() {
      await lastWrite;
      forget();
    },
  };
}

function parseBody(line: string): Body | null {
  try {
    return bodySchema.parse(JSON.parse(line));
  } catch {
    return null;
  }
}

function emptyBody(using: Keys): Body {
  return {
    format: "portcullis-vault",
    version: 1,
    kdf: { name: "scrypt", ...cost, salt: using.salt },
    check: seal(using, "check", "", checkText),
    entries: [],
  };
}

function tooShort(passphrase: string): ReturnType<typeof fail> | undefined {
  if (passphrase.length >= shortestPassphrase) return undefined;
  return fail("bad-input", `The passphrase must have at least ${String(shortestPassphrase)} characters.`);
}

function damaged(file: string): ReturnType<typeof fail> {
  return fail(
    "vault-unavailable",
    "The encrypted file of secrets is damaged or was changed by another program.",
    `Put ${file} back from a backup.`,
  );
}

function lockedError(): ReturnType<typeof fail> {
  return fail("vault-locked", "The encrypted file of secrets is locked.", "Unlock it with its passphrase.");
}

/** Temporary files of writes that were killed; nobody else writes now. */
async function removeLeftovers(file: string): Promise<void> {
  const start = `.${path.basename(file)}.`;
  const names = await fs.readdir(path.dirname(file)).catch(() => []);
  const left = names.filter((name) => name.startsWith(start) && name.endsWith(".tmp"));
  await Promise.all(left.map((name) => fs.rm(path.join(path.dirname(file), name), { force: true })));
}
