import { describe, expect, it } from "vitest";
import { detectSecrets, type EntryText } from "../../../../electron/migration/detect/detect.ts";

// Nobody's config may stop the app: values of a megabyte, made to be slow for a careless reader, are judged in a bounded time. Measured is
// this thread's own processor time, since a busy machine says nothing about us; the first runs pay for compiling, so the best of five counts.

const millisecondsOf = (work: () => void): number => {
  const before = process.threadCpuUsage();
  work();
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / 1000;
};

const size = 1_000_000;
const fill = (piece: string): string => piece.repeat(Math.ceil(size / piece.length)).slice(0, size);

const pieces = [
  "a", "A1b2", "=", ";", "a=;", "a=b;", ",", "${", "${a", "}", "${a:-", "$(", "{", "[", '{"a":', '"', '\\"', '{"a":"b"},', "\\", "://", "a://b", "http://a:b", "http://a/", "http://,", "@", ":",
  "a@", "a@b.", "/", "?a=b&", "#", " ", " a=b", "\n", "-", "--a=", "-----BEGIN ", "-----BEGIN PRIVATE KEY-----", "eyJ", "eyJ.", "sk-", "ghp_", "x", "*", ".", "…", "<", "<a", "é", "😀", "\u0000", "'", "a='", "`",
  "%", "Bearer ", "Bearer a ", "key: ", "op://", "word ", "Aa1", "0", "${a}", "$a",
]; // prettier-ignore

const entry: EntryText = {
  server: "slow",
  command: "sh",
  args: [],
  env: {},
  url: null,
  headers: {},
  placeholders: [/\$\{env:[^{}]*\}/, /\$[A-Za-z_]\w*/],
};
const places: Readonly<Record<string, (text: string) => EntryText>> = {
  env: (text) => ({ ...entry, env: { API_TOKEN: text } }),
  "env without a name": (text) => ({ ...entry, env: { X: text } }),
  arg: (text) => ({ ...entry, args: [text] }),
  "shell line": (text) => ({ ...entry, args: ["-c", text] }),
  flag: (text) => ({ ...entry, args: [`--${text}`] }),
  header: (text) => ({ ...entry, headers: { Authorization: text } }),
  url: (text) => ({ ...entry, url: `https://h/${text}` }),
  name: (text) => ({ ...entry, env: { [text]: "v" } }),
};

describe("a megabyte of anything", () => {
  it.each(Object.keys(places))("in %s takes less than 150 ms", (place) => {
    const make = places[place];
    if (make === undefined) throw new Error(place);
    const slow: string[] = [];
    for (const piece of pieces) {
      const text = make(fill(piece));
      let best = Number.POSITIVE_INFINITY;
      for (let run = 0; run < 5 && best >= 150; run++) {
        best = Math.min(
          best,
          millisecondsOf(() => detectSecrets(text)),
        );
      }
      if (best >= 150) slow.push(`${JSON.stringify(piece)}: ${Math.round(best)} ms`);
    }
    expect(slow).toEqual([]);
  });

  it("a hundred thousand arguments and variables take a few seconds at most", () => {
    const many = Array.from({ length: 100_000 }, (_, i) => `--token-${i}=value${i}`);
    const env = Object.fromEntries(many.map((text, i) => [`TOKEN_${i}`, text]));
    expect(millisecondsOf(() => detectSecrets({ ...entry, args: many, env }))).toBeLessThan(5000);
  });
});
