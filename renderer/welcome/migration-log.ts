import { createStore, type StoreApi } from "zustand/vanilla";
import type { AppError } from "../../shared/errors.ts";
import type { Drift, Migration, Scan } from "../../shared/model/migration.ts";
import { onReconnected, type Api } from "../api.ts";

/** What was migrated, what became of it since, and what the last look at the clients' files found. Null: not known yet. */
export interface MigrationLogState {
  readonly history: readonly Migration[] | null;
  readonly drift: readonly Drift[];
  readonly scan: Scan | null;
  readonly scanning: boolean;
  readonly scanProblem: AppError | null;
}

export interface MigrationLog {
  readonly store: StoreApi<MigrationLogState>;
  /** Looks at the clients' files; one look at a time. */
  look(): Promise<void>;
  /** Asks now, and again whenever something changed, until the answer is called. */
  follow(): () => void;
}

export function createMigrationLog(api: Pick<Api, "call" | "on" | "onConnection">): MigrationLog {
  const store = createStore<MigrationLogState>(() => ({ history: null, drift: [], scan: null, scanning: false, scanProblem: null }));

  let changed = false;
  let asked = 0;
  let told = 0;

  const load = async (): Promise<void> => {
    asked += 1;
    const mine = asked;
    const [history, drift] = await Promise.all([api.call("migration.history"), api.call("migration.drift")]);
    // Two may be on their way, and come in another order.
    if (mine < told) return;
    told = mine;
    // What cannot be asked for stays as it was known; the next change asks again.
    if (history.ok) store.setState({ history: history.value });
    if (drift.ok) store.setState({ drift: drift.value });
  };

  const look = async (): Promise<void> => {
    if (store.getState().scanning) return;
    store.setState({ scanning: true });
    do {
      changed = false;
      const scanned = await api.call("migration.scan", { folders: [] });
      store.setState(scanned.ok ? { scan: scanned.value, scanProblem: null } : { scanProblem: scanned.error });
    } while (changed);
    store.setState({ scanning: false });
  };

  return {
    store,
    look,
    follow() {
      const again = (): void => {
        void load();
        // A look that is on its way may have read before the change.
        changed = true;
        if (store.getState().scan !== null) void look();
      };
      void load();
      const stops = [
        api.on("migration.progressed", ({ step }) => {
          if (step === null) again();
        }),
        // Something may have changed while nothing was heard of it.
        onReconnected(api, again),
      ];
      return () => {
        for (const stop of stops) stop();
      };
    },
  };
}
