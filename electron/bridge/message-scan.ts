import { backslash, isText, quote, skipDigits } from "../../shared/mcp/ascii.ts";

/**
 * Finds, in a stream of newline-framed JSON-RPC, which messages carry an `id` and a `method`, without parsing or keeping them: a look at
 * both ends of a line that is written as the SDKs write theirs, and for any other a walk over the top level, long strings skipped by
 * `indexOf`. The bridge runs it after it has passed the bytes on, so that every request still open when the app dies can be answered.
 * Garbage costs nothing but a line: each newline starts afresh. What says an id twice, or is a request and an answer at once (the app
 * refuses both), may be told as either.
 */
export interface MessageScan {
  push(chunk: Buffer): void;
  /** Whether the stream stands inside a line. */
  midLine(): boolean;
}

const newline = 0x0a;
const maxKey = 40;
const maxId = 4096;

/** `onMessage` gets the id as `idKey` writes it, or null, once per message; in a batch, once per element. */
export function createMessageScan(onMessage: (id: string | null, hasMethod: boolean) => void): MessageScan {
  let inLine = false;
  let depth = 0;
  let base = 0;
  let open = false;
  let inString = false;
  let escaped = false;
  let phase: "key" | "colon" | "value" = "key";
  let key: string | null = null;
  let capturing: "key" | "id" | null = null;
  let captured = "";
  let id: string | null = null;
  let hasMethod = false;

  const startLine = (): void => {
    inLine = false;
    depth = 0;
    base = 0;
    open = false;
    inString = false;
    escaped = false;
    capturing = null;
  };
  const endValue = (): void => {
    if (capturing === "id") id = captured.length > maxId ? null : idKey(Buffer.from(captured, "latin1").toString("utf8").trim());
    capturing = null;
    phase = "key";
  };

  /** Walks inside a string from `at`; returns the index after what it consumed. */
  const walkString = (chunk: Buffer, at: number, end: number): number => {
    if (capturing !== null) {
      let i = at;
      for (; i < end; i++) {
        const byte = chunk[i] ?? 0;
        if (escaped) escaped = false;
        else if (byte === backslash) escaped = true;
        else if (byte === quote) {
          inString = false;
          if (capturing === "key") {
            key = keyText(captured);
            capturing = null;
            phase = "colon";
          } else captured += '"';
          return i + 1;
        }
        if (captured.length <= (capturing === "key" ? maxKey : maxId)) captured += String.fromCharCode(byte);
      }
      return i;
    }
    let i = at;
    const near = Math.min(end, at + 32);
    for (; i < near; i++) {
      const byte = chunk[i];
      if (escaped) escaped = false;
      else if (byte === backslash) escaped = true;
      else if (byte === quote) {
        inString = false;
        return i + 1;
      }
    }
    if (escaped && i < end) {
      escaped = false;
      i++;
    }
    while (i < end) {
      const found = chunk.indexOf(quote, i);
      const stop = found === -1 || found > end ? end : found;
      let slashes = 0;
      for (let back = stop - 1; back >= i && chunk[back] === backslash; back--) slashes++;
      if (stop === end) {
        escaped = slashes % 2 === 1;
        return end;
      }
      if (slashes % 2 === 0) {
        inString = false;
        return stop + 1;
      }
      i = stop + 1;
    }
    return i;
  };

  const walk = (chunk: Buffer, start: number, end: number): void => {
    let i = start;
    while (i < end) {
      if (inString) {
        i = walkString(chunk, i, end);
        continue;
      }
      const byte = chunk[i] ?? 0;
      i++;
      const level = open && depth === base;
      switch (byte) {
        case quote:
          if (level && phase === "key") {
            const whole = endOfPlain(chunk, i, Math.min(end, i + maxKey));
            if (whole > 0) {
              key = isText(chunk, i, whole, "id") ? "id" : isText(chunk, i, whole, "method") ? "method" : null;
              phase = "colon";
              i = whole + 1;
              break;
            }
            inString = true;
            capturing = "key";
            captured = "";
            break;
          }
          inString = true;
          if (capturing === "id") captured += '"';
          break;
        case 0x7b: // {
        case 0x5b: // [
          capturing = null; // an id is a string or a number
          if (base === 0) base = byte === 0x5b ? 2 : 1;
          depth++;
          if (depth === base && byte === 0x7b) {
            open = true;
            phase = "key";
            id = null;
            hasMethod = false;
          }
          break;
        case 0x7d: // }
        case 0x5d: // ]
          if (level) {
            endValue();
            open = false;
            if (byte === 0x7d) onMessage(id, hasMethod);
          }
          depth--;
          break;
        case 0x2c: // ,
          if (level) endValue();
          break;
        case 0x3a: // :
          if (level && phase === "colon") {
            phase = "value";
            if (key === "method") hasMethod = true;
            else if (key === "id") {
              const whole = endOfPlainId(chunk, i, end);
              if (whole > 0) {
                id = chunk.toString("latin1", i, whole);
                i = whole;
                break;
              }
              capturing = "id";
              captured = "";
            }
          }
          break;
        default:
          if (capturing === "id" && level && captured.length <= maxId) captured += String.fromCharCode(byte);
      }
    }
  };

  return {
    push(chunk) {
      let start = 0;
      while (start < chunk.length) {
        const end = chunk.indexOf(newline, start);
        if (end === -1) {
          inLine = true;
          walk(chunk, start, chunk.length);
          return;
        }
        if (inLine || !tellByEnds(chunk, start, end, onMessage)) walk(chunk, start, end);
        startLine();
        start = end + 1;
      }
    },
    midLine: () => inLine,
  };
}

// How nearly every message begins, or ends where its id comes last. A whole line that has one of the two, and beside it says at once what it
// is, needs no look at what stands between: if it is JSON, the brace that ends it closes the one that begins it.
const head = '{"jsonrpc":"2.0","id":';
const tail = ',"jsonrpc":"2.0","id":';

/** False, and nothing told, for a line that is written in another way. */
function tellByEnds(line: Buffer, start: number, end: number, onMessage: (id: string | null, hasMethod: boolean) => void): boolean {
  let member = start + 1;
  let idStart = start + head.length;
  let idEnd = end - 1;
  if (isText(line, start, idStart, head)) {
    idEnd = endOfPlainId(line, idStart, end);
    if (line[idEnd] !== 0x2c) return false;
    member = idEnd + 1;
  } else {
    if (line[start] !== 0x7b || line[idEnd] !== 0x7d) return false;
    idStart = startOfLast(line, start, idEnd);
    if (!isText(line, idStart - tail.length, idStart, tail)) return false;
    if (endOfPlainId(line, idStart, end) !== idEnd) return false;
  }
  const hasMethod = isText(line, member, member + 9, '"method":');
  if (!hasMethod && !isText(line, member, member + 9, '"result":') && !isText(line, member, member + 8, '"error":')) return false;
  onMessage(line.toString("latin1", idStart, idEnd), hasMethod);
  return true;
}

/** Where the string or the digits begin that end at `end`. */
function startOfLast(line: Buffer, start: number, end: number): number {
  const least = Math.max(start, end - maxPlainId);
  let at = end - 1;
  if (line[at] === quote) {
    do at--;
    while (at > least && line[at] !== quote);
    return at;
  }
  while (at > least && line[at] !== 0x3a) at--;
  return at + 1;
}

// Nearly every key and id stands whole in its chunk and says what it says: those are not put together byte by byte.

/** The index of the quote that ends a string of printable ASCII without a backslash; 0 if it is another, or ends later than `end`. */
function endOfPlain(chunk: Buffer, from: number, end: number): number {
  for (let i = from; i < end; i++) {
    const byte = chunk[i] ?? 0;
    if (byte === quote) return i;
    if (byte < 0x20 || byte > 0x7e || byte === backslash) return 0;
  }
  return 0;
}

/** The index after an id that `idKey` would leave as it stands, if what follows it belongs to it no more; 0 otherwise. */
function endOfPlainId(chunk: Buffer, from: number, end: number): number {
  const after = chunk[from] === quote ? endOfPlain(chunk, from + 1, Math.min(end, from + maxPlainId)) + 1 : skipDigits(chunk, from);
  const whole = chunk[from] === quote ? after > 1 : isPlainNumber(chunk, from, after);
  const next = after < end ? chunk[after] : undefined;
  return whole && (next === 0x2c || next === 0x7d) ? after : 0;
}

/** So many digits that every program reads the same number, and no zero in front. */
function isPlainNumber(chunk: Buffer, from: number, to: number): boolean {
  const digits = to - from;
  return digits === 1 || (digits > 1 && digits <= maxPlainDigits && chunk[from] !== 0x30);
}

const maxPlainId = 256;
const maxPlainDigits = 15;

/** One text for every way of writing the same id, so that a request and its answer are matched: `"\u0061"` is `"a"`, `1.0` is `1`. */
function idKey(raw: string): string | null {
  if (/^(?:-?[1-9][0-9]{0,14}|0|"[^"\\]*")$/.test(raw)) return raw;
  try {
    const value: unknown = JSON.parse(raw);
    return typeof value === "string" || typeof value === "number" ? JSON.stringify(value) : null;
  } catch {
    return null;
  }
}

function keyText(captured: string): string {
  if (!captured.includes("\\")) return captured;
  try {
    return String(JSON.parse(`"${captured}"`));
  } catch {
    return captured;
  }
}
