import { backslash, isText, quote, skipDigits } from "../../shared/mcp/ascii.ts";
import { createCursor, skipValue } from "../../shared/mcp/json-bytes.ts";

/**
 * Finds, in a stream of newline-framed JSON-RPC, which messages carry an `id` and a `method`, without parsing or keeping them: a walk
 * over the top level only, long strings skipped by `indexOf`. The bridge runs it after it has passed the bytes on, so that every
 * request still open when the app dies can be answered. Garbage costs nothing but a line: each newline starts afresh.
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
        const found = chunk.indexOf(newline, start);
        const end = found === -1 ? chunk.length : found;
        if (end > start && (inLine || found === -1 || !passWhole(chunk.subarray(start, end), onMessage))) {
          inLine = true;
          walk(chunk, start, end);
        }
        if (found === -1) return;
        startLine();
        start = found + 1;
      }
    },
    midLine: () => inLine,
  };
}

/**
 * Most messages stand whole in their chunk, one object of plain keys: those are told without remembering where the walk stands. False, and
 * nothing told, for any other line.
 */
function passWhole(line: Buffer, onMessage: (id: string | null, hasMethod: boolean) => void): boolean {
  if (line[0] !== 0x7b) return false;
  const cursor = createCursor();
  const end = line.length;
  let idStart = 0;
  let idEnd = 0;
  let hasMethod = false;
  for (let i = 1; ;) {
    const keyEnd = line[i] === quote ? endOfPlain(line, i + 1, Math.min(end, i + 1 + maxKey)) : 0;
    if (keyEnd === 0 || line[keyEnd + 1] !== 0x3a) return false;
    const value = keyEnd + 2;
    if (isText(line, i + 1, keyEnd, "id")) {
      idStart = value;
      idEnd = endOfPlainId(line, value, end);
      i = idEnd;
    } else {
      if (isText(line, i + 1, keyEnd, "method")) hasMethod = true;
      i = skipValue(line, value, cursor);
    }
    if (i <= 0) return false;
    if (line[i] === 0x2c) i++;
    else if (line[i] === 0x7d && i + 1 === end) break;
    else return false;
  }
  onMessage(idEnd === 0 ? null : line.toString("latin1", idStart, idEnd), hasMethod);
  return true;
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
