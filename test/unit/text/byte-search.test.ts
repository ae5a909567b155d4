import { describe, expect, test } from "vitest";
import { createByteSearch } from "../../../shared/text/byte-search.ts";
import { createRandom } from "../../fixtures/journal/parts.ts";

const bytes = (text: string): Uint8Array => Buffer.from(text, "latin1");

/** Of two letters, so that a text is full of patterns and of their beginnings. */
function randomText(random: () => number, length: number): string {
  return Array.from({ length }, () => (random() < 0.5 ? "a" : "b")).join("");
}

function randomPatterns(random: () => number): readonly string[] {
  return Array.from({ length: 1 + Math.floor(random() * 8) }, () => randomText(random, 4 + Math.floor(random() * 16)));
}

describe("find", () => {
  test("patterns that want a look of their own are found wherever they stand, and never under another's name", () => {
    const random = createRandom(1);
    for (let round = 0; round < 200; round += 1) {
      const patterns = [...new Set(randomPatterns(random))];
      const text = randomText(random, 60);
      const found = createByteSearch(patterns.map(bytes), () => false).find(bytes(text));
      patterns.forEach((pattern, index) => {
        const covered = (at: number): boolean =>
          found.some((hit) => hit.pattern === index && hit.start <= at && hit.end >= at + pattern.length);
        for (let at = text.indexOf(pattern); at >= 0; at = text.indexOf(pattern, at + 1)) {
          expect([patterns, text, pattern, at, covered(at)]).toEqual([patterns, text, pattern, at, true]);
        }
      });
      for (const { start, end, pattern } of found) {
        const name = patterns[pattern] ?? "";
        expect([name, text.slice(start, start + name.length), text.slice(end - name.length, end)]).toEqual([name, name, name]);
      }
    }
  });

  test("hits that overlap come as one only where both may be joined", () => {
    const patterns = ["abcdef", "defghi", "hijklm"].map(bytes);
    const hits = (joinable: (pattern: number) => boolean): unknown =>
      createByteSearch(patterns, joinable)
        .find(bytes("..abcdefghijklm.."))
        .map(({ start, end, pattern }) => [start, end, pattern]);
    expect(hits(() => true)).toEqual([[2, 15, 0]]);
    expect(hits((pattern) => pattern !== 1)).toEqual([
      [2, 8, 0],
      [5, 11, 1],
      [9, 15, 2],
    ]);
  });
});

describe("unfinished", () => {
  test("is where the earliest beginning of any pattern stands at the end", () => {
    const random = createRandom(2);
    for (let round = 0; round < 500; round += 1) {
      const patterns = randomPatterns(random);
      const text = randomText(random, 1 + Math.floor(random() * 40));
      const starts = Array.from(text, (_letter, at) => at);
      const isBeginning = (at: number): boolean =>
        patterns.some((pattern) => pattern.length > text.length - at && pattern.startsWith(text.slice(at)));
      const search = createByteSearch(patterns.map(bytes), () => true);
      expect([patterns, text, search.unfinished(bytes(text))]).toEqual([patterns, text, starts.find(isBeginning) ?? text.length]);
    }
  });

  test("holds back all of the longest pattern but its last byte, and nothing of a whole one", () => {
    const search = createByteSearch([bytes("secret-of-mine"), bytes("second")], () => true);
    expect(search.unfinished(bytes("..secret-of-min"))).toBe(2);
    expect(search.unfinished(bytes("..secon"))).toBe(2);
    expect(search.unfinished(bytes("..secret-of-mine"))).toBe(16);
    expect(search.unfinished(bytes("....."))).toBe(5);
  });
});
