/**
 * The main process's own say in threats 19 and 20: an Allow counts only when nothing about the approval window has changed for half a
 * second. The page keeps the same time for its buttons; this holds also when the page is wrong, slow or not ours any more.
 */
export interface Arming {
  /** The window appeared, moved, changed its size, got or lost the keyboard, or shows another question. */
  disturb(): void;
  armed(): boolean;
}

export const armingMs = 500;

/** @param now milliseconds of a clock that never goes back */
export function createArming(now: () => number): Arming {
  let since = now();
  return {
    disturb() {
      since = now();
    },
    armed: () => now() - since >= armingMs,
  };
}
