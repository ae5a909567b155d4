import type http from "node:http";
import type { SubscribePushes } from "../api/pushes.ts";

const heartbeatMs = 15_000;
const maxUnreadBytes = 16 << 20;

/** Server-sent events, one per push, named by its channel. A reader that leaves too much unread is cut off and connects again. */
export function openEventStream(response: http.ServerResponse, subscribe: SubscribePushes, streams: Set<() => void>): void {
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
  const stop = (): void => {
    response.destroy();
  };
  streams.add(stop);
  response.once("close", () => {
    unsubscribe();
    clearInterval(heartbeat);
    streams.delete(stop);
  });
}
