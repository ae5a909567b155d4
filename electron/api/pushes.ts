import type { PushChannel } from "../../shared/ipc/channels.ts";
import type { Push } from "../../shared/ipc/contract.ts";

/** One stream of everything the app pushes, for a surface that writes it to a socket or an event stream. Returns the unsubscribe. */
export type SubscribePushes = (listener: <C extends PushChannel>(channel: C, payload: Push<C>) => void) => () => void;

/** Ties the publisher's slices and the journal's records into one stream. */
export function createPushes(sources: {
  readonly state: (listener: (change: Push<"state.changed">) => void) => () => void;
  readonly journal: (listener: (records: Readonly<Push<"journal.appended">["records"]>) => void) => () => void;
}): SubscribePushes {
  return (listener) => {
    const stops = [
      sources.state((change) => listener("state.changed", change)),
      sources.journal((records) => listener("journal.appended", { records: [...records] })),
    ];
    return () => {
      for (const stop of stops) stop();
    };
  };
}
