import { randomUUID } from "node:crypto";
import type { ChildProcessByStdio } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import { fail, ok } from "../../shared/errors.ts";
import type { Result } from "../../shared/errors.ts";
import { INSTANCE_VARIABLE } from "../sandbox/marks.ts";
import type { BoxedCommand } from "../sandbox/sandbox.ts";
import { spawnBoxed } from "../sandbox/spawn-boxed.ts";
import type { ServerExit } from "./server-process.ts";
import { killTree } from "./stop.ts";
import type { Tree } from "./stop.ts";

/** A started command with all that it starts. */
export interface BoxedTree<Stdin extends Writable | null> {
  readonly child: ChildProcessByStdio<Stdin, Readable, Readable>;
  /** For `terminateTree` and `killTree`. */
  readonly tree: Tree;
  /** Resolves once, when nothing of it is left and its box is closed. Never rejects. */
  readonly exited: Promise<ServerExit>;
}

/**
 * Starts a prepared command and takes it over: `boxed.close()` is called once its whole tree is gone, or when it could not be started
 * (`cannot-start`). A program that ends at once is no failure here; `exited` tells.
 */
export async function startBoxed<Stdin extends "pipe" | "ignore">(
  boxed: BoxedCommand,
  options: { readonly stdin: Stdin; readonly platform: NodeJS.Platform },
): Promise<Result<BoxedTree<Stdin extends "pipe" ? Writable : null>>> {
  if (boxed.argv.length === 0) {
    await boxed.close();
    return fail("cannot-start", "There is no command to run.");
  }
  const mark = randomUUID();
  // A group of its own where the OS does not hold the tree together.
  const grouped = !boxed.diesWithParent && options.platform !== "win32";
  const env = { ...boxed.env, [INSTANCE_VARIABLE]: mark };
  const child = spawnBoxed(boxed, { env, stdin: options.stdin, detached: grouped });
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
    return fail("cannot-start", `It could not be started: ${failure?.message ?? "it has no process id"}.`);
  }
  child.on("error", () => {});
  const tree: Tree = { root: pid, grouped, mark: `${INSTANCE_VARIABLE}=${mark}`, platform: options.platform };
  const unwatch = boxed.watch(pid);
  const exited = ended.then(async (exit) => {
    // Without a pid namespace, what it started and left behind goes now. With one nothing is left, unless bubblewrap was killed while it
    // made the box: its second process asks to die with it only after it has left the group and forked.
    if (!boxed.diesWithParent || exit.signal !== null) await killTree({ ...tree, rootEnded: true });
    unwatch();
    await boxed.close();
    return exit;
  });
  return ok({ child, tree, exited });
}
