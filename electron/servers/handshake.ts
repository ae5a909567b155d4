import { observed } from "../../shared/mcp/methods.ts";

/** One message that is sent again; `id` null for a notification. */
export interface Replayed {
  readonly id: string | null;
  readonly line: Uint8Array;
}

/**
 * What a session has told its server and a new instance must be told again: `initialize`, `initialized`, the last log level and the
 * live subscriptions, byte for byte as the client sent them. Only what the server accepted is kept.
 */
export interface Handshake {
  requested(method: string, id: string, line: Uint8Array): void;
  notified(method: string, line: Uint8Array): void;
  /** The server's answer to a request, whether it was an error, or that there will be none. */
  answered(method: string, id: string, accepted: boolean): void;
  /** First the `initialize`, then the rest; empty when there was no handshake (or it was not finished). */
  replay(): readonly Replayed[];
  /** Whether anything is subscribed: such a server is not stopped for being idle. */
  subscribed(): boolean;
}

const mostSubscriptions = 1_000;

export function createHandshake(): Handshake {
  const waiting = new Map<string, Uint8Array>();
  let initialize: Replayed | null = null;
  let initialized: Replayed | null = null;
  let level: Replayed | null = null;
  const subscriptions = new Map<string, Replayed>();

  return {
    requested: (method, id, line) => {
      if (
        method === observed.initialize ||
        method === observed.setLevel ||
        method === observed.subscribe ||
        method === observed.unsubscribe
      ) {
        waiting.set(id, Uint8Array.prototype.slice.call(line));
      }
    },
    notified: (method, line) => {
      if (method === observed.initialized) initialized = { id: null, line: Uint8Array.prototype.slice.call(line) };
    },
    answered: (method, id, accepted) => {
      const line = waiting.get(id);
      if (line === undefined) return;
      waiting.delete(id);
      if (!accepted) return;
      if (method === observed.initialize) {
        initialize = { id, line };
        initialized = null;
        level = null;
        subscriptions.clear();
      } else if (method === observed.setLevel) {
        level = { id, line };
      } else {
        const uri = uriOf(line);
        if (uri === null) return;
        if (method === observed.unsubscribe) subscriptions.delete(uri);
        else if (subscriptions.size < mostSubscriptions) subscriptions.set(uri, { id, line });
      }
    },
    replay: () => {
      if (initialize === null || initialized === null) return [];
      return [initialize, initialized, ...(level === null ? [] : [level]), ...subscriptions.values()];
    },
    subscribed: () => subscriptions.size > 0,
  };
}

function uriOf(line: Uint8Array): string | null {
  try {
    const message: unknown = JSON.parse(Buffer.from(line.buffer, line.byteOffset, line.byteLength).toString("utf8"));
    const params: unknown = typeof message === "object" && message !== null && "params" in message ? message.params : null;
    const uri: unknown = typeof params === "object" && params !== null && "uri" in params ? params.uri : null;
    return typeof uri === "string" ? uri : null;
  } catch {
    return null;
  }
}
