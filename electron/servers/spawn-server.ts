import { ok } from "../../shared/errors.ts";
import type { Result } from "../../shared/errors.ts";
import type { BoxedCommand } from "../sandbox/sandbox.ts";
import type { ServerProcess } from "./server-process.ts";
import { startBoxed } from "./start-boxed.ts";
import { createLadder, DEFAULT_GRACE, killTree, terminateTree } from "./stop.ts";
import type { Grace } from "./stop.ts";

export interface SpawnDeps {
  readonly platform: NodeJS.Platform;
  readonly grace?: Grace;
  now(): number;
  onStderr(chunk: Buffer): void;
}

/** A prepared command as a server that is stopped by the ladder; see `startBoxed`. */
export async function spawnServer(boxed: BoxedCommand, deps: SpawnDeps): Promise<Result<ServerProcess>> {
  const started = await startBoxed(boxed, { stdin: "pipe", platform: deps.platform });
  if (!started.ok) return started;
  const { id, child, tree, exited } = started.value;
  const startedAt = deps.now();
  // Writing to a server that has just ended is an ordinary event: its exit is what matters, and that is reported.
  child.stdin.on("error", () => {});
  child.stderr.on("data", (chunk: Buffer) => {
    deps.onStderr(chunk);
    if (child.stderr.isPaused()) return;
    // Read again in the next turn of the loop: between the pieces of a flood all others get theirs.
    child.stderr.pause();
    setImmediate(() => child.stderr.resume());
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
    instanceId: id,
    pid: tree.root,
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
