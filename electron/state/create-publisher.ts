import type { SliceName, Snapshot } from "../../shared/model/snapshot.ts";
import type { Publisher } from "./publisher.ts";

/** How each slice is built from the owners of the truth. */
export type SliceSources = { readonly [S in SliceName]: () => Snapshot[S] };

/** Between two pushes of what changes with every call. A question, and how the app stands, never wait. */
const restMs = 50;
const urgent: ReadonlySet<SliceName> = new Set<SliceName>(["approvals", "app"]);

/** A publisher over these sources. Slices that nobody listens to are not built until someone asks for the snapshot. */
export function createPublisher(sources: SliceSources): Publisher {
  type Change = { revision: number; slices: Partial<Snapshot> };
  const listeners = new Set<(change: Change) => void>();
  const touched = new Set<SliceName>();
  let revision = 1;
  let scheduled: NodeJS.Immediate | undefined;
  let resting: NodeJS.Timeout | undefined;
  let flushedAt = -Infinity;

  const build = (names: Iterable<SliceName>): Partial<Snapshot> => Object.fromEntries([...names].map((name) => [name, sources[name]()]));
  const flush = (): void => {
    clearImmediate(scheduled);
    clearTimeout(resting);
    scheduled = undefined;
    resting = undefined;
    flushedAt = performance.now();
    const names = [...touched];
    touched.clear();
    revision += 1;
    if (listeners.size === 0) return;
    const change: Change = { revision, slices: build(names) };
    for (const listener of listeners) listener(change);
  };

  return {
    snapshot() {
      // What is touched but not yet pushed is in this snapshot already; the push that follows repeats it, which is harmless.
      return {
        revision,
        snapshot: {
          app: sources.app(),
          approvals: sources.approvals(),
          servers: sources.servers(),
          clients: sources.clients(),
          rules: sources.rules(),
          secrets: sources.secrets(),
          settings: sources.settings(),
        },
      };
    },
    touch(slice) {
      // Whoever listens later begins with the snapshot: nothing is owed to nobody.
      if (listeners.size === 0) {
        revision += 1;
        return;
      }
      touched.add(slice);
      const left = urgent.has(slice) ? 0 : flushedAt + restMs - performance.now();
      if (left <= 0) scheduled ??= setImmediate(flush);
      else resting ??= setTimeout(flush, left);
    },
    watched: () => listeners.size > 0,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close() {
      clearImmediate(scheduled);
      clearTimeout(resting);
      listeners.clear();
    },
  };
}
