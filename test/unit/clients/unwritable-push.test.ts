import http from "node:http";
import net from "node:net";
import type { AddressInfo } from "node:net";
import { once } from "node:events";
import { afterEach, expect, it } from "vitest";
import type { SubscribePushes } from "../../../electron/api/pushes.ts";
import { serveCommands } from "../../../electron/clients/command-session.ts";
import { openEventStream } from "../../../electron/web/event-stream.ts";
import { ok } from "../../../shared/errors.ts";
import { until } from "../../fixtures/gate-harness.ts";

// A push that cannot be written (the longest string has an end) ends who it was for, and not the app: a listener that throws does so where
// nobody catches it.

const closers: (() => unknown)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

/** Everybody who subscribed, and what pushes to them all; throws what a listener throws. */
function createSource(): { readonly subscribe: SubscribePushes; readonly push: (step: unknown) => void; readonly count: () => number } {
  const listeners = new Set<Parameters<SubscribePushes>[0]>();
  return {
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    push(step) {
      for (const listener of listeners) listener("migration.progressed", { step } as never);
    },
    count: () => listeners.size,
  };
}

const tooLong = {
  toJSON(): never {
    throw new RangeError("Invalid string length");
  },
};

async function listen(server: net.Server): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

it("ends the command line's connection", async () => {
  const { subscribe, push, count } = createSource();
  const server = net.createServer((socket) => {
    closers.push(() => socket.destroy());
    serveCommands(socket, Buffer.alloc(0), { dispatch: () => Promise.resolve(ok(null)), subscribe });
  });
  closers.push(() => server.close());
  const socket = net.connect(await listen(server), "127.0.0.1");
  let said = "";
  socket.on("data", (chunk: Buffer) => (said += chunk.toString()));
  socket.on("error", () => undefined);
  socket.write('{"id":1,"subscribe":true}\n');
  await until(() => count() === 1);
  push("written");
  await until(() => said.includes("written"));
  push(tooLong);
  await until(() => socket.closed);
  expect(count()).toBe(0);
});

it("ends a page's event stream", async () => {
  const { subscribe, push, count } = createSource();
  const server = http.createServer((_request, response) => openEventStream(response, subscribe, new Set()));
  closers.push(() => server.close());
  const answer = await fetch(`http://127.0.0.1:${await listen(server)}/`);
  const reading = answer.text();
  await until(() => count() === 1);
  push("written");
  push(tooLong);
  await expect(reading).rejects.toThrow("terminated");
  await until(() => count() === 0);
});
