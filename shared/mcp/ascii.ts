// Spans of bytes as ASCII: what both readers of JSON-RPC bytes and the bridge ask of them.

export const quote = 0x22;
export const backslash = 0x5c;

/**
 * ASCII text of a span of at most a few thousand bytes. Made in one piece: what is added up letter by letter stays a chain of its parts, 32
 * bytes for each, as long as somebody keeps it.
 */
export function ascii(bytes: Uint8Array, from: number, to: number): string {
  const codes: number[] = [];
  for (let i = from; i < to; i++) codes.push(bytes[i] ?? 0);
  return String.fromCharCode(...codes);
}

/** Whether a span holds only printable ASCII and no backslash: what it says is then the same for every parser. */
export function isPlain(bytes: Uint8Array, from: number, to: number): boolean {
  for (let i = from; i < to; i++) {
    const byte = bytes[i] ?? 0;
    if (byte < 0x20 || byte > 0x7e || byte === backslash) return false;
  }
  return true;
}

/** Whether a span is this ASCII text. */
export function isText(bytes: Uint8Array, from: number, to: number, text: string): boolean {
  if (to - from !== text.length) return false;
  for (let i = 0; i < text.length; i++) if (bytes[from + i] !== text.charCodeAt(i)) return false;
  return true;
}

/** The next index that is no digit. */
export function skipDigits(bytes: Uint8Array, from: number): number {
  let at = from;
  while (((bytes[at] ?? 0) - 0x30) >>> 0 <= 9) at++;
  return at;
}
