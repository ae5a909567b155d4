// The log in front of the database. A row in SQLite costs a call 15 µs, a line in an open file 2: so a record is in the log before
// anything follows from it, and gets into the database in a quiet moment (upkeep.ts). Both are the journal: readers take the log's lines
// for the end of the chain, verification holds them to the same hashes, and a start brings over what a killed process left here.
//
// A line is `<hash> <body>\n`; a body is JSON, so it has no line end of its own. What follows the last line end was never acknowledged
// to anybody (a write that the disk or a power failure cut short) and is no record.
import fs from "node:fs";
import { hashLength, parseRecord } from "./chain.ts";
import type { JournalRow } from "./chain.ts";
import { errorCode } from "./database.ts";

export interface LogFile {
  /** Appends whole lines: all of them are in the file when it returns. @throws the file system's error; nothing of them is left then, where that can be had */
  append(lines: Uint8Array): void;
  /** Everything in it is in the database now, and the disk has it there: after a power failure it could be in neither otherwise. @throws the file system's error */
  empty(): void;
  /** The rows whose lines begin at a byte, at most so many; `bytes`: the length of these lines. Their numbers and hashes are not looked at; none where the file holds no whole line any more. @throws the file system's error */
  read(from: number, limit: number, firstSeq: number): { readonly rows: readonly JournalRow[]; readonly bytes: number };
  /** Bytes. */
  size(): number;
  /** Whether the file still has its name and nobody else has written to it. */
  isOurs(): boolean;
  close(): void;
}

const chunkBytes = 128 << 10;
/** A log that is emptied at each of so many readings is taken as it was read. */
const mostReadAgain = 8;

/** What the lines of a log say. */
export interface LogRows {
  readonly rows: readonly JournalRow[];
  /** A whole line that is no record: which one (1 is the first). Only a tampered log has one. */
  readonly badLine: number | null;
}

/** The log of a journal's file. */
export function logPath(file: string): string {
  return `${file}-log`;
}

/** Opens the log, which is made (mode 0600) or must be empty. @throws the file system's error */
export function openLogFile(file: string): LogFile {
  const { O_APPEND, O_CREAT, O_RDWR, O_NOFOLLOW } = fs.constants;
  const handle = fs.openSync(file, O_APPEND | O_CREAT | O_RDWR | (O_NOFOLLOW ?? 0), 0o600);
  const opened = fs.fstatSync(handle, { bigint: true });
  if (process.platform !== "win32" && (Number(opened.mode) & 0o077) !== 0) fs.fchmodSync(handle, 0o600);
  let size = 0;
  const cutBack = (to: number): void => {
    fs.ftruncateSync(handle, to);
    size = to;
  };
  return {
    append(lines) {
      const before = size;
      try {
        for (let written = 0; written < lines.length;) written += fs.writeSync(handle, lines, written);
        size += lines.length;
      } catch (error) {
        try {
          cutBack(before);
        } catch {
          // The next start drops the part of a line that is left, and ends whole ones as lost.
        }
        throw error;
      }
    },
    read(from, limit, firstSeq) {
      const rows: JournalRow[] = [];
      let bytes = 0;
      let room = chunkBytes;
      while (rows.length < limit && from + bytes < size) {
        const left = size - from - bytes;
        const chunk = Buffer.allocUnsafe(Math.min(room, left));
        const length = fs.readSync(handle, chunk, 0, chunk.length, from + bytes);
        let start = 0;
        for (let end = chunk.indexOf(0x0a); end >= 0 && end < length && rows.length < limit; end = chunk.indexOf(0x0a, start)) {
          rows.push({
            seq: firstSeq + rows.length,
            hash: chunk.toString("latin1", start, start + hashLength),
            body: chunk.toString("utf8", start + hashLength + 1, end),
          });
          start = end + 1;
        }
        bytes += start;
        if (start > 0) continue;
        // Not one whole line in it: a longer piece is read, unless there is none. Then another program cut the file or wrote over it.
        if (length < chunk.length || chunk.length === left) break;
        room *= 4;
      }
      return { rows, bytes };
    },
    empty: () => cutBack(0),
    size: () => size,
    isOurs() {
      const found = fs.statSync(file, { bigint: true, throwIfNoEntry: false });
      return found !== undefined && found.ino === opened.ino && found.dev === opened.dev && Number(found.size) === size;
    },
    close: () => fs.closeSync(handle),
  };
}

/**
 * The records of a log from its end to its beginning, read as far as they are asked for. Stops early where the app has emptied the log
 * meanwhile: what was left is in the database then. @throws the file system's error
 */
export function* newestInLog(file: string): Generator<JournalRow, void> {
  let handle: number;
  try {
    handle = fs.openSync(file, "r");
  } catch (error) {
    if (errorCode(error) === "ENOENT") return;
    throw error;
  }
  try {
    let end = fs.fstatSync(handle).size;
    const first = beginningOf(handle);
    // What stands before the first line end of a piece belongs to a line of the piece before.
    let rest: Buffer = Buffer.alloc(0);
    let complete = false;
    while (end > 0) {
      const from = Math.max(0, end - chunkBytes);
      const piece = Buffer.alloc(end - from);
      if (fs.readSync(handle, piece, 0, piece.length, from) < piece.length) return;
      // Emptied and written to again while the caller paused: this would be the end of one log on the beginning of another.
      if (!beginningOf(handle).equals(first)) return;
      const bytes = rest.length === 0 ? piece : Buffer.concat([piece, rest]);
      let lineEnd = bytes.length;
      for (let at = bytes.lastIndexOf(0x0a, lineEnd - 1); at >= 0; at = at === 0 ? -1 : bytes.lastIndexOf(0x0a, at - 1)) {
        if (complete) {
          const row = rowOf(bytes.toString("utf8", at + 1, lineEnd));
          if (row !== null) yield row;
        }
        // The first line end from behind is where the last whole line ends.
        complete = true;
        lineEnd = at;
      }
      rest = bytes.subarray(0, lineEnd);
      end = from;
    }
    const oldest = complete ? rowOf(rest.toString("utf8")) : null;
    if (oldest !== null) yield oldest;
  } finally {
    fs.closeSync(handle);
  }
}

/** The rows of a log, also while the app writes to it and empties it; none where there is no file. @throws the file system's error */
export function readLog(file: string, read: (file: string) => Buffer = fs.readFileSync): LogRows {
  let text: string;
  try {
    if (!fs.lstatSync(file).isFile()) return { rows: [], badLine: 1 };
    let bytes = read(file);
    for (let again = 0; again < mostReadAgain && !stillHolds(file, bytes); again += 1) bytes = read(file);
    text = bytes.toString("utf8");
  } catch (error) {
    if (errorCode(error) === "ENOENT") return { rows: [], badLine: null };
    throw error;
  }
  const rows: JournalRow[] = [];
  for (let start = 0; ;) {
    const end = text.indexOf("\n", start);
    if (end < 0) return { rows, badLine: null };
    const row = rowOf(text.slice(start, end));
    // A file system that lost power may fill the end of a file with zeros: that was never a line.
    if (row === null) return { rows, badLine: text.charCodeAt(start) === 0 ? null : rows.length + 1 };
    rows.push(row);
    start = end + 1;
  }
}

/** Whether a log was not emptied since these bytes were read. If it was, they may be of two logs, the end of one on the beginning of the other. */
function stillHolds(file: string, bytes: Buffer): boolean {
  const handle = fs.openSync(file, "r");
  try {
    const beginning = beginningOf(handle);
    const compared = Math.min(hashLength, bytes.length);
    return bytes.subarray(0, compared).equals(beginning.subarray(0, compared)) && fs.fstatSync(handle).size >= bytes.length;
  } finally {
    fs.closeSync(handle);
  }
}

/** The first line's hash, which no other log begins with; less where there is less. */
function beginningOf(handle: number): Buffer {
  const beginning = Buffer.alloc(hashLength);
  return beginning.subarray(0, fs.readSync(handle, beginning, 0, hashLength, 0));
}

function rowOf(line: string): JournalRow | null {
  if (line.charAt(hashLength) !== " ") return null;
  const hash = line.slice(0, hashLength);
  const body = line.slice(hashLength + 1);
  const record = parseRecord(body, hash);
  return record === null ? null : { seq: record.seq, body, hash };
}
