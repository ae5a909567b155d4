import { createPassingMap } from "../../shared/passing-map.ts";
import { createMessageScan } from "./message-scan.ts";

/** Which requests of the client are still open, for the moment when the app is gone. Bounded; of the bytes nothing is kept. */
export interface OpenRequests {
  /** Bytes of the client. */
  sent(chunk: Buffer): void;
  /** Bytes of the app, after those of the client that they answer. */
  received(chunk: Buffer): void;
  /** The ids of what is open, as JSON; forgets them. */
  take(): readonly string[];
  /** Whether the app's stream stands inside a line. */
  midLine(): boolean;
}

const mostOpen = 10_000;

export function createOpenRequests(): OpenRequests {
  /** Each under its own name. */
  const open = createPassingMap<string>();
  const requests = createMessageScan((id, hasMethod) => {
    if (!hasMethod || id === null) return;
    // What was cancelled is never answered: in a long session there would be no room left for what is really open.
    if (open.size() >= mostOpen) for (const oldest of open.values().slice(0, mostOpen / 10)) open.delete(oldest);
    open.set(id, id);
  });
  const answers = createMessageScan((id, hasMethod) => {
    if (id !== null && !hasMethod) open.delete(id);
  });
  return {
    sent: (chunk) => requests.push(chunk),
    received: (chunk) => answers.push(chunk),
    take: () => [...open.takeAll().keys()],
    midLine: () => answers.midLine(),
  };
}
