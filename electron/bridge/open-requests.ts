import { createPassingMap } from "../../shared/passing-map.ts";
import { createMessageScan } from "./message-scan.ts";

/**
 * Which requests of the client are still open, for the moment when the app is gone. Bytes are only kept while they pass and looked at a
 * little later, many at once: a call in flight does not wait for it. Bounded in bytes kept and in requests remembered.
 */
export interface OpenRequests {
  /** Bytes of the client. They must not be written to again. */
  sent(chunk: Buffer): void;
  /** Bytes of the app. They must not be written to again. */
  received(chunk: Buffer): void;
  /** The ids of what is open, as JSON; forgets them. */
  take(): readonly string[];
  /** Whether the app's stream stands inside a line. */
  midLine(): boolean;
}

const mostOpen = 10_000;
const mostKeptBytes = 256 << 10;
const lookMs = 25;

export function createOpenRequests(): OpenRequests {
  /** Each under its own name. */
  const open = createPassingMap<string>();
  let kept: { readonly chunk: Buffer; readonly fromApp: boolean }[] = [];
  let keptBytes = 0;
  let planned = false;
  const requests = createMessageScan((id, hasMethod) => {
    if (!hasMethod || id === null) return;
    // What was cancelled is never answered: in a long session there would be no room left for what is really open.
    if (open.size() >= mostOpen) for (const oldest of open.values().slice(0, mostOpen / 10)) open.delete(oldest);
    open.set(id, id);
  });
  const answers = createMessageScan((id, hasMethod) => {
    if (id !== null && !hasMethod) open.delete(id);
  });
  const look = (): void => {
    planned = false;
    const chunks = kept;
    kept = [];
    keptBytes = 0;
    // In the order in which they passed, so that no answer comes before its request.
    for (const { chunk, fromApp } of chunks) (fromApp ? answers : requests).push(chunk);
  };
  const keep = (chunk: Buffer, fromApp: boolean): void => {
    kept.push({ chunk, fromApp });
    keptBytes += chunk.length;
    if (keptBytes > mostKeptBytes) look();
    else if (!planned) {
      planned = true;
      setTimeout(look, lookMs).unref();
    }
  };
  return {
    sent: (chunk) => keep(chunk, false),
    received: (chunk) => keep(chunk, true),
    take() {
      look();
      return [...open.takeAll().keys()];
    },
    midLine() {
      look();
      return answers.midLine();
    },
  };
}
