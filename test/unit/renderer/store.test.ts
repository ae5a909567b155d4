import { describe, expect, it } from "vitest";
import { fail, ok, type Result } from "../../../shared/errors.ts";
import type { Snapshot } from "../../../shared/model/snapshot.ts";
import type { Api, Connection } from "../../../renderer/api.ts";
import { createReplica } from "../../../renderer/store.ts";
import { snapshot } from "../../fixtures/renderer/snapshot.ts";

type Change = { revision: number; slices: Partial<Snapshot> };
type State = { revision: number; snapshot: Snapshot };

const base = snapshot(1_000_000);

/** The app's side, by hand: `state.get` answers when `answer` is called. */
function fakeApi() {
  const asked: ((result: Result<State>) => void)[] = [];
  let change: (payload: Change) => void = () => undefined;
  let connection: (state: Connection) => void = () => undefined;
  const api = {
    call: () => new Promise<Result<State>>((resolve) => asked.push(resolve)),
    on: (_channel: string, listener: (payload: Change) => void) => {
      change = listener;
      return () => undefined;
    },
    onConnection: (listener: (state: Connection) => void) => {
      connection = listener;
      listener("live");
      return () => undefined;
    },
  };
  return {
    api: api as unknown as Pick<Api, "call" | "on" | "onConnection">,
    asked: () => asked.length,
    answer: async (result: Result<State>) => {
      asked.shift()?.(result);
      await new Promise((resolve) => setImmediate(resolve));
    },
    change: (payload: Change) => change(payload),
    connection: (state: Connection) => connection(state),
  };
}

describe("the replica", () => {
  it("follows slices in order and keeps the others as they are", async () => {
    const fake = fakeApi();
    const replica = createReplica(fake.api);
    await fake.answer(ok({ revision: 3, snapshot: base }));
    fake.change({ revision: 4, slices: { approvals: [] } });
    const state = replica.store.getState();
    expect(state.revision).toBe(4);
    expect(state.snapshot?.approvals).toEqual([]);
    expect(state.snapshot?.servers).toBe(base.servers);
    replica.close();
  });

  it("asks for everything again after a gap, and ignores what is older", async () => {
    const fake = fakeApi();
    const replica = createReplica(fake.api);
    await fake.answer(ok({ revision: 3, snapshot: base }));
    fake.change({ revision: 2, slices: { approvals: [] } });
    expect(replica.store.getState().snapshot?.approvals).toHaveLength(2);
    fake.change({ revision: 6, slices: { approvals: [] } });
    expect(fake.asked()).toBe(1);
    // What is pushed meanwhile is applied after it.
    fake.change({ revision: 7, slices: { rules: [] } });
    await fake.answer(ok({ revision: 6, snapshot: { ...base, approvals: [] } }));
    expect(replica.store.getState()).toMatchObject({ revision: 7, snapshot: { approvals: [], rules: [] } });
    replica.close();
  });

  it("asks once more when there is a gap behind the answer too", async () => {
    const fake = fakeApi();
    const replica = createReplica(fake.api);
    fake.change({ revision: 9, slices: { rules: [] } });
    await fake.answer(ok({ revision: 3, snapshot: base }));
    expect(fake.asked()).toBe(1);
    await fake.answer(ok({ revision: 9, snapshot: { ...base, rules: [] } }));
    expect(replica.store.getState().revision).toBe(9);
    replica.close();
  });

  it("takes whatever a new connection says, also a smaller revision (the app was restarted)", async () => {
    const fake = fakeApi();
    const replica = createReplica(fake.api);
    await fake.answer(ok({ revision: 90, snapshot: base }));
    fake.connection("lost");
    expect(replica.store.getState().connection).toBe("lost");
    fake.connection("live");
    await fake.answer(ok({ revision: 1, snapshot: { ...base, servers: [] } }));
    expect(replica.store.getState()).toMatchObject({ connection: "live", revision: 1, snapshot: { servers: [] } });
    replica.close();
  });

  it("keeps the old picture and says why when asking fails", async () => {
    const fake = fakeApi();
    const replica = createReplica(fake.api);
    await fake.answer(fail("not-running", "no answer"));
    expect(replica.store.getState()).toMatchObject({ snapshot: null, failure: { code: "not-running" } });
    replica.close();
  });
});
