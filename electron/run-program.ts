import { spawn } from "node:child_process";
import { streamsOf, withoutStrays } from "./stray-files.ts";

export interface RunProgramOptions {
  /** The whole environment. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Milliseconds; what has not ended by then is killed. */
  readonly timeoutMs: number;
  /** Bytes of output; what says more is killed. */
  readonly maxBytes: number;
}

export interface ProgramOutput {
  readonly stdout: string;
  /** Why it failed, in words; null if it ended with status 0. */
  readonly problem: string | null;
}

/** Runs a program that asks nothing to its end, and keeps what it prints; never rejects. Its stderr is not read. */
export async function runProgram(program: string, args: readonly string[], options: RunProgramOptions): Promise<ProgramOutput> {
  try {
    return await toItsEnd(program, args, options);
  } catch (error) {
    return { stdout: "", problem: error instanceof Error ? error.message : "it could not be started" };
  }
}

function toItsEnd(program: string, args: readonly string[], options: RunProgramOptions): Promise<ProgramOutput> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const child = withoutStrays(["ignore", "pipe", "ignore"], (stdio) =>
      spawn(program, [...args], { cwd: options.cwd, env: { ...options.env }, stdio, windowsHide: true }),
    );
    const { stdout } = streamsOf(child);
    const settle = (problem: string | null): void => {
      clearTimeout(timer);
      // Something that it started may hold on to it.
      stdout?.destroy();
      resolve({ stdout: Buffer.concat(chunks).toString("utf8"), problem });
    };
    const stop = (problem: string): void => {
      child.kill("SIGKILL");
      settle(problem);
    };
    const timer = setTimeout(() => stop(`it took longer than ${String(options.timeoutMs / 1000)} seconds`), options.timeoutMs);
    stdout?.on("data", (chunk: Buffer) => {
      size += chunk.length;
      if (size > options.maxBytes) stop("it printed too much");
      else chunks.push(chunk);
    });
    child.once("error", (error) => settle(error.message));
    child.once("close", (code, signal) => settle(code === 0 ? null : `it ended with ${signal ?? `status ${String(code)}`}`));
  });
}
