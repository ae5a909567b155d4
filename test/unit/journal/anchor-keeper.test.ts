import { describe, expect, it } from "vitest";
import { createAnchorKeeper } from "../../../electron/journal/anchor.ts";
import type { AnchorKeeper, AnchorKeeperDeps } from "../../../electron/journal/anchor.ts";

interface Rig {
  readonly keeper: AnchorKeeper;
  /** What the store was asked to keep. */
  readonly kept: number[];
  readonly errors: unknown[];
  readonly store: { fails: boolean; reads: number; text: string | null };
  /** The disk has what it was asked for. */
  readonly synced: () => void;
}

function create(unchecked: AnchorKeeperDeps["unchecked"] = null): Rig {
  const kept: number[] = [];
  const errors: unknown[] = [];
  const store: Rig["store"] = { fails: false, reads: 0, text: null };
  const waiting: (() => void)[] = [];
  const keeper = createAnchorKeeper({
    store: {
      kind: "keychain",
      read: () => {
        store.reads += 1;
        return Promise.resolve(store.text);
      },
      write: (text) => {
        kept.push((JSON.parse(text) as { seq: number }).seq);
        return store.fails ? Promise.reject(new Error("locked")) : Promise.resolve();
      },
    },
    sync: () => new Promise((resolve) => void waiting.push(resolve)),
    now: () => 1,
    unchecked,
    anchored: 0,
    onError: (error) => void errors.push(error),
  });
  return { keeper, kept, errors, store, synced: () => waiting.splice(0).forEach((resolve) => resolve()) };
}

const head = (seq: number) => ({ seq, hash: "a".repeat(64) });
const turn = (ms = 20): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe("who keeps the anchor", () => {
  it("writes it only when the disk has what it speaks of", async () => {
    const { keeper, kept, synced } = create();
    keeper.written(head(500));
    await turn();
    expect(kept).toEqual([]);
    synced();
    await turn();
    expect(kept).toEqual([500]);
    await keeper.stop();
  });

  it("begins no write any more once it was stopped, also not the one that waited for the disk, or the last", async () => {
    const { keeper, kept, synced } = create();
    keeper.written(head(500));
    await turn();
    const stopped = keeper.stop();
    synced();
    await stopped;
    keeper.written(head(1_500));
    await Promise.all([keeper.close(200), turn().then(synced)]);
    expect(kept).toEqual([]);
  });

  it("asks a store for nothing once it was stopped", async () => {
    const { keeper, store, synced } = create(() => true);
    keeper.written(head(10));
    await keeper.stop();
    await Promise.all([keeper.close(200), turn().then(synced)]);
    expect(store.reads).toBe(0);
  });

  it("writes nothing over an anchor that the journal does not agree with", async () => {
    for (const agrees of [false, true]) {
      const seen: string[] = [];
      const { keeper, kept, store, synced } = create((reading) => {
        seen.push(reading.kind);
        return agrees;
      });
      store.text = "not one of ours";
      keeper.written(head(500));
      await turn();
      synced();
      await turn();
      expect([seen, kept]).toEqual([["malformed"], agrees ? [500] : []]);
      await keeper.stop();
    }
  });

  it("does not press a store that fails, tells it once, and tries again at the close", async () => {
    const { keeper, kept, errors, store, synced } = create();
    store.fails = true;
    keeper.written(head(500));
    await turn();
    synced();
    await turn();
    expect([kept, errors.length]).toEqual([[500], 1]);
    keeper.written(head(1_000));
    await turn(1_200);
    synced();
    await turn();
    expect(kept).toEqual([500]);
    await Promise.all([keeper.close(1_000), turn().then(synced)]);
    expect([kept, errors.length]).toEqual([[500, 1_000], 1]);
  });
});
