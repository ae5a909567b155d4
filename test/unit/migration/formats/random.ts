// Random values from a seed: a failure comes back with the same seed.

export type Scalar = string | number | boolean;
export type Model = Scalar | readonly Model[] | { readonly [key: string]: Model };

export interface Random {
  /** A whole number below `limit`. */
  below(limit: number): number;
  chance(share: number): boolean;
  pick<T>(items: readonly T[]): T;
}

export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
  const below = (limit: number): number => Math.floor(next() * limit);
  return {
    below,
    chance: (share) => next() < share,
    pick: (items) => {
      const item = items[below(items.length)];
      if (item === undefined) throw new Error("nothing to pick from");
      return item;
    },
  };
}

const texts = [
  "npx",
  "-y",
  "@modelcontextprotocol/server-github",
  "ghp_FAKEFAKEFAKE0123456789",
  "",
  " leading",
  "trailing ",
  "yes",
  "1.0",
  "null",
  "a # b",
  "a: b",
  "quote \" and ' and \\",
  "emoji 🦊 ü",
  "{braces}, [brackets]",
  "// no comment /* here */",
  "line\nbreak",
  "tab\there",
  "${env:TOKEN}",
  "2026-11-20",
  "C:\\Users\\me",
  "*star",
  "&and",
  "!bang",
  "%percent",
  "- dash",
  "~",
  "0x1F",
  "12:30:45",
  "<<",
  "=",
  "postgres://u:p@h:5432/db?x=1#y",
];
const names = [
  "command",
  "args",
  "env",
  "GITHUB_TOKEN",
  "x",
  "y z",
  "a.b",
  "ключ",
  "on",
  "1",
  "type",
  "cwd",
  "url",
  "headers",
  'quote"s',
  "__proto__",
  "constructor",
  "long-name_with.dots",
  "é",
  "",
];

export function randomScalar(random: Random): Scalar {
  const kind = random.below(10);
  if (kind === 0) return random.below(1000) - 500;
  if (kind === 1) return random.chance(0.5);
  if (kind === 2) return random.below(1000) / 8 + 0.0625;
  return random.pick(texts);
}

export function randomModel(random: Random, depth: number): Model {
  const kind = depth <= 0 ? 0 : random.below(10);
  if (kind < 5) return randomScalar(random);
  if (kind < 7) return Array.from({ length: random.below(4) }, () => randomModel(random, random.chance(0.8) ? 0 : depth - 1));
  return randomMap(random, depth - 1, random.below(4));
}

export function randomMap(random: Random, depth: number, size: number): { readonly [key: string]: Model } {
  const entries = new Map<string, Model>();
  for (let index = 0; index < size; index += 1) entries.set(random.pick(names), randomModel(random, depth));
  return Object.fromEntries(entries);
}
