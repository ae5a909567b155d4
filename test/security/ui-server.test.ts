import http from "node:http";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { securityHeaders } from "../../electron/web/ui-server.ts";
import type { UiServer } from "../../electron/web/ui-server.ts";
import { parseView } from "../../renderer/view.ts";
import { createVisitor, startUi } from "../fixtures/clients/ui-fixture.ts";
import type { Answer, UiFixture, Visitor } from "../fixtures/clients/ui-fixture.ts";

// Threats 7, 8 and 9: a web page, another program, or whoever finds the port has no way in but the one-time link.

let fixture: UiFixture;
let server: UiServer;
let asked: UiFixture["asked"];
let subscribers: UiFixture["subscribers"];
let own: string;
let place: string;
let ask: Visitor["ask"];
let call: Visitor["call"];
let linkPath: Visitor["linkPath"];
let enter: Visitor["enter"];

beforeEach(async () => {
  fixture = await startUi();
  ({ server, asked, subscribers } = fixture);
  ({ own, place, ask, call, linkPath, enter } = createVisitor(server));
});

afterEach(() => fixture.close());

describe("where it listens", () => {
  it("is loopback only", async () => {
    const others = Object.values(os.networkInterfaces())
      .flatMap((addresses) => addresses ?? [])
      .filter(({ internal, family }) => !internal && family === "IPv4");
    for (const { address } of others) {
      const outcome = await new Promise((resolve) => {
        const socket = net.connect(server.port, address);
        socket.once("connect", () => resolve("connected"));
        socket.once("error", (error: NodeJS.ErrnoException) => resolve(error.code));
      });
      expect(outcome).toBe("ECONNREFUSED");
    }
    expect(server.newUrl()).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/[\w-]{22}\/enter\?token=[\w-]{43}$/);
  });
});

describe("the one-time link", () => {
  it("gives a cookie that scripts and other sites cannot use, once", async () => {
    const link = linkPath();
    const first = await ask(link);
    expect(first.status).toBe(303);
    expect(first.headers.location).toBe(`${place}/`);
    expect(first.headers["set-cookie"]).toHaveLength(1);
    const [cookie, path, ...rest] = first.headers["set-cookie"]?.[0]?.split("; ") ?? [];
    expect(cookie).toMatch(new RegExp(`^portcullis-${String(server.port)}=[\\w-]{43}$`));
    expect([path, ...rest]).toEqual([`Path=${place}/`, "HttpOnly", "SameSite=Strict"]);
    const second = await ask(link);
    expect(second.status).toBe(403);
    expect(second.headers["set-cookie"]).toBeUndefined();
  });

  it("is good for ten minutes, and dead after them", async () => {
    const first = linkPath();
    const second = linkPath();
    fixture.pass(10 * 60_000);
    expect((await ask(first)).status).toBe(303);
    fixture.pass(1);
    expect((await ask(second)).status).toBe(403);
  });

  it.each(["HEAD", "POST", "PUT", "OPTIONS"])("is not used up by %s, which no link that is opened sends", async (method) => {
    const link = linkPath();
    const answer = await ask(link, { method });
    expect([answer.status, answer.headers["set-cookie"]]).toEqual([401, undefined]);
    expect((await ask(link)).status).toBe(303);
  });

  it.each(["", "token=", "token=x", "token=../../etc", "token[]=x", "Token=x"])("is not guessed with ?%s", async (query) => {
    expect((await ask(`/enter?${query}`)).status).toBe(403);
  });

  it("leads to a screen of ours and nowhere else", async () => {
    for (const [screen, location] of [
      ["rules", "/#/rules"],
      ["//evil.example", "/"],
      ["rules//evil.example", "/"],
      ["\r\nX-Injected: 1", "/"],
    ] as const) {
      const answer = await ask(linkPath(screen));
      expect(answer.headers.location).toBe(`${place}${location}`);
      // What the page makes of it, which knows no other way to write a screen.
      expect(parseView(new URL(answer.headers.location ?? "", own).hash).screen).toBe(screen === "rules" ? screen : "approvals");
      expect(answer.headers["x-injected"]).toBeUndefined();
    }
  });

  it("gives a session that ends after twelve idle hours, not before", async () => {
    const cookie = await enter();
    for (const [later, status] of [
      [11, 200],
      [11, 200],
      [13, 401],
    ] as const) {
      fixture.pass(later * 3_600_000);
      expect((await ask("/", { headers: { cookie } })).status).toBe(status);
    }
  });
});

describe("without the cookie", () => {
  it.each(["/", "/index.html", "/assets/main.js", "/api/call", "/api/events", "/nothing", "/notes.txt"])(
    "%s is refused",
    async (target) => {
      expect((await ask(target)).status).toBe(401);
      expect((await call({ origin: own, cookie: `portcullis-${String(server.port)}=${"A".repeat(43)}` })).status).toBe(401);
      expect(asked).toEqual([]);
    },
  );
});

describe("the path that all of it is below", () => {
  it("cannot be guessed, and nothing is beside it, cookie or not", async () => {
    expect(place).toMatch(/^\/[A-Za-z0-9_-]{22}$/);
    const another = await startUi();
    expect(createVisitor(another.server).place).not.toBe(place);
    await another.close();
    const cookie = await enter();
    const link = linkPath();
    for (const below of ["", `/${"A".repeat(22)}`, place.slice(0, -1), `${place}x`]) {
      for (const target of ["/", "/index.html", "/assets/main.js", "/api/events", link]) {
        expect((await ask(target, { below, headers: { cookie } })).status, `${below}${target}`).toBe(401);
      }
      const call = {
        method: "POST",
        headers: { cookie, origin: own, "content-type": "application/json" },
        body: '{"channel":"state.get"}',
      };
      expect((await ask("/api/call", { below, ...call })).status).toBe(401);
    }
    expect((await ask("", { headers: { cookie } })).status).toBe(401);
    expect(asked).toEqual([]);
    expect((await ask(link)).status).toBe(303);
  });
});

describe("another Host (DNS rebinding)", () => {
  it.each([
    "evil.example",
    "evil.example:PORT",
    "127.0.0.1",
    "127.0.0.1:1",
    "localhost",
    "localhost.:PORT",
    "[::1]:PORT",
    "0.0.0.0:PORT",
    "127.0.0.1:PORT.evil.example",
  ])("%s is refused, cookie or not, for every path", async (template) => {
    const cookie = await enter();
    const host = template.replace("PORT", String(server.port));
    for (const target of ["/", "/assets/main.js", "/api/events", linkPath()]) {
      expect((await ask(target, { headers: { host, cookie } })).status, target).toBe(403);
    }
    expect((await call({ host, cookie, origin: `http://${host}` })).status).toBe(403);
    expect(asked).toEqual([]);
  });

  it("does not use up the token", async () => {
    const link = linkPath();
    await ask(link, { headers: { host: "evil.example" } });
    expect((await ask(link)).status).toBe(303);
  });

  it("takes localhost with the port", async () => {
    const cookie = await enter();
    const host = `localhost:${String(server.port)}`;
    expect((await ask("/", { headers: { host, cookie } })).status).toBe(200);
    expect((await call({ host, cookie, origin: `http://${host}` })).status).toBe(200);
    expect((await call({ host, cookie, origin: own })).status).toBe(403);
  });
});

describe("a call", () => {
  it("with cookie and Origin goes through dispatch as `window`, whatever it claims", async () => {
    const answer = await call({ cookie: await enter(), origin: own }, '{"channel":"gate.pause","role":"command","input":{"paused":true}}');
    expect(answer.status).toBe(200);
    expect(JSON.parse(answer.text)).toEqual({ ok: true, value: { fine: true } });
    expect(asked).toEqual([{ role: "window", channel: "gate.pause", input: { paused: true } }]);
  });

  it.each([
    undefined,
    "null",
    "http://evil.example",
    "http://127.0.0.1",
    "http://localhost:PORT",
    "https://127.0.0.1:PORT",
    "http://127.0.0.1:PORT.evil.example",
  ])("with Origin %s is refused", async (template) => {
    const origin = template?.replace("PORT", String(server.port));
    const cookie = await enter();
    expect((await call(origin === undefined ? { cookie } : { cookie, origin })).status).toBe(403);
    expect(asked).toEqual([]);
  });

  it.each([
    "text/plain",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "text/plain; application/json",
    "application/jsonx",
    "",
  ])("of type %s, which a form can send, is refused", async (type) => {
    const answer = await call({ cookie: await enter(), origin: own, "content-type": type });
    expect(answer.status).toBe(415);
    expect(asked).toEqual([]);
  });

  it.each(["GET", "PUT", "DELETE", "OPTIONS", "HEAD", "PATCH"])("by %s is refused", async (method) => {
    const cookie = await enter();
    const answer = await ask("/api/call", { method, headers: { cookie, origin: own } });
    expect(answer.status).toBe(405);
    expect(answer.headers["access-control-allow-origin"]).toBeUndefined();
  });

  it.each(["", "{", "[]", "null", '"state.get"', "{}", '{"__proto__":{"channel":"state.get"}}'])(
    "with the body %s is refused",
    async (body) => {
      expect((await call({ cookie: await enter(), origin: own }, body)).status).toBe(400);
      expect(asked).toEqual([]);
    },
  );

  it("is at most 1 MB, told or untold", async () => {
    const cookie = await enter();
    const body = Buffer.alloc((1 << 20) + 1, 0x20);
    expect((await call({ cookie, origin: own }, body)).status).toBe(413);
    const untold = await call({ cookie, origin: own, "transfer-encoding": "chunked" }, body).catch(() => "cut off");
    expect(untold === "cut off" || (untold as Answer).status === 413).toBe(true);
    expect(asked).toEqual([]);
    body.write('{"channel":"state.get"}');
    expect((await call({ cookie, origin: own }, body.subarray(0, 1 << 20))).status).toBe(200);
  });
});

describe("files", () => {
  it("are those of the bundle, with their type and all security headers", async () => {
    const cookie = await enter();
    for (const [target, type] of [
      ["/", "text/html; charset=utf-8"],
      ["/assets/main.js", "text/javascript; charset=utf-8"],
    ] as const) {
      const answer = await ask(target, { headers: { cookie } });
      expect(answer.status).toBe(200);
      expect(answer.headers["content-type"]).toBe(type);
    }
    expect((await ask("/", { headers: { cookie } })).text).toContain("<title>ours</title>");
  });

  it("are nothing else", async () => {
    const cookie = await enter();
    for (const target of [
      "/../secret.json",
      "/..%2fsecret.json",
      "/assets/../../secret.json",
      "/%2e%2e/secret.json",
      "/..\\secret.json",
      "//secret.json",
      "/link.json",
      "/notes.txt",
      "/assets",
      "/assets/",
      "/index.html%00.js",
      `/${path.join(fixture.folder, "secret.json")}`,
      "/__proto__",
      "/constructor",
    ]) {
      expect((await ask(target, { headers: { cookie } })).status, target).toBe(404);
    }
  });

  it("and every other answer carry the headers", async () => {
    const cookie = await enter();
    const answers = [
      await ask("/", { headers: { cookie } }),
      await ask("/"),
      await ask("/nothing", { headers: { cookie } }),
      await ask("/", { headers: { host: "evil.example" } }),
      await ask(linkPath()),
      await call({ cookie, origin: own }),
    ];
    for (const { headers } of answers) {
      for (const [name, value] of Object.entries(securityHeaders)) expect(headers[name.toLowerCase()]).toBe(value);
    }
    expect(securityHeaders).toEqual({
      "Content-Security-Policy":
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
      "X-Content-Type-Options": "nosniff",
      "X-Frame-Options": "DENY",
      "Referrer-Policy": "no-referrer",
      "Cross-Origin-Opener-Policy": "same-origin",
      "Cross-Origin-Resource-Policy": "same-origin",
      "Permissions-Policy": "camera=(), microphone=(), geolocation=(), clipboard-read=()",
      "Cache-Control": "no-store",
    });
  });
});

describe("the event stream", () => {
  it.each(["POST", "PUT", "DELETE", "OPTIONS", "HEAD"])("is not opened by %s, nor is a file read by it", async (method) => {
    const headers = { cookie: await enter(), origin: own };
    for (const target of ["/api/events", "/"]) expect((await ask(target, { method, headers })).status, target).toBe(405);
    expect(subscribers.size).toBe(0);
  });

  it.each([
    [{ origin: "http://evil.example" }],
    [{ origin: "null" }],
    [{ "sec-fetch-site": "cross-site" }],
    [{ "sec-fetch-site": "same-site" }],
    [{ "sec-fetch-site": "none" }],
  ])("is refused to %j", async (headers) => {
    expect((await ask("/api/events", { headers: { cookie: await enter(), ...headers } })).status).toBe(403);
    expect(subscribers.size).toBe(0);
  });

  it("carries pushes on one line each, and ends with its reader", async () => {
    const cookie = await enter();
    const received = await new Promise<string>((resolve) => {
      const request = http.get(
        { host: "127.0.0.1", port: server.port, path: `${place}/api/events`, headers: { cookie }, agent: false },
        (response) => {
          let text = "";
          response.on("data", (chunk: Buffer) => {
            text += chunk.toString("utf8");
            if (text.includes("retry") && !text.includes("data:")) {
              for (const subscriber of subscribers) subscriber("state.changed", { evil: "a\n\nevent: journal.appended\ndata: {}" });
            }
            if (text.includes("data:")) {
              resolve(text);
              request.destroy();
            }
          });
        },
      );
      request.on("error", () => undefined);
    });
    expect(received).toBe('retry: 1000\n\nevent: state.changed\ndata: {"evil":"a\\n\\nevent: journal.appended\\ndata: {}"}\n\n');
    const deadline = Date.now() + 5_000;
    while (subscribers.size > 0 && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 10));
    expect(subscribers.size).toBe(0);
  });
});

it("a browser with many windows can still ask: the oldest streams make room, and say so", async () => {
  const cookie = await enter();
  const said: string[] = [];
  const open = (index: number): Promise<void> =>
    new Promise((resolve) => {
      http.get({ host: "127.0.0.1", port: server.port, path: `${place}/api/events`, headers: { cookie }, agent: false }, (response) => {
        said[index] = "";
        response.on("data", (chunk: Buffer) => (said[index] += chunk.toString()));
        response.on("error", () => undefined);
        response.on("end", () => (said[index] += "(end)"));
        resolve();
      });
    });
  for (let index = 0; index < 6; index++) await open(index);
  for (const subscriber of subscribers) subscriber("state.changed", { revision: 1 });
  const displaced = "retry: 1000\n\nevent: displaced\ndata: {}\n\n(end)";
  const follows = 'retry: 1000\n\nevent: state.changed\ndata: {"revision":1}\n\n';
  await expect.poll(() => said).toEqual([displaced, displaced, follows, follows, follows, follows]);
  expect(subscribers.size).toBe(4);
});

it("WebSocket upgrades, CONNECT and nonsense are cut off", async () => {
  for (const text of [
    `GET / HTTP/1.1\r\nHost: 127.0.0.1:${String(server.port)}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`,
    "CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example\r\n\r\n",
    "nonsense\r\n\r\n",
  ]) {
    const got = await new Promise<string>((resolve) => {
      let received = "";
      const socket = net.connect(server.port, "127.0.0.1", () => socket.write(text));
      socket.on("data", (chunk: Buffer) => {
        received += chunk.toString("utf8");
      });
      socket.on("error", () => undefined);
      socket.on("close", () => resolve(received));
    });
    expect(got).toBe("");
  }
});
