import { fail, ok } from "../../shared/errors.ts";
import type { Result } from "../../shared/errors.ts";
import type { BoxRequest, Sandbox } from "../sandbox/sandbox.ts";
import { startBoxed } from "./start-boxed.ts";
import { killTree } from "./stop.ts";

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const keptBytes = 256 * 1024;

/**
 * Runs one of our own errands (npm, uv) to its end in a box, with no stdin. Of each output the last 256 KiB are kept.
 * Killed, with all it started, when `timeoutMs` have passed or `signal` says so.
 *
 * @param mayRunOpen the person waived the sandbox of the server this is for: where nothing can be boxed, run without a box
 * @returns `cannot-box` when there is no box to be had, `timed-out`, `cannot-start`; an exit code that is not 0 is no error here
 */
export async function runBoxed(
  sandbox: Sandbox,
  request: BoxRequest,
  timeoutMs: number,
  signal: AbortSignal,
  mayRunOpen: boolean,
): Promise<Result<Finished>> {
  const closed = await sandbox.prepare(request);
  const boxed =
    !closed.ok && closed.error.code === "cannot-box" && mayRunOpen ? await sandbox.prepare({ ...request, waived: true }) : closed;
  if (!boxed.ok) return boxed;
  if (signal.aborted) {
    await boxed.value.close();
    return fail("closing", "Portcullis is closing.");
  }
  const started = await startBoxed(boxed.value, { stdin: "ignore", platform: process.platform });
  if (!started.ok) return started;
  const { child, tree, exited } = started.value;
  const stdout = lastBytes();
  const stderr = lastBytes();
  child.stdout.on("data", (chunk: Buffer) => stdout.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => stderr.push(chunk));
  const read = new Promise<void>((resolve) => {
    child.once("close", () => resolve());
  });
  let late = false;
  const kill = (): void => void killTree(tree);
  const timer = setTimeout(() => {
    late = true;
    kill();
  }, timeoutMs);
  signal.addEventListener("abort", kill, { once: true });
  if (signal.aborted) kill();
  const { code } = await exited;
  clearTimeout(timer);
  signal.removeEventListener("abort", kill);
  if (signal.aborted) return fail("closing", "Portcullis is closing.");
  if (late) return fail("timed-out", `It took longer than ${Math.round(timeoutMs / 1000)} seconds.`);
  // Nothing of it is left, so this is only the rest of what it printed.
  await read;
  return ok({ code, stdout: stdout.text(), stderr: stderr.text() });
}

function lastBytes(): { push(chunk: Buffer): void; text(): string } {
  let chunks: Buffer[] = [];
  let size = 0;
  return {
    push(chunk) {
      chunks.push(chunk);
      size += chunk.length;
      if (size <= keptBytes * 2) return;
      const kept = Buffer.concat(chunks).subarray(-keptBytes);
      chunks = [kept];
      size = kept.length;
    },
    text: () => Buffer.concat(chunks).subarray(-keptBytes).toString("utf8"),
  };
}
