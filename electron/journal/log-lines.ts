import { hash } from "node:crypto";
import { hashLength } from "./chain.ts";

/**
 * Makes the lines of the log. A record is written out once: what is hashed (the hash before, a line feed, the body) and what is stored
 * (the hash, a space, the body, a line feed) are the same bytes but for their beginning.
 */
export interface LogLines {
  /** Adds a record's line; gives its hash, which is `chainHash(previous, body)`. */
  add(previous: string, body: string): string;
  /** Bytes so far. */
  length(): number;
  /** Takes back what came after so many bytes. */
  cutBack(to: number): void;
  /** All lines so far, until the next `add`; begins anew. */
  take(): Uint8Array;
}

const firstRoom = 64 << 10;
const mostKept = 1 << 20;

export function createLogLines(): LogLines {
  let bytes = Buffer.allocUnsafe(firstRoom);
  let used = 0;

  const makeRoom = (size: number): void => {
    if (used + size <= bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(2 * bytes.length, used + size));
    bytes.copy(larger, 0, 0, used);
    bytes = larger;
  };

  return {
    add(previous, body) {
      // A unit of UTF-16 is at most three bytes of UTF-8.
      makeRoom(body.length * 3 + hashLength + 2);
      const start = used;
      const bodyStart = start + hashLength + 1;
      bytes.write(previous, start, "latin1");
      bytes[bodyStart - 1] = 0x0a;
      const end = bodyStart + bytes.write(body, bodyStart, "utf8");
      const digest = hash("sha256", bytes.subarray(start, end), "hex");
      bytes.write(digest, start, "latin1");
      bytes[bodyStart - 1] = 0x20;
      bytes[end] = 0x0a;
      used = end + 1;
      return digest;
    },
    length: () => used,
    cutBack(to) {
      used = to;
    },
    take() {
      const lines = bytes.subarray(0, used);
      used = 0;
      if (bytes.length > mostKept) bytes = Buffer.allocUnsafe(firstRoom);
      return lines;
    },
  };
}
