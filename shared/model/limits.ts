/** What the limits of a server may be, and what they are where nothing is said. No imports: for pages and command lines that load no schema. */
export const limitBounds = {
  /** MiB. */
  memoryMb: { least: 16, most: 1_048_576, usual: 2048 },
  processes: { least: 8, most: 65_536, usual: 512 },
  openFiles: { least: 32, most: 1_048_576, usual: 4096 },
} as const;

export type LimitName = keyof typeof limitBounds;

export const limitNames = ["memoryMb", "processes", "openFiles"] as const satisfies readonly LimitName[];

/** Of all keys of `limits` only those that the sandbox knows, in one order: an unknown key changes nothing that runs. */
export function knownLimits(limits: { readonly [K in LimitName]?: number | undefined } | undefined): Record<string, number> {
  const known: Record<string, number> = {};
  for (const name of limitNames) {
    const value = limits?.[name];
    if (value !== undefined) known[name] = value;
  }
  return known;
}

/** A whole number within the bounds of a limit; null where the text is none. */
export function limitFrom(name: LimitName, text: string): number | null {
  const { least, most } = limitBounds[name];
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  return value >= least && value <= most ? value : null;
}
