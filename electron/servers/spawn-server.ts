import { fail, ok } from "../../shared/errors.ts";
import type { Result } from "../../shared/errors.ts";
import type { BoxedCommand } from "../sandbox/sandbox.ts";
import { spawnBoxed } from "../sandbox/spawn-boxed.ts";
import type { ServerExit, ServerProcess } from "./server-process.ts";
import { createLadder, DEFAULT_GRACE, killTree, terminateTree } from "./stop.ts";
import type { Grace, Tree } from "./stop.ts";

export interface SpawnDeps {
  /** Unique for this process; also the mark by which strays are found. */
  readonly instanceId: string;
  readonly platform: NodeJS.Platform;
  readonly grace?: Grace;
  now(): number;
  onStderr(chunk: Buffer): void;
}

/**
 * Starts a prepared command and takes it over: `boxed.close()` is called once its whole tree is gone, or when it could not be started
 * (`cannot-start`). A program that ends at once is no failure here; `exited` tells.
 */
export async function spawnServer(boxed: BoxedCommand, deps: SpawnDeps): Promise<Result<ServerProcess>> {
  if (boxed.argv.length === 0) {
    await boxed.close();
    return fail("cannot-start", "There is no command to run.");
  }
  const mark = boxed.diesWithParent ? undefined : `PORTCULLIS_INSTANCE=${deps.instanceId}`;
  const child = spawnBoxed(boxed, {
    env: mark === undefined ? boxed.env : { ...boxed.env, PORTCULLIS_INSTANCE: deps.instanceId },
    stdin: "pipe",
    detached: mark !== undefined && deps.platform !== "win32",
  });
  // Writing to a server that has just ended is an ordinary event: its exit is what matters, and that is reported.
  child.stdin.on("error", () => {});
  child.stderr.on("data", (chunk: Buffer) => deps.onStderr(chunk));
  const ended = new Promise<ServerExit>((resolve) => {
    child.once("exit", (code, signal) => resolve({ code, signal }));
  });
  const failure = await new Promise<Error | undefined>((resolve) => {
    child.once("spawn", () => resolve(undefined));
    child.once("error", resolve);
  });
  const { pid } = child;
  if (failure !== undefined || pid === undefined) {
    await boxed.close();
    return fail("cannot-start", `The server could not be started: ${failure?.message ?? "it has no process id"}.`);
  }
  child.on("error", () => {});
  const startedAt = deps.now();
  const tree: Tree = { root: pid, grouped: mark !== undefined && deps.platform !== "win32", mark, platform: deps.platform };
  const unwatch = boxed.watch(pid);
  const exited = ended.then(async (exit) => {
    // With a pid namespace nothing can be left; without one, what the server started and left behind goes now.
    if (mark !== undefined) await killTree({ ...tree, rootEnded: true });
    unwatch();
    await boxed.close();
    return exit;
  });
  const stop = createLadder({
    grace: deps.grace ?? DEFAULT_GRACE,
    gone: exited,
    endInput: () => child.stdin.end(),
    terminate: () => terminateTree(tree),
    kill: async () => {
      await killTree(tree);
    },
  });
  let stopped = false;
  return ok({
    instanceId: deps.instanceId,
    pid,
    startedAt,
    stdin: child.stdin,
    stdout: child.stdout,
    exited,
    wasStopped: () => stopped,
    stop() {
      stopped = true;
      return stop();
    },
  });
}
