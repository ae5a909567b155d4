import { spawn } from "node:child_process";
import type { ChildProcessByStdio } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import { withoutStrays } from "../stray-files.ts";
import type { BoxedCommand } from "./sandbox.ts";

/** A started command, before anybody looks after it. */
export type BoxedChild<Stdin extends "pipe" | "ignore"> = ChildProcessByStdio<Stdin extends "pipe" ? Writable : null, Readable, Readable>;

/** Starts a prepared command with the open files that belong to it and no others of ours; they are closed here however that goes. */
export function spawnBoxed<Stdin extends "pipe" | "ignore">(
  boxed: Pick<BoxedCommand, "argv" | "cwd" | "descriptors" | "letGo">,
  options: { readonly env: Readonly<Record<string, string>>; readonly stdin: Stdin; readonly detached: boolean },
): BoxedChild<Stdin> {
  const [program = "", ...args] = boxed.argv;
  const { cwd } = boxed;
  const { detached } = options;
  const env = { ...options.env };
  try {
    const child = withoutStrays([options.stdin, "pipe", "pipe", ...boxed.descriptors], (stdio) =>
      spawn(program, args, { cwd, env, stdio, shell: false, detached, windowsHide: true }),
    );
    // Node's types know the streams only where there are no further descriptors.
    return child as BoxedChild<Stdin>;
  } finally {
    boxed.letGo();
  }
}
