import { fstatSync } from "node:fs";
import net from "node:net";
import type { Readable } from "node:stream";

/**
 * Bytes that come in, without a stream's machinery where that can be had: it costs a bridge more than all the rest of what it does. A
 * chunk belongs to who gets it.
 */
export interface ByteSource {
  /** Begins. `ended` is called at the end, and when it broke; perhaps for each sign of it. */
  start(chunk: (bytes: Buffer) => void, ended: () => void): void;
  pause(): void;
  resume(): void;
}

const bufferBytes = 64 << 10;

/** Options for a socket whose bytes go straight to `chunk`. One buffer is read into again and again, so each chunk is a copy. */
export function straightTo(chunk: (bytes: Buffer) => void): { readonly onread: net.OnReadOpts } {
  return {
    onread: {
      buffer: Buffer.allocUnsafe(bufferBytes),
      callback(length, buffer) {
        chunk(Buffer.from(buffer.subarray(0, length)));
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
