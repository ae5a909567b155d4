// Spans of bytes as ASCII: what both readers of JSON-RPC bytes and the bridge ask of them.

export const quote = 0x22;
export const backslash = 0x5c;

/** ASCII text of a span. */
export function ascii(bytes: Uint8Array, from: number, to: number): string {
  let text = "";
  for (let i = from; i < to; i++) text += String.fromCharCode(bytes[i] ?? 0);
  return text;
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
