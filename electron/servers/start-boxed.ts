import { randomUUID } from "node:crypto";
import { fail, ok } from "../../shared/errors.ts";
import type { Result } from "../../shared/errors.ts";
import { INSTANCE_VARIABLE } from "../sandbox/marks.ts";
import type { BoxedCommand } from "../sandbox/sandbox.ts";
import { spawnBoxed } from "../sandbox/spawn-boxed.ts";
import type { BoxedChild } from "../sandbox/spawn-boxed.ts";
import type { ServerExit } from "./server-process.ts";
import { killTree } from "./stop.ts";
import type { Tree } from "./stop.ts";

/** A started command with all that it starts. */
export interface BoxedTree<Stdin extends "pipe" | "ignore"> {
  /** Unique; also the mark by which what has left the tree is found. */
  readonly id: string;
  readonly child: BoxedChild<Stdin>;
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
): Promise<Result<BoxedTree<Stdin>>> {
  if (boxed.argv.length === 0) {
    await boxed.close();
    return fail("cannot-start", "There is no command to run.");
  }
  const id = randomUUID();
  // A group of its own where the OS does not hold the tree together.
  const grouped = !boxed.diesWithParent && options.platform !== "win32";
  const env = { ...boxed.env, [INSTANCE_VARIABLE]: id };
  let child: BoxedChild<Stdin>;
  try {
    child = spawnBoxed(boxed, { env, stdin: options.stdin, detached: grouped });
  } catch (error) {
    await boxed.close();
    return notStarted(error);
  }
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
  const tree: Tree = { root: pid, grouped, mark: `${INSTANCE_VARIABLE}=${id}`, platform: options.platform };
  let unwatch: () => void;
  try {
    unwatch = boxed.watch(pid);
  } catch (error) {
    // Nobody would end it if we were killed.
    await killTree(tree);
    await boxed.close();
    return notStarted(error);
  }
  const exited = ended.then(async (exit) => {
    // Without a pid namespace, what it started and left behind goes now. With one it goes by itself, a moment after bubblewrap has told of the
    // end; only what bubblewrap was making when it was killed stays, because its second process asks to die with it after it has left the
    // group and forked.
    if (!boxed.diesWithParent || exit.signal !== null) await killTree({ ...tree, rootEnded: true });
    unwatch();
    await boxed.close();
    return exit;
  });
  return ok({ id, child, tree, exited });
}

/** In words, with the code alone of an error that was thrown: its text may hold an argument or a variable, and so a secret. */
function notStarted(error: unknown): ReturnType<typeof fail> {
  const code = error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "unknown error";
  if (code === "E2BIG")
    return fail(
      "cannot-start",
      "It could not be started: one of its arguments or environment variables is too long, or all of them together.",
    );
  return fail("cannot-start", `It could not be started (${code}).`);
}
