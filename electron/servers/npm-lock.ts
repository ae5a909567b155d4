import { createHash } from "node:crypto";
import fs from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import type { LockKind } from "./kept-locks.ts";

export const npmLockName = "package-lock.json";

export const npmLock: LockKind = {
  text: (folder) => fs.readFile(path.join(folder, npmLockName), "utf8"),
  hash: npmLockHash,
};

/** npm's package-lock.json: which version, and which bytes, of every package there is below a folder. */
const lockSchema = z.looseObject({
  packages: z.record(
    z.string(),
    z.looseObject({
      version: z.string().optional(),
      integrity: z.string().optional(),
      resolved: z.string().optional(),
      dependencies: z.record(z.string(), z.string()).optional(),
    }),
  ),
});
type NpmLock = z.infer<typeof lockSchema>;

/** @throws when it is none */
export function parseNpmLock(text: string): NpmLock {
  return lockSchema.parse(JSON.parse(text));
}

/**
 * SHA-256 (hex) over place, version and integrity of every package. Not over the rest, which differs from one npm to the next and from one
 * mirror of a registry to another; only where there is no integrity does the address say what the bytes are.
 *
 * @throws when the text is no lock
 */
function npmLockHash(text: string): string {
  const packages = Object.entries(parseNpmLock(text).packages)
    .filter(([place]) => place !== "")
    .map(([place, { version, integrity, resolved }]) => [place, version ?? null, integrity ?? resolved ?? null] as const);
  return createHash("sha256")
    .update(JSON.stringify(packages.toSorted(([a], [b]) => (a < b ? -1 : 1))))
    .digest("hex");
}

/**
 * The two files from which `npm ci` brings the same bytes again. Addresses at other hosts than these are left out: npm then asks its registry.
 */
export function lockedProject(text: string, hosts: readonly string[]): { readonly manifest: string; readonly lock: string } {
  const lock = parseNpmLock(text);
  const dependencies = lock.packages[""]?.dependencies ?? {};
  for (const entry of Object.values(lock.packages)) {
    const { resolved } = entry;
    if (resolved === undefined || entry.integrity === undefined) continue;
    if (!URL.canParse(resolved) || !hosts.includes(new URL(resolved).host)) delete entry.resolved;
  }
  return { manifest: `${JSON.stringify({ private: true, dependencies })}\n`, lock: `${JSON.stringify(lock, null, 2)}\n` };
}
