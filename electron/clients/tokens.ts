import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { readFile, rename, rm, writeFile } from "node:fs/promises";

/** A fresh token of 256 bits, in hex. */
export function newToken(): string {
  return randomBytes(32).toString("hex");
}

/** Compares in constant time, whatever the lengths (threat 7). */
export function sameToken(expected: string, given: string): boolean {
  const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(expected), digest(given));
}

/** Puts a token into its file, mode 0600, in one step: a reader finds the old one or the new one. */
export async function writeToken(file: string, token: string): Promise<void> {
  const draft = `${file}.${String(process.pid)}.new`;
  await rm(draft, { force: true });
  await writeFile(draft, token, { mode: 0o600, flag: "wx" });
  await rename(draft, file);
}

/** Removes the file if it is still `token` that it holds. */
export async function removeToken(file: string, token: string): Promise<void> {
  if ((await readFile(file, "utf8").catch(() => "")) === token) await rm(file, { force: true });
}
