import { existsSync, realpathSync } from "node:fs";
import path from "node:path";
import { fromStdin } from "./byte-source.ts";
import { runBridge } from "./connect.ts";

/** Runs the bridge on this process's stdio and exits with its status. `args` is what follows `connect`. */
export async function runConnect(args: readonly string[]): Promise<void> {
  const status = await runBridge({
    args,
    env: process.env,
    platform: process.platform,
    stdin: fromStdin(),
    stdout: process.stdout,
    stderr: process.stderr,
    fallback: siblingEntry(process.argv[1]),
    startMs: 15_000,
  });
  process.exit(status);
}

/** `portcullis.js` beside the file that runs, in a checkout or an npm install; a packaged app has recorded its own start. */
function siblingEntry(running: string | undefined): { command: string; args: string[] } | null {
  if (running === undefined || !existsSync(running)) return null;
  const entry = path.join(path.dirname(realpathSync(running)), "portcullis.js");
  return existsSync(entry) ? { command: process.execPath, args: [entry, "serve"] } : null;
}
