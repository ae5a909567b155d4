import fs from "node:fs/promises";
import path from "node:path";
import { StringDecoder } from "node:string_decoder";
import type { Redactor } from "../../shared/text/redact.ts";
import { reveal } from "../../shared/text/reveal.ts";

/**
 * A server's stderr on disk (threats 14, 25, 34): known secrets taken out before anything is written, control characters written out, lines
 * and files bounded. Whole lines are redacted, so a secret that arrives in pieces is still seen; what is cut off a line is cut
 * after redaction. A server that floods loses lines here and nothing anywhere else: its stderr is always read, never waited for.
 */
export interface ServerLog {
  /** For one process: what it writes, and its end (an unfinished line is kept). */
  instance(): { write(chunk: Uint8Array): void; end(): void };
  /** A line of our own ("started", "stopped"). */
  note(text: string): void;
  /** The newest lines, oldest first, across rotated files; at most `count`. Waits for what is being written. */
  tail(count: number): Promise<readonly string[]>;
  /** Resolves when all that was taken is on disk. */
  close(): Promise<void>;
}

export interface ServerLogOptions {
  /** Bytes of one file. Default 1 MiB. */
  readonly fileBytes?: number;
  /** Files kept, the current one included. Default 3. */
  readonly files?: number;
  /** Characters of one line that are kept. Default 8192. */
  readonly lineLength?: number;
  /** Bytes that may wait to be written; more is dropped and counted. Default 1 MiB. */
  readonly queueBytes?: number;
}

// As much of a line is looked at for secrets, however little of it is kept: a secret (at most 64 KiB) that begins in the kept part ends here.
const scannedLength = 128 * 1024;
/** What each line takes of the queue's bytes besides its own: time more than room, so that it holds fewer of the shortest. */
const lineCost = 128;

/** Never throws and never rejects: a log that cannot be written costs its lines, not the server. */
export function createServerLog(
  file: string,
  redactor: () => Redactor,
  now: () => number,
  { fileBytes = 1024 * 1024, files = 3, lineLength = 8192, queueBytes = 1024 * 1024 }: ServerLogOptions = {},
): ServerLog {
  let queue: string[] = [];
  let queued = 0;
  let dropped = 0;
  let writing: Promise<void> | null = null;
  let size: number | null = null;

  function take(line: string, cutOff = false): void {
    if (queued > queueBytes) {
      dropped += 1;
      return;
    }
    const stamp = new Date(now()).toISOString();
    if (dropped > 0) {
      const words = `${stamp} [portcullis] ${dropped} lines were dropped: more came than could be written\n`;
      dropped = 0;
      queue.push(words);
      queued += words.length + lineCost;
    }
    const clean = reveal(cutOff ? redactor().cutOff(line) : redactor().text(line));
    const kept = clean.length > lineLength ? `${clean.slice(0, lineLength)} … (${clean.length - lineLength} more characters)` : clean;
    const text = `${stamp} ${kept}\n`;
    queue.push(text);
    queued += text.length + lineCost;
    writing ??= drain();
  }

  async function drain(): Promise<void> {
    await Promise.resolve();
    while (queue.length > 0) {
      const batch = queue.join("");
      queue = [];
      try {
        await append(Buffer.from(batch));
      } catch {
        size = null;
      }
      queued = queue.reduce((sum, text) => sum + text.length + lineCost, 0);
    }
    writing = null;
  }

  async function append(bytes: Buffer): Promise<void> {
    let at = 0;
    while (at < bytes.length) {
      size ??= await currentSize();
      if (size > 0 && size + (bytes.length - at) > fileBytes) {
        const end = lineEnd(bytes, at, fileBytes - size);
        if (end > at) {
          await fs.appendFile(file, bytes.subarray(at, end), { mode: 0o600 });
          at = end;
        }
        await rotate();
        size = 0;
        continue;
      }
      const end = bytes.length - at > fileBytes ? Math.max(lineEnd(bytes, at, fileBytes), firstLineEnd(bytes, at)) : bytes.length;
      await fs.appendFile(file, bytes.subarray(at, end), { mode: 0o600 });
      size += end - at;
      at = end;
    }
  }

  async function currentSize(): Promise<number> {
    await fs.mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
    return fs.stat(file).then(
      (stat) => stat.size,
      () => 0,
    );
  }

  async function rotate(): Promise<void> {
    for (let index = files - 1; index >= 1; index -= 1) {
      const from = index === 1 ? file : `${file}.${index - 1}`;
      await fs.rename(from, `${file}.${index}`).catch(() => undefined);
    }
    if (files === 1) await fs.rm(file, { force: true });
  }

  async function settle(): Promise<void> {
    // Each round writes all that was taken until then.
    for (let round = writing; round !== null; round = writing) await round;
  }

  return {
    instance() {
      const decoder = new StringDecoder("utf8");
      let pending = "";
      /** Up to the next line end: the rest of a line whose beginning was kept or counted. */
      let skipping = false;
      let ended = false;
      const flush = (): void => {
        // A killed process may have been in the middle of a secret.
        if (pending !== "" && !skipping) take(pending, true);
        pending = "";
      };
      const feed = (text: string): void => {
        let start = 0;
        for (let end = text.indexOf("\n", start); end >= 0; end = text.indexOf("\n", start)) {
          if (!skipping) take((pending + text.slice(start, end)).replace(/\r$/u, ""));
          pending = "";
          skipping = false;
          start = end + 1;
        }
        if (skipping) return;
        pending += text.slice(start);
        if (pending.length <= scannedLength) return;
        take(pending);
        pending = "";
        skipping = true;
      };
      /** Under a flood not even decoding is worth it. A line that lost a part is lost: the rest could be half a secret. */
      const drop = (chunk: Uint8Array): void => {
        if (chunk.length === 0) return;
        const unfinished = chunk.at(-1) !== 10;
        dropped += countLineEnds(chunk) + (unfinished ? 1 : 0) - (skipping ? 1 : 0);
        decoder.end();
        pending = "";
        skipping = unfinished;
      };
      return {
        write(chunk) {
          if (queued > queueBytes) drop(chunk);
          else feed(decoder.write(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)));
          // What was still in the pipe when the process had ended.
          if (ended) flush();
        },
        end() {
          ended = true;
          feed(decoder.end());
          flush();
        },
      };
    },
    note(text) {
      take(`[portcullis] ${text}`);
    },
    async tail(count) {
      await settle();
      let lines: string[] = [];
      for (let index = 0; index < files && lines.length < count; index += 1) {
        const text = await fs.readFile(index === 0 ? file : `${file}.${index}`, "utf8").catch(() => "");
        const older = text.split("\n");
        if (older.at(-1) === "") older.pop();
        lines = [...older, ...lines];
      }
      return lines.slice(-count);
    },
    async close() {
      await settle();
      if (dropped === 0) return;
      // How many is told with the line after them.
      take("[portcullis] end of a flood");
      await settle();
    },
  };
}

/** Just after the last line feed within `room` bytes from `at`; `at` if there is none. */
function lineEnd(bytes: Buffer, at: number, room: number): number {
  const end = room <= 0 ? -1 : bytes.lastIndexOf(10, at + room - 1);
  return end < at ? at : end + 1;
}

function firstLineEnd(bytes: Buffer, at: number): number {
  const end = bytes.indexOf(10, at);
  return end < 0 ? bytes.length : end + 1;
}

function countLineEnds(chunk: Uint8Array): number {
  let count = 0;
  for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, at + 1)) count += 1;
  return count;
}
