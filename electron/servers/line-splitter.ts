/** Cuts a byte stream into lines. Bounded: a line over the limit is reported once and skipped to its end. */
export interface LineSplitter {
  /**
   * Calls `onLine` for each complete line, its line feed included, in order. A line that stands whole in the chunk is a view of it:
   * chunks must not be written to again.
   */
  push(chunk: Uint8Array, onLine: (line: Uint8Array) => void): void;
}

export interface LineSplitterOptions {
  /** Bytes of a line, line feed not counted. */
  readonly maxBytes: number;
  /** Called once for a line that is longer, with what was read of it so far. */
  readonly onTooLong: (head: Uint8Array) => void;
}

/** The longest message that passes, in bytes: the SDK's own 10 MiB for the payload, and room for the envelope around it. */
export const longestLine = 10 * 1024 * 1024 + 64 * 1024;

const lineFeed = 0x0a;

export function createLineSplitter({ maxBytes, onTooLong }: LineSplitterOptions): LineSplitter {
  let parts: Uint8Array[] = [];
  let size = 0;
  let skipping = false;

  const joined = (): Uint8Array => {
    const [only] = parts;
    const line = parts.length === 1 && only !== undefined ? only : Buffer.concat(parts, size);
    parts = [];
    size = 0;
    return line;
  };
  const keep = (piece: Uint8Array): void => {
    if (skipping || piece.length === 0) return;
    parts.push(piece);
    size += piece.length;
    if (size <= maxBytes + 1) return;
    skipping = true;
    onTooLong(joined());
  };

  return {
    push: (chunk, onLine) => {
      let from = 0;
      while (from < chunk.length) {
        const found = chunk.indexOf(lineFeed, from);
        if (found < 0) {
          keep(chunk.subarray(from));
          return;
        }
        const piece = chunk.subarray(from, found + 1);
        from = found + 1;
        if (skipping) {
          skipping = false;
        } else if (size === 0 && piece.length <= maxBytes + 1) {
          onLine(piece);
        } else {
          keep(piece);
          if (skipping) skipping = false;
          else onLine(joined());
        }
      }
    },
  };
}

/** Where a line's content ends: before its line end (LF or CRLF). */
export function contentEnd(line: Uint8Array): number {
  let end = line.length;
  if (end > 0 && line[end - 1] === lineFeed) end--;
  if (end > 0 && line[end - 1] === 0x0d) end--;
  return end;
}

/** A line without its line end. */
export function lineContent(line: Uint8Array): Uint8Array {
  const end = contentEnd(line);
  return end === line.length ? line : line.subarray(0, end);
}
