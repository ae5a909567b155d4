import path from "node:path";
import type { Paths } from "../settings/paths.ts";

/** What mends a file of ours that cannot be used. */
export const mendSettings = "Correct the file in an editor; until then no call is served.";

/** A problem as the settings tell it, with the whole path of the file. */
export function inFull(problem: string, paths: Paths): string {
  return problem.replace(/^config\.json(?=[ ,])/, () => path.join(paths.config, "config.json"));
}
