import { fail } from "../../shared/errors.ts";

const words: Readonly<Record<string, string>> = {
  ENOENT: "it is not there",
  ENOTDIR: "it is not there",
  EACCES: "permission was refused",
  EPERM: "permission was refused",
  EROFS: "the disk may only be read",
  ENOSPC: "the disk is full",
  EDQUOT: "the disk quota is used up",
  EBUSY: "another program holds it",
  ELOOP: "its symlinks lead in a circle",
  EIO: "the disk failed",
};

/** A file system's error as an expected failure: `what: why.` Anything else is a bug and thrown on. */
export function diskError(error: unknown, what: string, file: string): ReturnType<typeof fail> {
  if (!(error instanceof Error) || !("code" in error) || typeof error.code !== "string") throw error;
  return fail(error.code === "ENOENT" ? "not-found" : "not-allowed", `${what}: ${words[error.code] ?? error.code}.`, file);
}
