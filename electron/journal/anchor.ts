// The anchor: number and hash of a recent record, kept outside the journal's file (threat 33). Without it, whoever can write the file could
// cut its end off, put an older copy back, or compute a whole new chain. It lags behind by at most `everyMs` or `everyRecords`; what is
// cut off within that span is the part it cannot show.
import { z } from "zod";
import type { ChainHead } from "./chain.ts";
import type { AnchorStore } from "./journal.ts";

export interface Anchor extends ChainHead {
  /** When it was taken (ms). */
  readonly at: number;
}

const anchorSchema = z.object({
  seq: z.number().int().min(1),
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  at: z.number(),
});

export type AnchorReading =
  | { readonly kind: "anchor"; readonly anchor: Anchor }
  | { readonly kind: "none" }
  /** The store could not be asked: what it holds is not known. */
  | { readonly kind: "unknown"; readonly error: unknown }
  | { readonly kind: "malformed" };

const everyMs = 30_000;
const everyRecords = 500;
const leastMs = 1_000;

/** Asks the store, at most for `deadlineMs`. Never rejects. */
export async function readAnchor(store: AnchorStore, deadlineMs: number): Promise<AnchorReading> {
  let text: string | null;
  try {
    text = await withDeadline(store.read(), deadlineMs);
  } catch (error) {
    return { kind: "unknown", error };
  }
  if (text === null) return { kind: "none" };
  try {
    return { kind: "anchor", anchor: anchorSchema.parse(JSON.parse(text)) };
  } catch {
    return { kind: "malformed" };
  }
}

/** Stores an anchor, at most for `deadlineMs`. @throws what the store rejects with */
export async function writeAnchor(store: AnchorStore, anchor: Anchor, deadlineMs: number): Promise<void> {
  await withDeadline(store.write(JSON.stringify({ seq: anchor.seq, hash: anchor.hash, at: anchor.at })), deadlineMs);
}

/**
 * Why a journal does not agree with its anchor, or null. `hashAt` gives the hash of a record; it is asked for the anchored one only.
 * `seq` is the first record that is known to be wrong.
 */
export function disagreement(
  reading: AnchorReading,
  head: number,
  hashAt: (seq: number) => string | null,
  kind: string,
): { readonly seq: number; readonly reason: string } | null {
  if (reading.kind === "malformed") return { seq: 0, reason: `the anchor in the ${kind} is not one that Portcullis wrote` };
  if (reading.kind !== "anchor") return null;
  const { seq, hash, at } = reading.anchor;
  if (head < seq) {
    const missing = head + 1 === seq ? `record ${seq} is missing` : `records ${head + 1} to ${seq} are missing`;
    return { seq: head + 1, reason: `${missing}: the anchor in the ${kind} knows ${seq} records since ${new Date(at).toISOString()}` };
  }
  if (hashAt(seq) === hash) return null;
  return {
    seq,
    reason: `it is not the record that was anchored in the ${kind}: it, or one before it, was replaced together with the hashes`,
  };
}

export interface AnchorKeeper {
  /** Tells that records were written. Returns at once. */
  written(head: ChainHead): void;
  /** The store can be asked now: where it was not compared with the journal yet, it is. Returns at once. */
  compare(): void;
  /** The store is left alone for good: no write begins any more, and when it resolves none is under way. Never rejects. */
  stop(): Promise<void>;
  /** Anchors what is not anchored yet, within `deadlineMs`; nothing once it was stopped. Never rejects. */
  close(deadlineMs: number): Promise<void>;
}

export interface AnchorKeeperDeps {
  readonly store: AnchorStore;
  /** When it resolves, the disk has every record that `written` was told of before. */
  readonly sync: () => Promise<void>;
  readonly now: () => number;
  /** Null once the store's anchor was compared with the journal; otherwise it is compared before the first is written over it. */
  readonly unchecked: ((reading: AnchorReading) => boolean) | null;
  readonly anchored: number;
  readonly onError: (error: unknown) => void;
}

/** Takes the anchor in the background; a store that fails is tried again at the next turn and never delays a record. */
export function createAnchorKeeper(deps: AnchorKeeperDeps): AnchorKeeper {
  let head: ChainHead | null = null;
  let { unchecked, anchored } = deps;
  let timer: NodeJS.Timeout | null = null;
  let dueAt = 0;
  let lastTaken = -Infinity;
  let running: Promise<void> | null = null;
  let failing = false;
  let closed = false;
  let stopped = false;

  // A function, because it changes while a store is waited for.
  const isStopped = (): boolean => stopped;

  /** Whether the journal is the one that the store knows. @throws what the store rejects with */
  const agrees = async (deadlineMs: number): Promise<boolean> => {
    if (unchecked === null) return true;
    const reading = await readAnchor(deps.store, deadlineMs);
    if (reading.kind === "unknown") throw reading.error;
    if (stopped || !unchecked(reading)) return false;
    unchecked = null;
    return true;
  };

  const take = async (deadlineMs: number): Promise<void> => {
    const taken = head;
    if (stopped || taken === null || taken.seq <= anchored) return;
    try {
      if (!(await agrees(deadlineMs))) return;
      // An anchor must never be ahead of what power loss leaves: it would then accuse an honest journal.
      await deps.sync();
      if (isStopped()) return;
      await writeAnchor(deps.store, { ...taken, at: deps.now() }, deadlineMs);
      anchored = taken.seq;
      failing = false;
    } catch (error) {
      if (!failing) deps.onError(error);
      failing = true;
    }
  };

  const plan = (): void => {
    if (closed || running !== null || head === null || head.seq <= anchored) return;
    const many = head.seq - anchored >= everyRecords && !failing;
    const at = many ? lastTaken + leastMs : performance.now() + everyMs;
    if (timer !== null) {
      if (!many || dueAt <= at) return;
      clearTimeout(timer);
    }
    dueAt = at;
    timer = setTimeout(run, Math.max(0, at - performance.now()));
    timer.unref();
  };

  const run = (): void => {
    timer = null;
    lastTaken = performance.now();
    running = turn();
  };

  const turn = async (): Promise<void> => {
    await take(everyMs);
    running = null;
    plan();
  };

  const compare = async (): Promise<void> => {
    await running;
    // Another turn may have begun meanwhile: it compares too.
    if (unchecked === null || closed || running !== null) return;
    running = agrees(everyMs).then(
      () => undefined,
      // Asked again before the next anchor, or when the store says again that it is ready.
      () => undefined,
    );
    await running;
    running = null;
    plan();
  };

  return {
    written(next) {
      head = next;
      plan();
    },
    compare() {
      if (unchecked !== null && !closed) void compare();
    },
    async stop() {
      closed = true;
      stopped = true;
      if (timer !== null) clearTimeout(timer);
      await running;
    },
    async close(deadlineMs) {
      closed = true;
      if (timer !== null) clearTimeout(timer);
      const last = async (): Promise<void> => {
        await running;
        await take(deadlineMs);
      };
      await withDeadline(last(), deadlineMs).catch(deps.onError);
    },
  };
}

async function withDeadline<T>(work: Promise<T>, deadlineMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`it did not answer within ${deadlineMs} ms`)), deadlineMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
