import fs from "node:fs";
import path from "node:path";
import { fail, ok } from "../../shared/errors.ts";
import type { Result } from "../../shared/errors.ts";
import { holdFile } from "../exclusive-file.ts";

/** One run at a time over all processes on this home. */
export interface MigrationLock {
  release(): void;
}

/** Fails at once with `too-many` while another run holds it. */
export function takeMigrationLock(dataDir: string): Result<MigrationLock> {
  const file = path.join(dataDir, "migration.lock");
  try {
    fs.mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  } catch (error) {
    return cannot(file, (error as NodeJS.ErrnoException).code ?? "unknown reason");
  }
  const hold = holdFile(file);
  if (hold.kind === "held") return ok({ release: () => hold.release() });
  if (hold.kind === "failed") return cannot(file, hold.reason);
  return fail("too-many", "Another migration is running on this machine.", "Wait until it is done, then try again.");
}

function cannot(file: string, reason: string): ReturnType<typeof fail> {
  return fail("internal", `The lock for migrations cannot be taken (${reason}).`, file);
}
