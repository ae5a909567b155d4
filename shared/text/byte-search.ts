// Many patterns at once over bytes, on the path of every call. As in Wu and Manber's search a window of the shortest pattern's length
// lets most bytes go unread; but instead of letting each look decide how far to step, the text is sampled at a fixed stride: three
// bytes at a time, looked up among all the three-byte blocks that an occurrence could have at a sample. The looks do not wait for each
// other, which is as fast with long patterns and nearly twice as fast with short ones. Patterns are searched in groups of similar length,
// so that one short one does not make every stride short.

/** One place where a pattern stands: `end` is exclusive. Hits that overlap and need no look of their own come as one. */
export interface Hit {
  readonly start: number;
  readonly end: number;
  /** The pattern; for joined hits the first of them. */
  readonly pattern: number;
}

export interface ByteSearch {
  /** Length of the longest pattern; 0 if there is none. */
  readonly longest: number;
  /** In order of their start. Every pattern is found everywhere, also inside another. */
  find(data: Uint8Array): readonly Hit[];
  /** Where the earliest tail begins that could grow into a pattern; the data's length if none could. */
  unfinished(data: Uint8Array): number;
}

const block = 3;
/** Longer windows make longer strides but fill the table: the longer one where it stays sparse. Patterns are compared in full anyway. */
const longestWindow = 32;
const shorterWindow = 16;
/** About eight places for each block, and small enough for the processor's first cache where that can be. */
const placesPerBlock = 8;
const smallestTable = 1 << 12;
const largestTable = 1 << 18;
const groupStarts = [16, 8, 4];

/**
 * @param patterns each at least 4 bytes long
 * @param joinable whether overlapping hits of this pattern may be joined with those of other joinable patterns; hits of any other
 *   pattern are joined with its own only
 */
export function createByteSearch(patterns: readonly Uint8Array[], joinable: (pattern: number) => boolean): ByteSearch {
  const classes = patterns.map((_, index) => (joinable(index) ? -1 : index));
  const groups: Group[] = [];
  let rest = patterns.map((_, index) => index);
  for (const start of groupStarts) {
    const members = rest.filter((index) => lengthOf(patterns[index]) >= start);
    rest = rest.filter((index) => lengthOf(patterns[index]) < start);
    if (members.length > 0) groups.push(createGroup(patterns, members));
  }
  const byFirstByte = new Map<number, Uint8Array[]>();
  for (const pattern of patterns) {
    const first = pattern[0] ?? 0;
    const list = byFirstByte.get(first);
    if (list === undefined) byFirstByte.set(first, [pattern]);
    else list.push(pattern);
  }
  const longest = patterns.reduce((length, pattern) => Math.max(length, pattern.length), 0);

  return {
    longest,
    find(data) {
      const hits: Hit[] = [];
      for (const group of groups) scan(group, patterns, classes, data, hits);
      return hits.length > 1 ? hits.sort((a, b) => a.start - b.start) : hits;
    },
    unfinished(data) {
      for (let start = Math.max(0, data.length - longest + 1); start < data.length; start++) {
        const left = data.length - start;
        for (const pattern of byFirstByte.get(data[start] ?? 0) ?? []) {
          if (pattern.length > left && equalAt(data, start, pattern, left)) return start;
        }
      }
      return data.length;
    },
  };
}

interface Group {
  /** Distance of the samples. */
  readonly stride: number;
  /** Table size - 1. */
  readonly mask: number;
  /** By hash of a block: whether any pattern has it near its start. */
  readonly filter: Uint8Array;
  /** By hash: 1 + index of the first entry, or 0; then `next` likewise. An entry is a pattern and the block's place in it. */
  readonly heads: Int32Array;
  readonly next: Int32Array;
  readonly entryPattern: Int32Array;
  readonly entryOffset: Uint8Array;
}

function createGroup(patterns: readonly Uint8Array[], members: readonly number[]): Group {
  const longest = members.length * longestWindow * placesPerBlock <= largestTable ? longestWindow : shorterWindow;
  const shortest = members.reduce((length, index) => Math.min(length, lengthOf(patterns[index])), longest);
  const stride = shortest - block + 1;
  const entries = members.length * stride;
  let tableSize = smallestTable;
  while (tableSize < largestTable && tableSize < entries * placesPerBlock) tableSize *= 2;
  const mask = tableSize - 1;
  const filter = new Uint8Array(tableSize);
  const heads = new Int32Array(tableSize);
  const next = new Int32Array(entries);
  const entryPattern = new Int32Array(entries);
  const entryOffset = new Uint8Array(entries);
  let entry = 0;
  for (const index of members) {
    const pattern = patterns[index] ?? new Uint8Array();
    for (let offset = 0; offset < stride; offset++) {
      const hash = hashAt(pattern, offset) & mask;
      filter[hash] = 1;
      entryPattern[entry] = index;
      entryOffset[entry] = offset;
      next[entry] = heads[hash] ?? 0;
      heads[hash] = ++entry;
    }
  }
  return { stride, mask, filter, heads, next, entryPattern, entryOffset };
}

function scan(group: Group, patterns: readonly Uint8Array[], classes: readonly number[], data: Uint8Array, hits: Hit[]): void {
  const { stride, mask, filter, heads, next, entryPattern, entryOffset } = group;
  const end = data.length - block;
  for (let at = 0; at <= end; at += stride) {
    const hash = hashAt(data, at) & mask;
    if (filter[hash] === 0) continue;
    for (let entry = heads[hash] as number; entry !== 0; entry = next[entry - 1] as number) {
      const index = entryPattern[entry - 1] as number;
      const pattern = patterns[index] as Uint8Array;
      const start = at - (entryOffset[entry - 1] as number);
      if (start < 0 || start + pattern.length > data.length || !equalAt(data, start, pattern, pattern.length)) continue;
      const hit = { start, end: start + pattern.length, pattern: index };
      const last = hits.at(-1);
      if (last !== undefined && classes[last.pattern] === classes[index] && hit.start <= last.end && hit.end >= last.start) {
        hits[hits.length - 1] = { start: Math.min(last.start, hit.start), end: Math.max(last.end, hit.end), pattern: last.pattern };
      } else {
        hits.push(hit);
      }
    }
  }
}

function hashAt(data: Uint8Array, at: number): number {
  return ((data[at] as number) << 10) ^ ((data[at + 1] as number) << 5) ^ (data[at + 2] as number);
}

function equalAt(data: Uint8Array, start: number, pattern: Uint8Array, length: number): boolean {
  for (let at = 0; at < length; at++) if (data[start + at] !== pattern[at]) return false;
  return true;
}

function lengthOf(pattern: Uint8Array | undefined): number {
  return pattern?.length ?? 0;
}
