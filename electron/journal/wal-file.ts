// The database's own log (WAL). What was committed is in it alone until a checkpoint works it into the database's file, and SQLite keeps
// it open: deleted or replaced, it goes on taking records that are gone with us. So it is known by more than its name. While our
// connection is open nobody removes it rightfully: SQLite does so only when it closes the last one, and truncates it otherwise.
import fs from "node:fs";
import { promisify } from "node:util";

export interface WalFile {
  /** Whether the file still has its name. @throws the file system's error */
  isOurs(): boolean;
  /** When it resolves, the disk has what was committed before, under the file's name. @throws the file system's error; an error where it has lost its name */
  sync(): Promise<void>;
  /** The same in the middle of everything else: for what is little. @throws as `sync` */
  syncNow(): void;
  close(): void;
}

const datasync = promisify(fs.fdatasync);

/** Of a database that is open for appending, `file`: SQLite has made the WAL then. @throws the file system's error */
export function openWalFile(file: string): WalFile {
  const name = `${file}-wal`;
  // A descriptor of our own: SQLite locks the database and the -shm file, so closing this one drops no lock of its.
  const handle = fs.openSync(name, "r+");
  const opened = fs.fstatSync(handle, { bigint: true });
  const isOurs = (): boolean => {
    const found = fs.statSync(name, { bigint: true, throwIfNoEntry: false });
    return found !== undefined && found.ino === opened.ino && found.dev === opened.dev;
  };
  const check = (): void => {
    if (!isOurs()) throw new Error("the log of its database was deleted or replaced");
  };
  return {
    isOurs,
    async sync() {
      await datasync(handle);
      check();
    },
    syncNow() {
      fs.fdatasyncSync(handle);
      check();
    },
    close: () => fs.closeSync(handle),
  };
}
