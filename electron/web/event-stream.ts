import type http from "node:http";
import type { SubscribePushes } from "../api/pushes.ts";

const heartbeatMs = 15_000;
const maxUnreadBytes = 16 << 20;
/** A browser has six connections to one address, for all of its windows: with a stream in each, no call of any would get through. */
const mostStreams = 4;
/** How long a page that makes room may take to read that it does. */
const lingerMs = 1_000;

/** A page that follows what the app pushes. */
export interface EventStream {
  /** Tells the page that another one needs its place, and ends. */
  displace(): void;
}

/**
 * Server-sent events, one per push, named by its channel. A reader that leaves too much unread is cut off and connects again. Where there
 * are too many, the oldest makes room: it is told so, and does not come back before somebody looks at it.
 */
export function openEventStream(response: http.ServerResponse, subscribe: SubscribePushes, streams: Set<EventStream>): void {
  for (const oldest of streams) if (streams.size >= mostStreams) oldest.displace();
  response.writeHead(200, { "Content-Type": "text/event-stream; charset=utf-8" });
  response.write("retry: 1000\n\n");
  const send = (text: string): void => {
    response.write(text);
    if (response.writableLength > maxUnreadBytes) response.destroy();
  };
  const unsubscribe = subscribe((channel, payload) => {
    try {
      // JSON has no raw line breaks, so the data is always one line.
      send(`event: ${channel}\ndata: ${JSON.stringify(payload)}\n\n`);
    } catch {
      // Too long to be written. Who does not get a push must not go on as if there were none, and the others get theirs.
      response.destroy();
    }
  });
  const heartbeat = setInterval(() => send(": still here\n\n"), heartbeatMs);
  const forget = (): void => {
    unsubscribe();
    clearInterval(heartbeat);
    streams.delete(stream);
  };
  const stream: EventStream = {
    displace() {
      forget();
      response.end("event: displaced\ndata: {}\n\n");
      setTimeout(() => response.destroy(), lingerMs).unref();
    },
  };
  streams.add(stream);
  response.once("close", forget);
}
