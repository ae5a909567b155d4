import { realpathSync } from "node:fs";
import path from "node:path";
import manifest from "../../package.json" with { type: "json" };
import { keepMemoryOutOfDumps } from "../memory-dumps.ts";
import { resolvePaths } from "../settings/paths.ts";
import { runCommand } from "./program.ts";
import { createTerminal } from "./terminal.ts";

/** Runs a command line on this process's streams; resolves with its exit status when everything printed is out. */
export async function runProcess(args: readonly string[], file: string): Promise<number> {
  keepMemoryOutOfDumps();
  let lost: Error | null = null;
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    // Its reader has read enough (`| head`).
    if (error.code !== "EPIPE") lost ??= error;
  });
  const status = await runCommand(args, {
    terminal: createTerminal(process),
    paths: resolvePaths(process.env, process.platform),
    env: process.env,
    platform: process.platform,
    version: manifest.version,
    programFolder: path.dirname(realpathSync(file)),
    now: Date.now,
  });
  await flush(process.stdout);
  // The error of a write is told after the write has ended.
  await new Promise((resolve) => setImmediate(resolve));
  if (lost !== null) process.stderr.write(`portcullis: the output could not be written: ${(lost as Error).message}\n`);
  await flush(process.stderr);
  return lost !== null && status === 0 ? 1 : status;
}

/** Resolves when everything written is out, or its reader is gone. */
function flush(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    stream.write("", () => resolve());
  });
}
