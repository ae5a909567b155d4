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
const quote = 0x22;
const backslash = 0x5c;
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
          inString = true;
          if (level && phase === "key") {
            capturing = "key";
            captured = "";
          } else if (capturing === "id") captured += '"';
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
        if (end > start) {
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
