import fs from "node:fs/promises";
import os from "node:os";
import type { Machine } from "./clients/client-definition.ts";

/** Of a folder with more names only so many are listed: it is no folder of settings. */
export const mostNames = 10_000;

/** This machine, as the clients' places are computed from it. */
export function createMachine(env: Readonly<Record<string, string | undefined>>, home: string = os.homedir()): Machine {
  return {
    platform: process.platform,
    env,
    home,
    list: async (folder) => {
      try {
        const names: string[] = [];
        for await (const entry of await fs.opendir(folder)) {
          names.push(entry.name);
          if (names.length >= mostNames) break;
        }
        return names.sort();
      } catch {
        return [];
      }
    },
    exists: (file) =>
      fs.stat(file).then(
        (stat) => stat.isFile(),
        () => false,
      ),
  };
}
