import { createStore, type StoreApi } from "zustand/vanilla";
import type { AppError } from "../shared/errors.ts";
import type { Push } from "../shared/ipc/contract.ts";
import type { Snapshot } from "../shared/model/snapshot.ts";
import type { Api, Connection } from "./api.ts";

/**
 * A replica of the app's snapshot. The app owns the truth: slices are pushed whole with a revision, a gap means `state.get`
 * again, and so does a connection that was lost. Nothing in the UI writes here.
 */
export interface ReplicaState {
  readonly connection: Connection | "connecting";
  readonly revision: number;
  /** Null until the first answer. */
  readonly snapshot: Snapshot | null;
  /** Why the last `state.get` failed. */
  readonly failure: AppError | null;
}

export interface Replica {
  readonly store: StoreApi<ReplicaState>;
  /** Asks for the whole snapshot now. */
  reload(): Promise<void>;
  close(): void;
}

type Change = Push<"state.changed">;

/** How long to wait before a failed `state.get` is tried again, in milliseconds. */
const retryMs = 1500;

/** Follows the app until closed. */
export function createReplica(api: Pick<Api, "call" | "on" | "onConnection">): Replica {
  const store = createStore<ReplicaState>(() => ({ connection: "connecting", revision: 0, snapshot: null, failure: null }));
  let loading: Promise<void> | null = null;
  let again = false;
  let waiting: Change[] = [];
  let retry: ReturnType<typeof setTimeout> | undefined;
  let closed = false;

  const load = async (): Promise<void> => {
    do {
      again = false;
      const answer = await api.call("state.get");
      if (closed) return;
      if (!answer.ok) {
        store.setState({ failure: answer.error });
        clearTimeout(retry);
        retry = setTimeout(() => void reload(), retryMs);
        return;
      }
      store.setState({ revision: answer.value.revision, snapshot: answer.value.snapshot, failure: null });
      const missed = waiting;
      waiting = [];
      for (const change of missed) follow(change);
    } while (again);
  };

  const reload = (): Promise<void> => {
    if (loading === null) {
      loading = load().finally(() => {
        loading = null;
      });
    } else {
      again = true;
    }
    return loading;
  };

  const follow = (change: Change): void => {
    const { revision, snapshot } = store.getState();
    if (change.revision <= revision) return;
    if (snapshot === null || change.revision !== revision + 1) {
      void reload();
      return;
    }
    store.setState({ revision: change.revision, snapshot: merge(snapshot, change.slices) });
  };

  const unsubscribe = [
    api.on("state.changed", (change) => {
      if (loading === null) follow(change);
      else waiting.push(change);
    }),
    api.onConnection((connection) => {
      store.setState({ connection });
      // Also when it is lost: the answer says why, which the stream does not.
      void reload();
    }),
  ];

  return {
    store,
    reload,
    close() {
      closed = true;
      clearTimeout(retry);
      for (const stop of unsubscribe) stop();
    },
  };
}

function merge(snapshot: Snapshot, slices: Change["slices"]): Snapshot {
  const present = Object.fromEntries(Object.entries(slices).filter(([, slice]) => slice !== undefined)) as Partial<Snapshot>;
  return { ...snapshot, ...present };
}
