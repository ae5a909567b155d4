import { PerformanceObserver } from "node:perf_hooks";
import v8 from "node:v8";

/** Bytes of both its halves together. */
const grownBytes = 8 << 20;
/** Collections within a second that only a load of many calls at once makes. */
const collectionsUnderLoad = 64;
/** What lives for a while so that V8 grows it: 0.2 MB in each round, the last four of them alive. */
const mostRounds = 100;
const roundsAlive = 4;

/**
 * Keeps the young generation of this process's heap as small as it starts (2 MB), until there is a load of many calls at once: then it grows to
 * 8 MB, once. V8 would let it grow to 128 MB, and never takes that back. What a call leaves lives some milliseconds, until its end is
 * on record. With hundreds of them at once that does not fit into 2 MB and moves to the old generation, whose collection then costs an eighth
 * of the app's time, and memory: less than 8 MB.
 */
export function boundYoungHeap(): void {
  mayGrow(false);
  let since = 0;
  let collections = 0;
  const observer = new PerformanceObserver((list) => {
    const now = performance.now();
    if (now - since > 1_000) {
      since = now;
      collections = 0;
    }
    collections += list.getEntries().length;
    if (collections < collectionsUnderLoad) return;
    observer.disconnect();
    grow();
  });
  observer.observe({ entryTypes: ["gc"] });
}

/** V8 grows it in a collection that enough has lived through, so that is made: 3 to 5 ms. */
function grow(): void {
  mayGrow(true);
  const alive: object[] = [];
  for (let round = 0; round < mostRounds && youngBytes() < grownBytes; round += 1) {
    alive[round % roundsAlive] = Array.from({ length: 400 }, () => Array.from({ length: 64 }, () => round));
  }
  mayGrow(false);
}

function mayGrow(may: boolean): void {
  v8.setFlagsFromString(`--semi-space-growth-factor=${may ? "2" : "1"}`);
}

function youngBytes(): number {
  return v8.getHeapSpaceStatistics().find((space) => space.space_name === "new_space")?.space_size ?? grownBytes;
}
