/** Work that pauses every few milliseconds. */
export type InPieces<T> = Generator<void, T, void>;

/** Milliseconds after which others get their turn. */
const turnMs = 4;

/** Says when a turn is over; `begin` after each pause. */
export function createTurn(): { over(): boolean; begin(): void } {
  let since = performance.now();
  return {
    over: () => performance.now() - since > turnMs,
    begin: () => (since = performance.now()),
  };
}

/** The work without its pauses. */
export function atOnce<T>(work: InPieces<T>): T {
  for (;;) {
    const step = work.next();
    if (step.done === true) return step.value;
  }
}

/** The work a turn at a time, with the event loop free in between; null where it was stopped. */
export async function inTurns<T>(work: InPieces<T>, stopped: () => boolean): Promise<T | null> {
  while (!stopped()) {
    const step = work.next();
    if (step.done === true) return step.value;
    await new Promise((resolve) => setImmediate(resolve));
  }
  work.return(undefined as never);
  return null;
}
