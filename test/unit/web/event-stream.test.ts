import { once } from "node:events";
import http from "node:http";
import net from "node:net";
import type { AddressInfo } from "node:net";
import { afterEach, expect, it, vi } from "vitest";
import type { SubscribePushes } from "../../../electron/api/pushes.ts";
import { openEventStream } from "../../../electron/web/event-stream.ts";
import type { EventStream } from "../../../electron/web/event-stream.ts";

// What becomes of a page that does not read, says nothing or is gone: real streams over real connections.

const megabyte = "x".repeat(1 << 20);
const closers: (() => unknown)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
  vi.useRealTimers();
});

async function start() {
  const listeners = new Set<Parameters<SubscribePushes>[0]>();
  const subscribe: SubscribePushes = (listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  };
  const streams = new Set<EventStream>();
  const ended: number[] = [];
  let opened = 0;
  const server = http.createServer((_request, response) => {
    const index = opened++;
    response.once("close", () => ended.push(index));
    openEventStream(response, subscribe, streams);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return {
    listeners,
    streams,
    /** The streams that ended, by the order in which they were opened. */
    ended,
    push: (payload: unknown): void => {
      for (const listener of listeners) listener("state.changed", payload as never);
    },
    /** A connection that asked for the stream and reads nothing of it. */
    open: async (): Promise<net.Socket> => {
      const before = opened;
      const socket = net.connect(port, "127.0.0.1", () => socket.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n"));
      socket.on("error", () => undefined);
      closers.push(() => socket.destroy());
      await expect.poll(() => opened).toBe(before + 1);
      return socket;
    },
  };
}

it("a reader that leaves more than 16 MB unread is cut off", async () => {
  const { open, push, listeners, streams, ended } = await start();
  await open();
  for (let pushed = 0; pushed < 15; pushed++) push(megabyte);
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect([listeners.size, ended]).toEqual([1, []]);
  // Twice that, as the system takes some of it.
  for (let pushed = 0; pushed < 32; pushed++) push(megabyte);
  await expect.poll(() => ended).toEqual([0]);
  expect([listeners.size, streams.size]).toEqual([0, 0]);
});

it("a displaced page that does not read does not keep its connection", async () => {
  const { open, push, ended } = await start();
  await open();
  for (let pushed = 0; pushed < 15; pushed++) push(megabyte);
  for (let others = 0; others < 4; others++) await open();
  await expect.poll(() => ended, { timeout: 5_000 }).toEqual([0]);
});

it("a stream says every fifteen seconds that it is there, and not after its end", async () => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  const { open, listeners } = await start();
  const socket = await open();
  let said = "";
  socket.setEncoding("utf8");
  socket.on("data", (chunk: string) => {
    said += chunk;
  });
  const beats = (): number => said.split(": still here\n\n").length - 1;
  await expect.poll(() => said).toContain("retry: 1000");
  vi.advanceTimersByTime(14_999);
  vi.advanceTimersByTime(1);
  await expect.poll(beats).toBe(1);
  vi.advanceTimersByTime(30_000);
  await expect.poll(beats).toBe(3);
  socket.destroy();
  await expect.poll(() => listeners.size).toBe(0);
  expect(vi.getTimerCount()).toBe(0);
});
