import { createHash } from "node:crypto";
import { constants } from "node:fs";
import fs from "node:fs/promises";
import path from "node:path";
import type { Result } from "../../shared/errors.ts";
import { fail, ok } from "../../shared/errors.ts";

// A file of somebody else's is read once, in bounded memory, from one open handle. Pipes, devices and sockets are never waited for. A project's
// file is read only from inside the project: a symlink that leaves it could have us show, and later rewrite, any file of the person (threat 4).

/** Larger ones are no settings. */
export const largestConfig = 16 * 1024 * 1024;

export interface ConfigBytes {
  /** Where it really is, symlinks followed. */
  readonly realPath: string;
  readonly bytes: Uint8Array;
  /** SHA-256 of the bytes, hex. */
  readonly hash: string;
  /** Permission bits. */
  readonly mode: number;
}

/**
 * Reads a config file.
 *
 * @param project the folder that the file has to be in, after symlinks; null: anywhere
 * @returns null where there is no such file, and the reason, for the person, where there is one that we do not read
 */
export async function readConfig(file: string, project: string | null): Promise<Result<ConfigBytes | null>> {
  let realPath: string;
  try {
    realPath = await fs.realpath(file);
  } catch (error) {
    const missing = await fs.lstat(file).then(
      () => false,
      (cause: unknown) => isMissing(cause),
    );
    if (missing) return ok(null);
    return isMissing(error) ? fail("not-allowed", "It is a symlink to nothing.") : fail("not-allowed", reasonOf(error));
  }
  if (project !== null && !(await isInside(realPath, project))) {
    return fail("not-allowed", "It is a symlink that leads out of its project, so it is not read.");
  }
  try {
    // Without O_NONBLOCK opening a pipe would wait for its other end.
    const handle = await fs.open(realPath, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    try {
      const stat = await handle.stat();
      if (!stat.isFile()) return fail("not-allowed", "It is not an ordinary file.");
      if (stat.size > largestConfig) return fail("too-large", "It is larger than 16 MiB.");
      const bytes = await readAll(handle, largestConfig);
      if (bytes === null) return fail("too-large", "It is larger than 16 MiB.");
      return ok({ realPath, bytes, hash: createHash("sha256").update(bytes).digest("hex"), mode: stat.mode & 0o7777 });
    } finally {
      await handle.close();
    }
  } catch (error) {
    return isMissing(error) ? ok(null) : fail("not-allowed", reasonOf(error));
  }
}

async function isInside(realPath: string, project: string): Promise<boolean> {
  const root = await fs.realpath(project).catch(() => null);
  if (root === null) return false;
  const relative = path.relative(root, realPath);
  return relative !== "" && relative !== ".." && !relative.startsWith(`..${path.sep}`) && !path.isAbsolute(relative);
}

/** Null: it grew past the limit while it was read. */
async function readAll(handle: fs.FileHandle, limit: number): Promise<Uint8Array | null> {
  const chunks: Buffer[] = [];
  let size = 0;
  for (;;) {
    const chunk = Buffer.allocUnsafe(256 * 1024);
    const { bytesRead } = await handle.read(chunk, 0, chunk.length, size);
    if (bytesRead === 0) return Buffer.concat(chunks, size);
    size += bytesRead;
    if (size > limit) return null;
    chunks.push(chunk.subarray(0, bytesRead));
  }
}

function isMissing(error: unknown): boolean {
  return hasCode(error) && (error.code === "ENOENT" || error.code === "ENOTDIR");
}

function reasonOf(error: unknown): string {
  if (!hasCode(error)) return "It could not be read.";
  if (error.code === "EACCES" || error.code === "EPERM") return "We may not read it.";
  if (error.code === "ELOOP") return "Its symlinks go round in a circle.";
  return `It could not be read (${error.code}).`;
}

function hasCode(error: unknown): error is { readonly code: string } {
  return error instanceof Error && "code" in error && typeof error.code === "string";
}
