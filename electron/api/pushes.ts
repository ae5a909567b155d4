import type { PushChannel } from "../../shared/ipc/channels.ts";
import type { MigrationStep } from "../../shared/model/migration.ts";
import type { Push } from "../../shared/ipc/contract.ts";

/** One stream of everything the app pushes, for a surface that writes it to a socket or an event stream. Returns the unsubscribe. */
export type SubscribePushes = (listener: <C extends PushChannel>(channel: C, payload: Push<C>) => void) => () => void;

/** What migrations tell everyone: each step, and (null) that their history or the drift is to be asked for again. */
export function createProgress(migrations: { onChange(listener: () => void): () => void }): {
  readonly step: (step: MigrationStep) => void;
  readonly subscribe: (listener: (progress: Push<"migration.progressed">) => void) => () => void;
} {
  const listeners = new Set<(progress: Push<"migration.progressed">) => void>();
  const tell = (step: MigrationStep | null): void => {
    for (const listener of listeners) listener({ step });
  };
  migrations.onChange(() => tell(null));
  return {
    step: tell,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** Ties the publisher's slices and the journal's records into one stream. */
export function createPushes(sources: {
  readonly state: (listener: (change: Push<"state.changed">) => void) => () => void;
  readonly journal: (listener: (records: Readonly<Push<"journal.appended">["records"]>) => void) => () => void;
  readonly migration: (listener: (progress: Push<"migration.progressed">) => void) => () => void;
}): SubscribePushes {
  return (listener) => {
    const stops = [
      sources.state((change) => listener("state.changed", change)),
      sources.journal((records) => listener("journal.appended", { records: [...records] })),
      sources.migration((progress) => listener("migration.progressed", progress)),
    ];
    return () => {
      for (const stop of stops) stop();
    };
  };
}
