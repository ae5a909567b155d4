import { PerformanceObserver } from "node:perf_hooks";
import v8 from "node:v8";

/** Bytes of both its halves together. */
const grownBytes = 16 << 20;
/** What only a load of many calls at once leaves behind in a while: 48 MB in a second. */
const loadMs = 500;
const loadBytes = 24 << 20;
/** How often it is seen whether V8 has made it small again. */
const lookMs = 5_000;

/**
 * Lets the young generation of this process's heap grow to 16 MB, and only under a load of many calls at once. What a call leaves lives
 * some milliseconds, until its end is on record. With hundreds of them at once that does not fit into the 2 MB it starts with: each
 * collection copies it, and moves it to the old generation, whose collection then costs an eighth of the app's time. V8 by itself would let
 * it grow to 128 MB with any load; it makes it smaller again where little is allocated for a while.
 */
export function boundYoungHeap(): void {
  let growing = false;
  let since = 0;
  let allocated = 0;
  const observer = new PerformanceObserver((list) => {
    const now = performance.now();
    if (now - since > loadMs) {
      since = now;
      allocated = 0;
    }
    const size = youngBytes();
    // One half is full when it is collected.
    allocated += (list.getEntries().length * size) / 2;
    const may = allocated >= loadBytes && size < grownBytes;
    if (may !== growing) mayGrow(may);
    growing = may;
    if (size < grownBytes) return;
    // To be told of each collection costs as much as many calls.
    observer.disconnect();
    lookAgain();
  });
  const observe = (): void => observer.observe({ entryTypes: ["gc"] });
  const lookAgain = (): void => void setTimeout(() => (youngBytes() < grownBytes ? observe() : lookAgain()), lookMs).unref();
  mayGrow(false);
  observe();
}

function mayGrow(may: boolean): void {
  v8.setFlagsFromString(`--semi-space-growth-factor=${may ? "2" : "1"}`);
}

function youngBytes(): number {
  return v8.getHeapSpaceStatistics().find((space) => space.space_name === "new_space")?.space_size ?? grownBytes;
}
