import { fail, ok, type Result } from "../shared/errors.ts";
import type { CallChannel, PushChannel } from "../shared/ipc/channels.ts";
import { pushChannels } from "../shared/ipc/channels.ts";
import type { Input, Output, Push } from "../shared/ipc/contract.ts";
import type { Envelope } from "../shared/ipc/envelope.ts";
import { messages } from "./messages.ts";

/** What the preload puts on `window`: the desktop's transport. */
export interface PreloadBridge {
  readonly role: "window" | "approval";
  call(channel: CallChannel, input: unknown): Promise<Envelope>;
  on(channel: PushChannel, listener: (payload: unknown) => void): () => void;
}

declare global {
  interface Window {
    readonly portcullis?: PreloadBridge;
  }
}

/** `displaced`: in order, but another window of this browser needed the place; it comes back when somebody uses this one. */
export type Connection = "live" | "lost" | "displaced";

/** What a call takes after the channel's name: its input, or nothing. */
export type Arguments<C extends CallChannel> = undefined extends Input<C> ? [] : [input: Input<C>];

/** The one way to the app, typed by the contract. Every failure, of the transport too, is a value with words for the person. */
export interface Api {
  readonly role: "window" | "approval";
  call<C extends CallChannel>(channel: C, ...input: Arguments<C>): Promise<Result<Output<C>>>;
  on<P extends PushChannel>(channel: P, listener: (payload: Push<P>) => void): () => void;
  /** Called when the pushes stop coming (`lost`, `displaced`) and when they come again (`live`): what was pushed in between is gone. */
  onConnection(listener: (connection: Connection) => void): () => void;
  close(): void;
}

/** Calls back when the pushes come again after they had stopped: for those who keep what was pushed, and now lack some of it. */
export function onReconnected(api: Pick<Api, "onConnection">, listener: () => void): () => void {
  let lost = false;
  return api.onConnection((connection) => {
    if (connection === "live" && lost) listener();
    lost = connection !== "live";
  });
}

interface Transport {
  readonly role: "window" | "approval";
  call(channel: CallChannel, input: unknown): Promise<Envelope>;
  on(channel: PushChannel, listener: (payload: unknown) => void): () => void;
  onConnection(listener: (connection: Connection) => void): () => void;
  close(): void;
}

/** The client over whichever transport this page has: the preload's bridge in the desktop app, HTTP and server-sent events in a browser. */
export function createApi(window: Window): Api {
  const transport = window.portcullis === undefined ? browserTransport(window) : preloadTransport(window.portcullis);
  return {
    role: transport.role,
    async call<C extends CallChannel>(channel: C, ...input: Arguments<C>): Promise<Result<Output<C>>> {
      try {
        const envelope = await transport.call(channel, input[0]);
        return envelope.ok ? ok(envelope.value as Output<C>) : { ok: false, error: envelope.error };
      } catch {
        return fail("not-running", messages.errors.notReached, messages.errors.notReachedHint);
      }
    },
    on: (channel, listener) => transport.on(channel, (payload) => listener(payload as Push<typeof channel>)),
    onConnection: (listener) => transport.onConnection(listener),
    close: () => transport.close(),
  };
}

function preloadTransport(bridge: PreloadBridge): Transport {
  return {
    role: bridge.role,
    call: (channel, input) => bridge.call(channel, input),
    on: (channel, listener) => bridge.on(channel, listener),
    onConnection: (listener) => {
      listener("live");
      return () => undefined;
    },
    close: () => undefined,
  };
}

/** Relative addresses: the page's own is below a path that is different at each start. */
function browserTransport(window: Window): Transport {
  const connections = new Set<(connection: Connection) => void>();
  const listeners = new Map<PushChannel, Set<(payload: unknown) => void>>(pushChannels.map((channel) => [channel, new Set()]));
  let source: EventSource | null = null;
  let retry: number | undefined;
  let unseen: AbortController | null = null;
  let connection: Connection = "lost";

  const tell = (next: Connection): void => {
    if (next === connection) return;
    connection = next;
    for (const listener of connections) listener(next);
  };
  const connect = (): void => {
    const events = new EventSource("api/events");
    source = events;
    events.addEventListener("open", () => tell("live"));
    events.addEventListener("error", () => {
      tell("lost");
      // The browser retries a dropped stream by itself, but gives up on one that was refused.
      if (events.readyState === EventSource.CLOSED) {
        window.clearTimeout(retry);
        retry = window.setTimeout(connect, 2000);
      }
    });
    // Another window of this browser has taken its place among those that follow: this one takes it back when somebody looks here, or
    // goes on using it where it had the focus all the time.
    events.addEventListener("displaced", () => {
      events.close();
      tell("displaced");
      const waiting = new AbortController();
      unseen = waiting;
      const comeBack = (): void => {
        if (window.document.visibilityState !== "visible") return;
        waiting.abort();
        connect();
      };
      for (const sign of ["focus", "pointerdown", "keydown"]) window.addEventListener(sign, comeBack, { signal: waiting.signal });
      window.document.addEventListener("visibilitychange", comeBack, { signal: waiting.signal });
    });
    for (const channel of pushChannels) {
      events.addEventListener(channel, (event: MessageEvent<string>) => {
        const payload: unknown = JSON.parse(event.data);
        for (const listener of listeners.get(channel) ?? []) listener(payload);
      });
    }
  };

  return {
    role: "window",
    async call(channel, input) {
      const response = await fetch("api/call", {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ channel, input }),
      });
      if (response.status === 401 || response.status === 403) {
        return fail("not-allowed", messages.errors.signedOut, messages.errors.signedOutHint);
      }
      return (await response.json()) as Envelope;
    },
    on(channel, listener) {
      const set = listeners.get(channel);
      set?.add(listener);
      return () => set?.delete(listener);
    },
    onConnection(listener) {
      connections.add(listener);
      if (source === null) connect();
      else listener(connection);
      return () => connections.delete(listener);
    },
    close() {
      window.clearTimeout(retry);
      unseen?.abort();
      source?.close();
      connections.clear();
    },
  };
}
