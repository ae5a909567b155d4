import { once } from "node:events";
import { rmSync } from "node:fs";
import http from "node:http";
import net from "node:net";
import path from "node:path";
import { afterEach, expect, it } from "vitest";
import type { Dispatch } from "../../electron/api/dispatch.ts";
import { createVisitor, startUi } from "../fixtures/clients/ui-fixture.ts";
import type { UiFixture, Visitor } from "../fixtures/clients/ui-fixture.ts";

// How many links, sessions and connections the browser UI's server keeps, which of them go first, and how it ends what it cannot answer.

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

async function start(answer?: Dispatch): Promise<UiFixture & Visitor> {
  const fixture = await startUi(answer);
  closers.push(fixture.close);
  return { ...fixture, ...createVisitor(fixture.server) };
}

/** Everything that is said to a connection until it ends. */
function exchange(port: number, text: string): Promise<string> {
  return new Promise((resolve) => {
    let said = "";
    const socket = net.connect(port, "127.0.0.1", () => socket.write(text));
    closers.push(() => socket.destroy());
    socket.setEncoding("utf8");
    socket.on("data", (chunk: string) => {
      said += chunk;
    });
    socket.on("error", () => undefined);
    socket.on("close", () => resolve(said));
  });
}

it("32 links are good at a time: the oldest makes room for one more", async () => {
  const { ask, linkPath } = await start();
  const links = Array.from({ length: 33 }, () => linkPath());
  const statuses: number[] = [];
  for (const link of links) statuses.push((await ask(link)).status);
  expect(statuses).toEqual([403, ...links.slice(1).map(() => 303)]);
});

it("16 browsers are in at a time: the one that was used longest ago makes room for one more", async () => {
  const { ask, enter } = await start();
  const is = async (cookie: string): Promise<number> => (await ask("/", { headers: { cookie } })).status;
  const cookies: string[] = [];
  for (let browser = 0; browser < 16; browser++) cookies.push(await enter());
  const [first = "", second = "", ...others] = cookies;
  expect(await is(first)).toBe(200);
  const another = await enter();
  expect(await is(second)).toBe(401);
  for (const cookie of [first, ...others, another]) expect(await is(cookie)).toBe(200);
});

it("finds its cookie among others, also behind a dead one of the same name", async () => {
  const { ask, enter, server } = await start();
  const cookie = await enter();
  const dead = `portcullis-${String(server.port)}=${"A".repeat(43)}`;
  for (const [sent, status] of [
    [`theme=dark; ${cookie}`, 200],
    [`theme=dark;${cookie};lang=en`, 200],
    [`${dead}; ${cookie}`, 200],
    [`theme=${cookie}`, 401],
    [`x${cookie}`, 401],
    [cookie.replace(/^portcullis-\d+/, "portcullis-1"), 401],
    [cookie.slice(0, -1), 401],
  ] as const) {
    expect((await ask("/", { headers: { cookie: sent } })).status, sent).toBe(status);
  }
});

it("a body that is said to be too large is refused before it is sent, and the connection ends", async () => {
  const { server, place, own, enter } = await start();
  const head = [
    `POST ${place}/api/call HTTP/1.1`,
    `Host: 127.0.0.1:${String(server.port)}`,
    `Cookie: ${await enter()}`,
    `Origin: ${own}`,
    "Content-Type: application/json",
    `Content-Length: ${String((1 << 20) + 1)}`,
  ];
  const began = Date.now();
  const said = await exchange(server.port, `${head.join("\r\n")}\r\n\r\n`);
  expect(said).toMatch(/^HTTP\/1\.1 413 /);
  expect(said).toMatch(/\r\nConnection: close\r\n/);
  expect(Date.now() - began).toBeLessThan(4_000);
});

it("64 connections are open at a time; one more is cut off, and gets in when there is room", async () => {
  const { server, ask } = await start();
  const sockets: net.Socket[] = [];
  for (let index = 0; index < 64; index++) {
    const socket = net.connect(server.port, "127.0.0.1");
    closers.push(() => socket.destroy());
    await once(socket, "connect");
    sockets.push(socket);
  }
  expect(await exchange(server.port, "")).toBe("");
  expect(sockets.filter((socket) => socket.closed)).toEqual([]);
  await expect(ask("/")).rejects.toThrow(/ECONNRESET|hang up/);
  sockets[0]?.destroy();
  await expect.poll(() => ask("/").then(({ status }) => status, String)).toBe(401);
});

it("a call that fails inside is answered, without what failed", async () => {
  const { call, enter, own } = await start(() => Promise.reject(new Error("the inside of it")));
  const answer = await call({ cookie: await enter(), origin: own });
  expect([answer.status, answer.text]).toEqual([500, "Something went wrong inside Portcullis.\n"]);
});

it("an answer that cannot be written is cut off, and not sent in part as if it were whole", async () => {
  const unwritable = {
    toJSON(): never {
      throw new RangeError("Invalid string length");
    },
  };
  const { call, ask, enter, own } = await start(() => Promise.resolve({ ok: true, value: unwritable } as never));
  const cookie = await enter();
  await expect(call({ cookie, origin: own })).rejects.toThrow(/ECONNRESET|hang up/);
  expect((await ask("/", { headers: { cookie } })).status).toBe(200);
});

it("a file of the bundle that is gone since the start is no end of the server", async () => {
  const { ask, enter, folder } = await start();
  const cookie = await enter();
  rmSync(path.join(folder, "bundle", "assets", "main.js"));
  expect((await ask("/assets/main.js", { headers: { cookie } })).status).toBe(500);
  expect((await ask("/", { headers: { cookie } })).status).toBe(200);
});

it("closing ends every stream and every connection, also one that says nothing", async () => {
  const { server, place, enter, subscribers } = await startUi().then((fixture) => ({ ...fixture, ...createVisitor(fixture.server) }));
  const cookie = await enter();
  const silent = net.connect(server.port, "127.0.0.1");
  await once(silent, "connect");
  const silentEnds = once(silent, "close");
  const streamEnds = new Promise<string>((resolve) => {
    http.get({ host: "127.0.0.1", port: server.port, path: `${place}/api/events`, headers: { cookie }, agent: false }, (response) => {
      response.on("error", () => undefined);
      response.on("close", () => resolve("closed"));
      response.resume();
    });
  });
  await expect.poll(() => subscribers.size).toBe(1);
  await server.close();
  await silentEnds;
  expect(await streamEnds).toBe("closed");
  await expect.poll(() => subscribers.size).toBe(0);
});
