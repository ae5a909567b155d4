import { realpathSync } from "node:fs";
import path from "node:path";
import manifest from "../../package.json" with { type: "json" };
import { resolvePaths } from "../settings/paths.ts";
import { runCommand } from "./program.ts";
import { createTerminal } from "./terminal.ts";

/** Runs a command line on this process's streams; resolves with its exit status when everything printed is out. */
export async function runProcess(args: readonly string[], file: string): Promise<number> {
  const status = await runCommand(args, {
    terminal: createTerminal(process),
    paths: resolvePaths(process.env, process.platform),
    env: process.env,
    platform: process.platform,
    version: manifest.version,
    programFolder: path.dirname(realpathSync(file)),
    now: Date.now,
  });
  await Promise.all([process.stdout, process.stderr].map(flush));
  return status;
}

/** Resolves when everything written is out, or its reader is gone. */
function flush(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    stream.write("", () => resolve());
  });
}
