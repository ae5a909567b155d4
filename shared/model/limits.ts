/** What the limits of a server may be, and what they are where nothing is said. No imports: for pages and command lines that load no schema. */
export const limitBounds = {
  /** MiB. */
  memoryMb: { least: 16, most: 1_048_576, usual: 2048 },
  processes: { least: 8, most: 65_536, usual: 512 },
  openFiles: { least: 32, most: 1_048_576, usual: 4096 },
} as const;

export type LimitName = keyof typeof limitBounds;
