import fs from "node:fs/promises";
import path from "node:path";
import { ok } from "../../shared/errors.ts";
import type { Result } from "../../shared/errors.ts";
import type { InstalledPackage } from "../../shared/model/server.ts";
import type { AcceptedPackage } from "./acceptance.ts";
import { checkInstalled, writeNote } from "./installed-package.ts";
import type { InstalledFolder } from "./installed-package.ts";
import { keepLock } from "./kept-locks.ts";
import type { LockKind } from "./kept-locks.ts";

/** Notes a finished installation, keeps what pins it (`lockText`) and moves it to its place (`target`). Two that finish together end up with the same folder. */
export async function putInPlace(
  locksDir: string,
  kind: LockKind,
  lockText: string,
  installed: InstalledPackage & { readonly lock: string },
  pinned: AcceptedPackage | null,
  folder: string,
  target: string,
): Promise<Result<InstalledFolder>> {
  await keepLock(locksDir, installed.lock, lockText);
  await writeNote(folder, installed);
  await fs.mkdir(path.dirname(target), { recursive: true, mode: 0o700 });
  const there = await checkInstalled(target, kind);
  if (there?.ok === true && there.value.package.integrity === installed.integrity) {
    // Whoever accepted no dependencies yet takes those that are there.
    if (pinned?.lock === undefined || there.value.package.lock === pinned.lock) return there;
  }
  // What lies there was tampered with or left half-done, or is not what was accepted: it makes way for what was just installed.
  await fs.rm(target, { recursive: true, force: true });
  await fs.rename(folder, target);
  return ok({ folder: target, package: installed });
}
