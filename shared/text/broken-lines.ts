// Base64 that a program has broken into lines (`env | base64`): a secret that stands across a line end is in no pattern. Where a line of
// base64 characters is so long that it may have been broken, it is joined with those that follow, whether the line ends are bytes or
// were escaped for JSON, and what is found there is told in places of the text as it came. Of an ordinary text, which has no such
// lines, about every tenth byte is looked at.

/** A line of base64 and those that follow it: line ends left out, `+` and `/` as they were before they were escaped. */
export interface JoinedLines {
  readonly text: Uint8Array;
  /** Where [start, end) of the joined text stands in the data, with the line ends and escapes in between. */
  place(start: number, end: number): { readonly start: number; readonly end: number };
}

/** Programs break lines after 60 (xxd), 64, 72 or 76 characters. */
const shortestLine = 60;
/** Of a longer line its end is enough: nothing that is looked for is longer. */
const longestLine = 1024;
/** From here on the runtime's own search costs less than a look at the text. */
const longData = 512;
/** Before an escaped character: 8 when JSON is in JSON in JSON in JSON. */
const mostBackslashes = 8;

const lineFeed = 0x0a;
const carriageReturn = 0x0d;
const backslash = 0x5c;

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_";
/** What a line consists of: 1 for a character of base64 or base64url, 2 for what may begin an escaped one. */
const kinds = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte === backslash ? 2 : alphabet.includes(String.fromCharCode(byte)) ? 1 : 0,
);

/** False when there is certainly nothing to join: a quick look that is all most long messages need. */
export function mayHaveLineEnds(data: Uint8Array): boolean {
  if (data.length < longData) return data.length > shortestLine;
  const feed = data.indexOf(lineFeed);
  return (feed >= 0 && feed < data.length - 1) || data.includes(backslash);
}

/** In order of their places; none in most texts. The time is in proportion to the data's length, whatever it holds. */
export function joinBrokenLines(data: Uint8Array): readonly JoinedLines[] {
  const joined: JoinedLines[] = [];
  let slash = -1;
  let feed = -1;
  let looked = 0;
  // As many bytes as a line has are looked at from their last one back: one that is no part of a line lets all before it go unread.
  for (let last = shortestLine - 1; last < data.length;) {
    const first = last - shortestLine + 1;
    const unread = Math.max(first, looked);
    let at = last;
    while (at >= unread && kinds[data[at] as number] !== 0) at--;
    if (at >= unread) {
      last = at + shortestLine;
      continue;
    }
    looked = last + 1;
    if (slash < first) slash = next(data, backslash, first);
    if (feed < first) feed = next(data, lineFeed, first);
    // The line end that ends a message joins nothing.
    if (slash === data.length && feed >= data.length - 1) break;
    const start = Math.max(first, Math.min(slash, feed) - longestLine);
    const { end, lines } = readLines(data, start);
    if (lines > 1) joined.push(join(data, start, end));
    last = end + shortestLine;
  }
  return joined;
}

/** The data's length if there is none. A call of the runtime's search for each of many that stand close together would cost too much. */
function next(data: Uint8Array, byte: number, from: number): number {
  for (let near = from; near < from + 4; near++) if (data[near] === byte) return near;
  const at = data.indexOf(byte, from);
  return at < 0 ? data.length : at;
}

/** How many lines belong together here, each but the last a long one, and where the last one ends. */
function readLines(data: Uint8Array, start: number): { readonly end: number; readonly lines: number } {
  let at = start;
  for (let lines = 1; ; lines++) {
    let length = 0;
    for (let step = -1; step !== 0; at += step) {
      const end = plainEnd(data, at);
      length += end - at;
      at = end;
      step = escapeLength(data, at);
      if (step > 0) length++;
    }
    const gap = length < shortestLine ? 0 : lineEndLength(data, at);
    if (gap === 0 || (kinds[data[at + gap] ?? 0] !== 1 && escapeLength(data, at + gap) === 0)) return { end: at, lines };
    at += gap;
  }
}

function join(data: Uint8Array, start: number, end: number): JoinedLines {
  const text = new Uint8Array(end - start);
  // Where in the text a stretch begins that stands in the data as it is, and where it stands there.
  const textStarts: number[] = [];
  const dataStarts: number[] = [];
  let length = 0;
  for (let at = start; at < end;) {
    const plain = plainEnd(data, at);
    const step = plain > at ? 0 : escapeLength(data, at);
    if (plain > at || step > 0) {
      textStarts.push(length);
      dataStarts.push(at);
    }
    if (plain > at) {
      text.set(data.subarray(at, plain), length);
      length += plain - at;
      at = plain;
    } else if (step > 0) {
      text[length++] = escapedCharacter(data[at + step - 1]);
      at += step;
    } else {
      at += lineEndLength(data, at);
    }
  }
  const placeOf = (index: number): number => {
    let low = 0;
    for (let high = textStarts.length; high - low > 1;) {
      const middle = (low + high) >> 1;
      if ((textStarts[middle] as number) <= index) low = middle;
      else high = middle;
    }
    return (dataStarts[low] as number) + index - (textStarts[low] as number);
  };
  return {
    text: text.subarray(0, length),
    place(from, to) {
      const last = placeOf(to - 1);
      return { start: placeOf(from), end: last + Math.max(1, escapeLength(data, last)) };
    },
  };
}

/** Where the characters of base64 that begin at `at` and are not escaped end. */
function plainEnd(data: Uint8Array, at: number): number {
  let end = at;
  while (end < data.length && kinds[data[end] as number] === 1) end++;
  return end;
}

/** Of an escaped character of base64 at `at` (`\/`, `\u002B`, `\u002f`); 0 if there is none. */
function escapeLength(data: Uint8Array, at: number): number {
  const slashes = backslashes(data, at);
  if (slashes === 0) return 0;
  const escape = at + slashes;
  if (data[escape] === 0x2f) return escape + 1 - at;
  const isUnicode = data[escape] === 0x75 && data[escape + 1] === 0x30 && data[escape + 2] === 0x30 && data[escape + 3] === 0x32;
  return isUnicode && escapedCharacter(data[escape + 4]) !== 0 ? escape + 5 - at : 0;
}

/** By the last byte of its escape; 0 if it is none of base64's. */
function escapedCharacter(last: number | undefined): number {
  if (last === 0x42 || last === 0x62) return 0x2b;
  return last === 0x2f || last === 0x46 || last === 0x66 ? 0x2f : 0;
}

/** Of LF or CR LF at `at`, escaped or not, with the spaces that indent the next line; 0 if there is none. */
function lineEndLength(data: Uint8Array, at: number): number {
  const slashes = backslashes(data, at);
  let end = at;
  if (slashes > 0) {
    end += slashes;
    if (data[end] === 0x72) end += 1 + backslashes(data, end + 1);
    if (data[end] !== 0x6e) return 0;
  } else {
    if (data[end] === carriageReturn) end++;
    if (data[end] !== lineFeed) return 0;
  }
  end++;
  while (data[end] === 0x20) end++;
  return end - at;
}

function backslashes(data: Uint8Array, at: number): number {
  let count = 0;
  while (count < mostBackslashes && at + count < data.length && data[at + count] === backslash) count++;
  return count;
}
