import type { Snapshot, SliceName } from "../../shared/model/snapshot.ts";

/**
 * Slices of the snapshot with one revision: however often a slice is touched in a tick it is built and pushed once, and what changes with
 * every call at most twenty times a second.
 */
export interface Publisher {
  snapshot(): { revision: number; snapshot: Snapshot };
  /** Marks a slice as changed; it is rebuilt and pushed at the end of the tick, or a moment later. */
  touch(slice: SliceName): void;
  /** Whether anybody looks: what is only worth knowing while it is seen is gathered then. */
  watched(): boolean;
  subscribe(listener: (change: { revision: number; slices: Partial<Snapshot> }) => void): () => void;
  close(): void;
}
