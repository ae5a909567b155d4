/** How long to wait before a crashed server is started again. */
export interface Backoff {
  /**
   * @param livedMs how long the instance had lived; one that lived 10 s starts the count anew
   * @returns the pause in milliseconds; `giveUp` after five crashes in a row: not before somebody asks for it, and not before that pause
   */
  crashed(livedMs: number): { readonly ms: number; readonly giveUp: boolean };
}

const stableMs = 10_000;
const longestMs = 30_000;
const mostCrashes = 5;

/** Doubles from `firstMs` up to 30 s; jitter takes up to half of it off, so that many servers do not start at once. */
export function createBackoff({ random, firstMs }: { readonly random: () => number; readonly firstMs: number }): Backoff {
  let crashes = 0;
  return {
    crashed: (livedMs) => {
      if (livedMs >= stableMs) crashes = 0;
      crashes++;
      const giveUp = crashes > mostCrashes;
      const full = giveUp ? longestMs : Math.min(longestMs, firstMs * 2 ** (crashes - 1));
      return { ms: Math.round(full * (1 - random() / 2)), giveUp };
    },
  };
}
