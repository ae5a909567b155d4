import { createCipheriv, createDecipheriv, createHmac, randomBytes, scrypt } from "node:crypto";
import { z } from "zod";

// How the encrypted file is sealed: scrypt (N=2^17, r=8, p=1: OWASP's first choice) makes two keys of the passphrase, one for
// AES-256-GCM, one for HMAC-SHA-256. Each value has a random nonce of its own and its name as additional data, so that no value
// can be moved to another name.

/** 128 MiB and about half a second for each guess. */
export const cost = { N: 131_072, r: 8, p: 1 } as const;
const options = { ...cost, maxmem: 192 * 1024 * 1024 };

/** Nonce, and ciphertext with its tag, in base64. */
export const sealedSchema = z.strictObject({ nonce: z.base64(), data: z.base64() });
export type Sealed = z.infer<typeof sealedSchema>;

export interface Keys {
  readonly salt: string;
  readonly seal: Buffer;
  readonly authenticate: Buffer;
}

/** The same characters typed on another keyboard are the same passphrase (NFC, as RFC 8265 prepares it). About half a second. */
export async function deriveKeys(passphrase: string, salt: string): Promise<Keys> {
  const typed = Buffer.from(passphrase.normalize("NFC"));
  const derived = await new Promise<Buffer>((resolve, reject) => {
    scrypt(typed, Buffer.from(salt, "base64"), 64, options, (error, key) => (error ? reject(error) : resolve(key)));
  });
  typed.fill(0);
  return { salt, seal: derived.subarray(0, 32), authenticate: derived.subarray(32) };
}

export function seal(using: Keys, purpose: "check" | "entry", name: string, value: string): Sealed {
  const nonce = randomBytes(12);
  const cipher = createCipheriv("aes-256-gcm", using.seal, nonce).setAAD(additional(purpose, name));
  const data = Buffer.concat([cipher.update(value, "utf8"), cipher.final(), cipher.getAuthTag()]);
  return { nonce: nonce.toString("base64"), data: data.toString("base64") };
}

/** Null if it was not sealed with these keys for this name. */
export function unseal(using: Keys, purpose: "check" | "entry", name: string, sealed: Sealed): string | null {
  const nonce = Buffer.from(sealed.nonce, "base64");
  const data = Buffer.from(sealed.data, "base64");
  if (nonce.length !== 12 || data.length < 16) return null;
  try {
    const decipher = createDecipheriv("aes-256-gcm", using.seal, nonce, { authTagLength: 16 }).setAAD(additional(purpose, name));
    decipher.setAuthTag(data.subarray(-16));
    return Buffer.concat([decipher.update(data.subarray(0, -16)), decipher.final()]).toString("utf8");
  } catch {
    return null;
  }
}

function additional(purpose: "check" | "entry", name: string): Buffer {
  return Buffer.from(`portcullis-vault:1:${purpose}:${name}`);
}

/** Of the whole file. */
export function authentication(using: Keys, line: string): string {
  return createHmac("sha256", using.authenticate).update(line).digest("hex");
}
