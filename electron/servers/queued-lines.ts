import { observed } from "../../shared/mcp/methods.ts";

/** A line that waits for its server to run. */
interface Queued {
  readonly line: Uint8Array;
  /** Its method; of a batch, null. */
  readonly method: string | null;
  /** Of the requests in it. */
  readonly ids: readonly string[];
}

/** What a client has sent while its server does not run, in order. */
export interface QueuedLines {
  /** Keeps a copy: a view would keep the whole chunk it was cut from. */
  add(line: Uint8Array, method: string | null, ids: readonly string[]): void;
  /** Takes back the one request with this id; false if it does not wait here. */
  takeBack(id: string): boolean;
  /** A new instance is told so with the repeated handshake: not a second time. */
  dropInitialized(): void;
  /** All of it, which waits no more. */
  takeAll(): readonly Uint8Array[];
  hasInitialize(): boolean;
  /** Ids of the requests that wait. */
  ids(): ReadonlySet<string>;
  isEmpty(): boolean;
  bytes(): number;
}

export function createQueuedLines(): QueuedLines {
  let queue: Queued[] = [];
  let bytes = 0;
  const keep = (kept: Queued[]): void => {
    queue = kept;
    bytes = kept.reduce((sum, { line }) => sum + line.length, 0);
  };
  return {
    add: (line, method, ids) => {
      queue.push({ line: Buffer.from(line), method, ids });
      bytes += line.length;
    },
    takeBack: (id) => {
      const found = queue.find((queued) => queued.method !== null && queued.ids[0] === id);
      if (found !== undefined) keep(queue.filter((queued) => queued !== found));
      return found !== undefined;
    },
    dropInitialized: () => keep(queue.filter(({ method }) => method !== observed.initialized)),
    takeAll: () => {
      const lines = queue.map(({ line }) => line);
      keep([]);
      return lines;
    },
    hasInitialize: () => queue.some(({ method }) => method === observed.initialize),
    ids: () => new Set(queue.flatMap(({ ids }) => ids)),
    isEmpty: () => queue.length === 0,
    bytes: () => bytes,
  };
}
