import fs from "node:fs/promises";
import path from "node:path";
import type { Exposure } from "../../shared/model/migration.ts";
import type { GitStanding } from "./git-standing.ts";
import type { Copies } from "./exposure-copies.ts";

/** What git knows about a file with secrets, in sentences. */
export function gitExposures(standing: GitStanding): readonly Exposure[] {
  if (standing.kind === "none") return [];
  if (standing.kind === "unknown") {
    return [
      {
        kind: "git-untracked",
        text: `It is in a git work tree (${standing.root}), but ${standing.reason}: not looked into.`,
        severe: false,
      },
    ];
  }
  const exposures: Exposure[] = [];
  const { root, history } = standing;
  if (standing.tracked) exposures.push({ kind: "git-tracked", text: `Git tracks it in ${root}: it goes into every commit.`, severe: true });
  else if (!standing.ignored) {
    exposures.push({
      kind: "git-untracked",
      text: `It is in the git work tree ${root} and not ignored: the next “git add” would take it.`,
      severe: false,
    });
  }
  if ("reason" in history) {
    if (standing.tracked)
      exposures.push({ kind: "git-history", text: `Its history could not be searched: ${history.reason}.`, severe: true });
    return exposures;
  }
  if (history.versions === 0) return exposures;
  const looked = history.complete ? "" : ", of those that were looked at";
  if (history.withSecrets > 0) {
    const count = `${history.withSecrets} of ${history.versions} committed version${history.versions === 1 ? "" : "s"}`;
    exposures.push({
      kind: "git-history",
      text: `A secret of this file is in ${count}${looked}: moving it does not take it out of there.`,
      severe: true,
    });
    if (history.pushed)
      exposures.push({
        kind: "git-pushed",
        text: "A remote has a commit with the secret: it should be replaced by a new one.",
        severe: true,
      });
  } else if (!standing.tracked) {
    exposures.push({
      kind: "git-history",
      text: `It was committed before; none of these secrets is in ${history.versions} version(s)${looked}.`,
      severe: false,
    });
  }
  return exposures;
}

/** Copies outside of git. */
export function copyExposures(kind: "backup" | "shell-history", copies: readonly Copies[]): readonly Exposure[] {
  return copies.map(({ file, count }): Exposure => {
    const times = count === 1 ? "once" : `${count} times`;
    if (kind === "shell-history")
      return { kind, text: `A shell’s history has a secret of this file in it, ${times}: ${file}`, severe: true };
    return /\.(log|jsonl)(\.\d+)?$/i.test(file)
      ? { kind: "client-log", text: `A log has a secret of this file in it, ${times}: ${file}`, severe: true }
      : { kind: "backup", text: `A copy has a secret of this file in it, ${times}: ${file}`, severe: true };
  });
}

/** Whether others may read the file: the file itself and every folder on the way to it. */
export async function readableByOthers(realPath: string, mode: number): Promise<Exposure | null> {
  if (process.platform === "win32" || (mode & 0o004) === 0) return null;
  for (let folder = path.dirname(realPath); ; folder = path.dirname(folder)) {
    const stat = await fs.stat(folder).catch(() => null);
    if (stat === null || (stat.mode & 0o001) === 0) return null;
    if (folder === path.dirname(folder)) break;
  }
  return { kind: "world-readable", text: `Every user of this machine can read it (mode ${(mode & 0o777).toString(8)}).`, severe: false };
}

const synced: readonly { readonly name: string; readonly folder: RegExp }[] = [
  { name: "iCloud Drive", folder: /[\\/](Mobile Documents[\\/]|iCloudDrive[\\/]|iCloud Drive[\\/])/i },
  { name: "Dropbox", folder: /[\\/](CloudStorage[\\/]Dropbox[^\\/]*|Dropbox( \([^\\/]*\))?)[\\/]/i },
  { name: "OneDrive", folder: /[\\/](CloudStorage[\\/]OneDrive[^\\/]*|OneDrive( ?- ?[^\\/]*)?)[\\/]/i },
  { name: "Google Drive", folder: /[\\/](CloudStorage[\\/]GoogleDrive[^\\/]*|Google ?Drive|My Drive)[\\/]/i },
  { name: "Nextcloud", folder: /[\\/](Nextcloud|ownCloud)[\\/]/i },
];

/** Told by the path, as it was named and as it really is. */
export function syncedExposure(file: string, realPath: string): Exposure | null {
  const service = synced.find(({ folder }) => folder.test(file) || folder.test(realPath));
  return service === undefined
    ? null
    : { kind: "synced", text: `It is in a folder that ${service.name} copies to other machines.`, severe: true };
}
