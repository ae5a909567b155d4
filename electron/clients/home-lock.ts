import { mkdir, readFile } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import { fail, ok } from "../../shared/errors.ts";
import type { Result } from "../../shared/errors.ts";
import { writeFileAtomic } from "../atomic-file.ts";
import { holdFile } from "../exclusive-file.ts";
import { socketPath } from "../settings/paths.ts";
import type { Paths } from "../settings/paths.ts";
import { answers } from "./run-folder.ts";

/**
 * One owner of a home at a time: the app, or a command that writes while no app runs. The socket cannot decide that, because the run
 * folder depends on the session (XDG_RUNTIME_DIR) and can be removed under a running app; two apps on one journal lose records.
 */
export interface HomeLock {
  release(): void;
}

const holderSchema = z.object({ pid: z.number().int().positive(), run: z.string(), what: z.enum(["app", "command"]) });
type Holder = z.infer<typeof holderSchema>;

/** How long somebody who is starting or closing at this moment is waited for. */
const patienceMs = 3_000;

/**
 * Takes `home.lock` in the data folder, to be held until the process ends or `release`. Fails with `already-exists` at once when the
 * owner answers on its socket, otherwise after some seconds, and says how the owner can be reached.
 */
export async function takeHomeLock(
  paths: Paths,
  what: Holder["what"],
  deps: { readonly platform: NodeJS.Platform; readonly patienceMs?: number },
): Promise<Result<HomeLock>> {
  const file = path.join(paths.data, "home.lock");
  const holderFile = path.join(paths.data, "home.json");
  try {
    await mkdir(paths.data, { recursive: true, mode: 0o700 });
  } catch (error) {
    return fail("cannot-start", `${paths.data} cannot be used: ${error instanceof Error ? error.message : "unknown reason"}`);
  }
  const deadline = performance.now() + (deps.patienceMs ?? patienceMs);
  for (;;) {
    const hold = holdFile(file);
    if (hold.kind === "failed") return fail("cannot-start", `${file} cannot be locked (${hold.reason}).`, "Remove it and start again.");
    if (hold.kind === "held") {
      const holder: Holder = { pid: process.pid, run: paths.run, what };
      // Only there to tell others who we are: the lock is what counts.
      await writeFileAtomic(holderFile, `${JSON.stringify(holder)}\n`).catch(() => undefined);
      return ok({ release: () => hold.release() });
    }
    const holder = await readHolder(holderFile);
    const reachable = holder?.what === "app" && (await answers(socketPath({ ...paths, run: holder.run }, deps.platform)));
    if (reachable || performance.now() > deadline) return inUse(paths, holder, reachable);
    // Not in step with others: of two who try at the same instant neither may get it.
    await new Promise((resolve) => setTimeout(resolve, 30 + Math.random() * 40));
  }
}

function inUse(paths: Paths, holder: Holder | null, reachable: boolean): ReturnType<typeof fail> {
  const process = holder === null ? "" : ` (process ${String(holder.pid)})`;
  if (holder?.what === "command") {
    return fail("already-exists", `A command of Portcullis is at work on this home${process}.`, "Wait until it is done, then try again.");
  }
  if (reachable && holder !== null) {
    const where = holder.run === paths.run ? "" : `, with its socket in ${holder.run}`;
    return fail("already-exists", `Portcullis is already running on this home${process}${where}`, "`portcullis open` brings it up.");
  }
  return fail(
    "already-exists",
    `Portcullis is already running on this home${process}, but cannot be reached: it is closing, or its run folder was removed`,
    holder === null ? "End it, then try again." : `End process ${String(holder.pid)}, then try again.`,
  );
}

async function readHolder(file: string): Promise<Holder | null> {
  try {
    return holderSchema.parse(JSON.parse(await readFile(file, "utf8")));
  } catch {
    return null;
  }
}
