import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import fs from "node:fs/promises";
import path from "node:path";
import { assertNever, fail, ok } from "../../shared/errors.ts";
import type { Result } from "../../shared/errors.ts";
import { writeFileAtomic } from "../atomic-file.ts";
import { diskError } from "./disk-error.ts";
import type { HeldSecret, MigrationVault } from "./ports.ts";

/**
 * The original bytes of migrated files. They hold plaintext secrets, so they never touch the disk unencrypted (threat 26): AES-256-GCM
 * with a random key for each migration, kept in the vault only. The migration's id and the file's number are authenticated with them.
 */
export interface Originals {
  /** A new key, read back from the vault before this succeeds. */
  begin(migration: string): Promise<Result<OriginalsOf>>;
  /** With the key that the vault holds. */
  open(migration: string): Promise<Result<OriginalsOf>>;
  /** Takes the encrypted files away; the key stays where it is and opens nothing any more. */
  forget(migration: string): Promise<void>;
}

export interface OriginalsOf {
  /** On disk, and read back and decrypted, before this succeeds. Replaces what was kept under that number. */
  keep(file: number, bytes: Uint8Array): Promise<Result<void>>;
  read(file: number): Promise<Result<Uint8Array>>;
}

const magic = Buffer.from("PCORIG1\n");
const nonceBytes = 12;
const tagBytes = 16;

export function createOriginals(deps: {
  readonly dataDir: string;
  readonly vault: Pick<MigrationVault, "readPrivate" | "writePrivate">;
}): Originals {
  const folderOf = (migration: string): string => path.join(deps.dataDir, "originals", migration);
  const keyName = (migration: string): string => `migration.${migration}`;

  const withKey = (migration: string, key: Buffer): OriginalsOf => {
    const fileOf = (file: number): string => path.join(folderOf(migration), `${file}.sealed`);
    const additional = (file: number): Buffer => Buffer.from(`portcullis-original:1:${migration}:${file}`);
    const read = async (file: number): Promise<Result<Uint8Array>> => {
      let sealed: Buffer;
      try {
        sealed = await fs.readFile(fileOf(file));
      } catch (error) {
        return diskError(error, "The kept original cannot be read", fileOf(file));
      }
      const from = magic.length + nonceBytes;
      if (sealed.length < from + tagBytes || !sealed.subarray(0, magic.length).equals(magic)) return damaged(fileOf(file));
      try {
        const decipher = createDecipheriv("aes-256-gcm", key, sealed.subarray(magic.length, from), { authTagLength: tagBytes });
        decipher.setAAD(additional(file)).setAuthTag(sealed.subarray(-tagBytes));
        return ok(Buffer.concat([decipher.update(sealed.subarray(from, -tagBytes)), decipher.final()]));
      } catch {
        return damaged(fileOf(file));
      }
    };
    return {
      read,
      async keep(file, bytes) {
        const nonce = randomBytes(nonceBytes);
        const cipher = createCipheriv("aes-256-gcm", key, nonce, { authTagLength: tagBytes }).setAAD(additional(file));
        const sealed = Buffer.concat([magic, nonce, cipher.update(bytes), cipher.final(), cipher.getAuthTag()]);
        try {
          await writeFileAtomic(fileOf(file), sealed);
        } catch (error) {
          return diskError(error, "The original cannot be kept", fileOf(file));
        }
        const back = await read(file);
        if (!back.ok) return back;
        return Buffer.compare(back.value, bytes) === 0 ? ok(undefined) : damaged(fileOf(file));
      },
    };
  };

  return {
    async begin(migration) {
      const key = randomBytes(32);
      const stored = await deps.vault.writePrivate(keyName(migration), key.toString("base64"));
      if (!stored.ok) return stored;
      const back = await deps.vault.readPrivate(keyName(migration));
      if (back.kind !== "found" || back.value !== key.toString("base64")) {
        return back.kind === "found" ? lost() : heldError(back, "the key of the originals");
      }
      return ok(withKey(migration, key));
    },
    async open(migration) {
      const held = await deps.vault.readPrivate(keyName(migration));
      if (held.kind !== "found") return heldError(held, "the key of the originals");
      const key = Buffer.from(held.value, "base64");
      return key.length === 32 ? ok(withKey(migration, key)) : lost();
    },
    async forget(migration) {
      await fs.rm(folderOf(migration), { recursive: true, force: true }).catch(() => undefined); // encrypted: left behind, it tells nothing
    },
  };
}

/** A secret that was not found, in words. */
function heldError(held: Exclude<HeldSecret, { kind: "found" }>, what: string): ReturnType<typeof fail> {
  switch (held.kind) {
    case "missing":
      return fail("secret-missing", `The keychain does not hold ${what} any more.`);
    case "locked":
      return fail("vault-locked", `The keychain is locked, so ${what} cannot be read.`, "Unlock it, then try again.");
    case "timed-out":
      return fail("vault-unavailable", `The keychain did not answer when it was asked for ${what}.`);
    case "unavailable":
      return fail("vault-unavailable", `The keychain cannot be used: ${held.reason}`);
    default:
      return assertNever(held);
  }
}

function damaged(file: string): ReturnType<typeof fail> {
  return fail("internal", "The kept original is damaged, or was changed by another program.", file);
}

function lost(): ReturnType<typeof fail> {
  return fail("vault-unavailable", "The keychain did not give the key of the originals back as it was stored.");
}
