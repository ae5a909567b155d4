// The lexical ground under both readers of JSON-RPC bytes (envelope.ts and strict-json.ts): what may stand outside a string,
// and where a string ends. Carriage return is no white space here on purpose: servers that read lines with universal newlines
// would take what follows it for a message of its own.

export const quote = 0x22;
export const backslash = 0x5c;

/** What a byte outside of strings is. 0: nothing that JSON knows. */
export const byteClass = {
  illegal: 0,
  filler: 1,
  quote: 2,
  openObject: 3,
  openArray: 4,
  closeObject: 5,
  closeArray: 6,
  colon: 7,
  number: 8,
} as const;

export const classOf: Readonly<Uint8Array> = classes();

function classes(): Uint8Array {
  const table = new Uint8Array(256);
  const set = (characters: string, kind: number): void => {
    for (const character of characters) table[character.charCodeAt(0)] = kind;
  };
  set(" \t,truefalsn", byteClass.filler);
  set("-0123456789", byteClass.number);
  set("+.E", byteClass.filler);
  set('"', byteClass.quote);
  set("{", byteClass.openObject);
  set("[", byteClass.openArray);
  set("}", byteClass.closeObject);
  set("]", byteClass.closeArray);
  set(":", byteClass.colon);
  return table;
}

/** Remembers the next backslash, so that many long strings do not each search the whole rest for it. */
export interface StringCursor {
  nextBackslash: number;
}

const nearby = 64;

/**
 * The index after the closing quote of the string whose first character is at `at`, or -1 if it does not end. Short strings are
 * walked, long ones searched natively; linear in the size of the message whatever it holds.
 */
export function skipString(bytes: Uint8Array, at: number, cursor: StringCursor): number {
  const end = bytes.length;
  let i = at;
  let nextQuote = -1;
  for (;;) {
    const stop = Math.min(end, i + nearby);
    for (; i < stop; i++) {
      const byte = bytes[i];
      if (byte === quote) return i + 1;
      if (byte === backslash) i++;
    }
    if (i >= end) return -1;
    if (nextQuote < i) nextQuote = bytes.indexOf(quote, i);
    if (nextQuote < 0) return -1;
    if (cursor.nextBackslash < i) {
      const found = bytes.indexOf(backslash, i);
      cursor.nextBackslash = found < 0 ? end : found;
    }
    if (cursor.nextBackslash > nextQuote) return nextQuote + 1;
    i = cursor.nextBackslash;
  }
}

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
