import { fstatSync } from "node:fs";
import net from "node:net";
import type { Readable } from "node:stream";

/**
 * Gets bytes as they come in. They are read into one buffer again and again: false if somebody still needs these afterwards, who then has
 * that buffer for good.
 */
export type TakeChunk = (bytes: Buffer) => boolean;

/** Bytes that come in, without a stream's machinery where that can be had: it costs a bridge more than all the rest of what it does. */
export interface ByteSource {
  /** Begins. `ended` is called at the end, and when it broke; perhaps for each sign of it. */
  start(chunk: TakeChunk, ended: () => void): void;
  pause(): void;
  resume(): void;
}

const bufferBytes = 64 << 10;

/** Options for a socket whose bytes go straight to `chunk`. */
export function straightTo(chunk: TakeChunk): { readonly onread: net.OnReadOpts } {
  let current = Buffer.allocUnsafeSlow(bufferBytes);
  return {
    onread: {
      // Asked for again after each callback.
      buffer: () => current,
      callback(length) {
        if (!chunk(current.subarray(0, length))) current = Buffer.allocUnsafeSlow(bufferBytes);
        return true;
      },
    },
  };
}

function onEnd(stream: Readable, ended: () => void): void {
  for (const event of ["end", "error", "close"]) stream.once(event, ended);
}

/** Any stream. */
export function fromReadable(stream: Readable): ByteSource {
  return {
    start(chunk, ended) {
      stream.on("data", chunk);
      onEnd(stream, ended);
    },
    pause: () => void stream.pause(),
    resume: () => void stream.resume(),
  };
}

/** This process's stdin: a pipe or a socket, as clients make it, directly; anything else (a terminal, a file) as a stream. */
export function fromStdin(): ByteSource {
  const kind = fstatSync(0);
  if (process.platform === "win32" || !(kind.isFIFO() || kind.isSocket())) return fromReadable(process.stdin);
  let socket: net.Socket | null = null;
  return {
    start(chunk, ended) {
      socket = new net.Socket({ fd: 0, readable: true, writable: false, ...straightTo(chunk) });
      onEnd(socket, ended);
    },
    pause: () => void socket?.pause(),
    resume: () => void socket?.resume(),
  };
}
