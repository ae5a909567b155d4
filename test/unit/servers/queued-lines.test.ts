// What waits for a server: in order, counted, and taken back one by one. What a connection does with it is tested with the connection.
import { expect, it } from "vitest";
import type { QueuedLines } from "../../../electron/servers/queued-lines.ts";
import { createQueuedLines } from "../../../electron/servers/queued-lines.ts";

const add = (queue: QueuedLines, text: string, method: string | null, ...ids: string[]): void => queue.add(Buffer.from(text), method, ids);
const taken = (queue: QueuedLines): string[] => queue.takeAll().map((line) => Buffer.from(line).toString());

it("is empty until something waits, and again when all of it is taken", () => {
  const queue = createQueuedLines();
  expect([queue.isEmpty(), queue.bytes(), queue.ids().size, queue.hasInitialize(), queue.takeAll()]).toEqual([true, 0, 0, false, []]);
  add(queue, "one", "tools/call", "1");
  expect(queue.isEmpty()).toBe(false);
  add(queue, "three", null, "2", "3");
  expect([queue.isEmpty(), queue.bytes(), [...queue.ids()]]).toEqual([false, 8, ["1", "2", "3"]]);
  expect(taken(queue)).toEqual(["one", "three"]);
  expect([queue.isEmpty(), queue.bytes(), queue.ids().size, taken(queue)]).toEqual([true, 0, 0, []]);
});

it("keeps what a line held, though its chunk is written over", () => {
  const queue = createQueuedLines();
  const chunk = Buffer.from("a line and more");
  queue.add(chunk.subarray(0, 6), "ping", ["1"]);
  chunk.fill("x");
  expect(taken(queue)).toEqual(["a line"]);
});

it("takes back one request, which is no longer counted, and nothing of a batch", () => {
  const queue = createQueuedLines();
  add(queue, "one", "tools/call", "1");
  add(queue, "a batch", null, "2", "3");
  add(queue, "a notification", "notifications/cancelled");
  add(queue, "four", "tools/call", "4");
  // The other items of a batch are still to be answered.
  for (const id of ["2", "3", "5"]) expect(queue.takeBack(id), id).toBe(false);
  expect(queue.takeBack("1")).toBe(true);
  expect(queue.takeBack("1")).toBe(false);
  expect([queue.bytes(), [...queue.ids()]]).toEqual([25, ["2", "3", "4"]]);
  expect(taken(queue)).toEqual(["a batch", "a notification", "four"]);
});

it("knows the handshake in it, and drops what is told anyway", () => {
  const queue = createQueuedLines();
  add(queue, "done", "notifications/initialized");
  expect(queue.hasInitialize()).toBe(false);
  add(queue, "first", "initialize", "1");
  expect(queue.hasInitialize()).toBe(true);
  queue.dropInitialized();
  expect([queue.hasInitialize(), queue.bytes(), taken(queue)]).toEqual([true, 5, ["first"]]);
});
