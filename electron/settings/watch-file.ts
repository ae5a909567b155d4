import fs from "node:fs";
import path from "node:path";

/** A file that is looked after. */
export interface FileWatch {
  close(): void;
}

interface Followed {
  /** Device and inode: a folder that is put in the place of another is another. */
  readonly id: string;
  readonly watcher: fs.FSWatcher;
}

const quietMs = 50;
/** What no event tells (a link on the way that leads elsewhere now, a network disk) is found by looking. */
const slowMs = 5_000;
/** Where a folder cannot be watched (the system has no watches left, or the folder is not there), looking is all there is. */
const unwatchedMs = 1_000;

/**
 * Calls `look` soon after the file may have changed, and every few seconds; whether it did is for `look` to find out. Folders are
 * watched, not the file: editors and we replace it, which would end a watch on it. A link is followed, so that the folder of the file
 * it stands for is watched, too; a folder that was replaced is watched anew. Where that cannot be, it is looked at every second. Keeps no
 * process alive.
 */
export function watchFile(file: string, look: () => void, watch: typeof fs.watch = fs.watch): FileWatch {
  let followed = new Map<string, Followed>();
  let names: ReadonlySet<string> = new Set();
  let quiet: NodeJS.Timeout | undefined;
  let slow: NodeJS.Timeout | undefined;

  const soon = (): void => {
    clearTimeout(quiet);
    quiet = setTimeout(lookNow, quietMs);
  };
  const lookNow = (): void => {
    clearTimeout(slow);
    slow = setTimeout(lookNow, follow() ? slowMs : unwatchedMs).unref();
    look();
  };

  /** Whether every folder is watched now. */
  function follow(): boolean {
    const files = [...new Set([file, realPath(file)])];
    const folders = [...new Set(files.map((one) => path.dirname(one)))];
    names = new Set(files.map((one) => path.basename(one)));
    const kept = new Map<string, Followed>();
    for (const folder of folders) {
      const id = folderId(folder);
      const known = followed.get(folder);
      if (known !== undefined && known.id === id) {
        kept.set(folder, known);
        followed.delete(folder);
      } else if (id !== null) {
        const watcher = watchFolder(folder);
        if (watcher !== null) kept.set(folder, { id, watcher });
      }
    }
    for (const { watcher } of followed.values()) watcher.close();
    followed = kept;
    return kept.size === folders.length;
  }

  function watchFolder(folder: string): fs.FSWatcher | null {
    let watcher: fs.FSWatcher;
    try {
      watcher = watch(folder, { persistent: false }, (_event, name) => {
        // Moved or removed, which it tells under its own name: what stands there now may even have its inode.
        if (name === path.basename(folder)) drop();
        if (name === null || names.has(name) || name === path.basename(folder)) soon();
      });
    } catch {
      return null;
    }
    const drop = (): void => {
      watcher.close();
      if (followed.get(folder)?.watcher === watcher) followed.delete(folder);
    };
    watcher.on("error", drop);
    return watcher;
  }

  slow = setTimeout(lookNow, follow() ? slowMs : unwatchedMs).unref();
  return {
    close() {
      clearTimeout(quiet);
      clearTimeout(slow);
      for (const { watcher } of followed.values()) watcher.close();
      followed.clear();
    },
  };
}

function realPath(file: string): string {
  try {
    return fs.realpathSync(file);
  } catch {
    return file;
  }
}

function folderId(folder: string): string | null {
  try {
    const { dev, ino } = fs.statSync(folder, { bigint: true });
    return `${String(dev)}:${String(ino)}`;
  } catch {
    return null;
  }
}
