import { PerformanceObserver } from "node:perf_hooks";
import v8 from "node:v8";

/** Bytes of both semi-spaces together, once they have grown. */
const enough = 8 << 20;
/** So many collections within so many milliseconds are a load: the starts of twenty servers at once take three. */
const load = { collections: 10, withinMs: 1_000 };

/**
 * Keeps the young half of the heap as small as it starts (1 MB): under load V8 would let it grow to 128 MB, and never takes that back.
 * The result lets it grow once, to 8 MB, under a load and when what survives its collections asks for that: what a call leaves lives some
 * milliseconds, until its end is on record, and in 1 MB of room much of it would be taken for what stays and fill the old half instead.
 */
export function keepYoungHeapSmall(): () => void {
  setGrowth(1);
  return () => {
    let recent: number[] = [];
    // Told after collections only: an idle app is not woken for it.
    const observer = new PerformanceObserver((list) => {
      recent = [...recent, ...list.getEntries().map(({ startTime }) => startTime)].slice(-load.collections);
      const young = v8.getHeapSpaceStatistics().find((space) => space.space_name === "new_space");
      if (young === undefined || young.space_size >= enough) {
        observer.disconnect();
        setGrowth(1);
      } else if (recent.length === load.collections && (recent.at(-1) ?? 0) - (recent[0] ?? 0) < load.withinMs) setGrowth(4);
    });
    observer.observe({ entryTypes: ["gc"] });
  };
}

function setGrowth(factor: number): void {
  v8.setFlagsFromString(`--semi-space-growth-factor=${factor}`);
}
