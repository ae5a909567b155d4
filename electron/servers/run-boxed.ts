import { fail, ok } from "../../shared/errors.ts";
import type { Result } from "../../shared/errors.ts";
import type { BoxRequest, Sandbox } from "../sandbox/sandbox.ts";
import { spawnBoxed } from "../sandbox/spawn-boxed.ts";

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
  if (boxed.value.argv.length === 0) return fail("cannot-start", "The sandbox gave no command.");
  try {
    return await new Promise<Result<Finished>>((resolve) => {
      const child = spawnBoxed(boxed.value, {
        env: boxed.value.env,
        stdin: "ignore",
        // A group of its own, so that the kill below takes everything with it where there is no pid namespace.
        detached: process.platform !== "win32",
      });
      const unwatch = child.pid === undefined ? (): void => {} : boxed.value.watch(child.pid);
      const stdout = lastBytes();
      const stderr = lastBytes();
      child.stdout.on("data", (chunk: Buffer) => stdout.push(chunk));
      child.stderr.on("data", (chunk: Buffer) => stderr.push(chunk));
      let late = false;
      const kill = (): void => killTree(child.pid);
      const timer = setTimeout(() => {
        late = true;
        kill();
      }, timeoutMs);
      signal.addEventListener("abort", kill, { once: true });
      if (signal.aborted) kill();
      child.once("error", (error) => {
        clearTimeout(timer);
        resolve(fail("cannot-start", `It could not be started: ${error.message}`));
      });
      child.once("close", (code) => {
        clearTimeout(timer);
        unwatch();
        signal.removeEventListener("abort", kill);
        if (signal.aborted) resolve(fail("closing", "Portcullis is closing."));
        else if (late) resolve(fail("timed-out", `It took longer than ${Math.round(timeoutMs / 1000)} seconds.`));
        else resolve(ok({ code, stdout: stdout.text(), stderr: stderr.text() }));
      });
    });
  } finally {
    await boxed.value.close();
  }
}

function killTree(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(process.platform === "win32" ? pid : -pid, "SIGKILL");
  } catch {
    // It is gone already.
  }
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
