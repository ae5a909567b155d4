import { spawn } from "node:child_process";
import type { ChildProcessByStdio, StdioOptions } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import type { BoxedCommand } from "./sandbox.ts";

type Started<Stdin extends "pipe" | "ignore"> = ChildProcessByStdio<Stdin extends "pipe" ? Writable : null, Readable, Readable>;

/** Starts a prepared command with the open files that belong to it, which are closed here however that goes. */
export function spawnBoxed<Stdin extends "pipe" | "ignore">(
  boxed: Pick<BoxedCommand, "argv" | "cwd" | "descriptors" | "letGo">,
  options: { readonly env: Readonly<Record<string, string>>; readonly stdin: Stdin; readonly detached: boolean },
): Started<Stdin> {
  const [program = "", ...args] = boxed.argv;
  const stdio: StdioOptions = [options.stdin, "pipe", "pipe", ...boxed.descriptors];
  const { cwd } = boxed;
  try {
    // Node's types know the streams only where there are no further descriptors.
    return spawn(program, args, {
      cwd,
      env: { ...options.env },
      stdio,
      shell: false,
      detached: options.detached,
      windowsHide: true,
    }) as Started<Stdin>;
  } finally {
    boxed.letGo();
  }
}
