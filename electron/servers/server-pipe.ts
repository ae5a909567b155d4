import { createLineSplitter } from "./line-splitter.ts";
import type { ServerExit, ServerProcess } from "./server-process.ts";

/** The stdio of one running instance, in lines, with back-pressure both ways and a bounded share of the event loop. */
export interface ServerPipe {
  /** Goes out at once, or at `release`. */
  write(line: Uint8Array): void;
  /** From `hold` to `release` lines are gathered. */
  hold(): void;
  release(): void;
  /** Whether the server does not keep up with what is written to it. */
  congested(): boolean;
  /** Stops reading its output (the client does not keep up). */
  pause(): void;
  resume(): void;
  /** Reads nothing for so many milliseconds, or as long as it is paused. */
  rest(ms: number): void;
  /** Nothing is read any more; the instance is killed. */
  kill(): void;
}

export interface ServerPipeOptions {
  readonly process: ServerProcess;
  readonly maxLineBytes: number;
  onLine(line: Uint8Array): void;
  /** Around the lines of one chunk: what they lead to can go out together. */
  together(work: () => void): void;
  onDrain(): void;
  /** A line over the limit; nothing more is read. */
  onTooLong(): void;
  /** Once: the instance is gone and its last line was read. */
  onGone(exit: ServerExit): void;
}

/** Bytes of one server's output that are handled before others get their turn. */
const bytesPerTurn = 256 * 1024;
const bytesWorthATurn = 32 * 1024;
/** Bytes of lines that are joined before they are written. */
const joinBelow = 64 * 1024;
/** How long the rest of a dead server's output may take to arrive, in milliseconds. */
const lastWordsMs = 1_000;

export function createServerPipe(options: ServerPipeOptions): ServerPipe {
  const { stdin, stdout, exited } = options.process;
  let turnBytes = 0;
  let resting = false;
  let sleep: NodeJS.Timeout | undefined;
  let paused = false;
  let killed = false;
  let pending: Uint8Array[] = [];
  let pendingBytes = 0;
  let held = false;

  const splitter = createLineSplitter({
    maxBytes: options.maxLineBytes,
    onTooLong: () => {
      if (!killed) options.onTooLong();
    },
  });
  const flush = (): void => {
    const [first] = pending;
    if (first === undefined) return;
    const bytes = pending.length === 1 ? first : Buffer.concat(pending, pendingBytes);
    pending = [];
    pendingBytes = 0;
    if (stdin.writable) stdin.write(bytes);
  };
  const mayResume = (): void => {
    if (!paused && !resting && !killed && sleep === undefined) stdout.resume();
  };
  const onLine = (line: Uint8Array): void => {
    if (!killed) options.onLine(line);
  };
  stdout.on("data", (chunk: Buffer) => {
    if (killed) return;
    options.together(() => splitter.push(chunk, onLine));
    const before = turnBytes;
    turnBytes += chunk.length;
    // Not for every small chunk: a turn of the loop is looked for once enough has come to ask whether it was one.
    if (before <= bytesWorthATurn && turnBytes > bytesWorthATurn) {
      setImmediate(() => {
        turnBytes = 0;
        resting = false;
        mayResume();
      });
    }
    if (turnBytes > bytesPerTurn && !resting) {
      resting = true;
      stdout.pause();
    }
  });
  // Its end shows as the exit; a broken pipe is no news either.
  stdout.on("error", () => undefined);
  stdin.on("error", () => undefined);
  stdin.on("drain", () => options.onDrain());

  void exited.then(async (exit) => {
    if (!stdout.readableEnded && !stdout.destroyed) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, lastWordsMs);
        const done = (): void => {
          clearTimeout(timer);
          resolve();
        };
        stdout.once("end", done);
        stdout.once("close", done);
      });
    }
    killed = true;
    clearTimeout(sleep);
    stdout.destroy();
    options.onGone(exit);
    return undefined;
  });

  return {
    write: (line) => {
      if (!stdin.writable) return;
      // What one turn brings goes out in one system call: copying a few lines costs less than a call for each.
      if (pendingBytes + line.length > joinBelow) flush();
      if (!held || line.length > joinBelow) {
        stdin.write(line);
        return;
      }
      pending.push(line);
      pendingBytes += line.length;
    },
    hold: () => {
      held = true;
    },
    release: () => {
      held = false;
      flush();
    },
    congested: () => stdin.writableNeedDrain,
    pause: () => {
      paused = true;
      stdout.pause();
    },
    resume: () => {
      paused = false;
      mayResume();
    },
    rest: (ms) => {
      if (sleep !== undefined || killed) return;
      stdout.pause();
      sleep = setTimeout(() => {
        sleep = undefined;
        mayResume();
      }, ms);
    },
    kill: () => {
      killed = true;
      clearTimeout(sleep);
      stdout.destroy();
      // The second call skips the polite part of the ladder.
      void options.process.stop();
      void options.process.stop();
    },
  };
}
