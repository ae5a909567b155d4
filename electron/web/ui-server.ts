import { randomBytes } from "node:crypto";
import http from "node:http";
import type { AddressInfo } from "node:net";
import type { Dispatch } from "../api/dispatch.ts";
import type { SubscribePushes } from "../api/pushes.ts";
import { answerCall } from "./answer-call.ts";
import { createBundle } from "./bundle.ts";
import type { Bundle } from "./bundle.ts";
import { createEntry } from "./entry.ts";
import { openEventStream, type EventStream } from "./event-stream.ts";

/**
 * The browser UI of `portcullis serve --ui`, on 127.0.0.1 only. A web page anywhere can send requests here, so (threats 7, 8, 9):
 * the Host must be ours (DNS rebinding), the Origin must be ours on everything that does or tells something, nothing is answered
 * without the cookie, and the cookie is had only for a one-time token that was shown to the person. All of it is below a path that
 * nobody can guess, and the cookie is for that path: browsers send cookies to every port of a machine, so any other program that listens
 * on it would get one for `/` from whoever visits it. Every call goes through dispatch with the role `window`: there is no other way
 * to anything. Only files of the bundle are served.
 */
export interface UiServer {
  readonly port: number;
  /** A fresh address with a one-time token, good for one visit within ten minutes. `screen` is where it leads. */
  newUrl(screen?: string): string;
  /** Ends every stream and connection. */
  close(): Promise<void>;
}

export interface UiServerDeps {
  /** The built renderer. */
  readonly folder: string;
  readonly dispatch: Dispatch;
  readonly subscribe: SubscribePushes;
  readonly now: () => number;
}

const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

/** On every answer, whatever it is. */
export const securityHeaders: Readonly<Record<string, string>> = {
  "Content-Security-Policy": contentSecurityPolicy,
  "X-Content-Type-Options": "nosniff",
  "X-Frame-Options": "DENY",
  "Referrer-Policy": "no-referrer",
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Resource-Policy": "same-origin",
  "Permissions-Policy": "camera=(), microphone=(), geolocation=(), clipboard-read=()",
  "Cache-Control": "no-store",
};

const letIn = "`portcullis open` prints a link that lets this browser in.";

/** Listens on a port of the system's choice. Rejects when `folder` cannot be read or nothing can be listened on. */
export async function createUiServer(deps: UiServerDeps): Promise<UiServer> {
  const bundle = await createBundle(deps.folder);
  const entry = createEntry(deps.now);
  const streams = new Set<EventStream>();
  const place = `/${randomBytes(16).toString("base64url")}`;

  const server = http.createServer({ headersTimeout: 10_000, requestTimeout: 20_000, keepAliveTimeout: 5_000, maxHeaderSize: 16_384 });
  server.maxConnections = 64;
  server.on("request", (request, response) => {
    for (const [name, value] of Object.entries(securityHeaders)) response.setHeader(name, value);
    const { port } = server.address() as AddressInfo;
    void route(request, response, { deps, bundle, entry, streams, port, place }).catch(() => {
      if (response.headersSent) response.destroy();
      else say(response, 500, "Something went wrong inside Portcullis.");
    });
  });
  // Neither Upgrade nor CONNECT has a use here; a CONNECT that nobody listens for is cut off by Node.
  server.on("upgrade", (_request, socket) => socket.destroy());
  server.on("clientError", (_error, socket) => socket.destroy());

  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      server.removeListener("error", reject);
      resolve();
    });
  });
  const { port } = server.address() as AddressInfo;

  return {
    port,
    newUrl: (screen) => {
      const at = screen === undefined ? "" : `&screen=${encodeURIComponent(screen)}`;
      return `http://127.0.0.1:${String(port)}${place}/enter?token=${entry.newToken()}${at}`;
    },
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

interface Room {
  readonly deps: UiServerDeps;
  readonly bundle: Bundle;
  readonly entry: ReturnType<typeof createEntry>;
  readonly streams: Set<EventStream>;
  readonly port: number;
  /** The path that all of it is below; no slash at its end. */
  readonly place: string;
}

async function route(request: http.IncomingMessage, response: http.ServerResponse, room: Room): Promise<void> {
  const { deps, bundle, entry, streams, port, place } = room;
  const hosts = [`127.0.0.1:${String(port)}`, `localhost:${String(port)}`];
  const host = request.headers.host;
  if (host === undefined || !hosts.includes(host)) {
    say(response, 403, "This address is not served here.");
    return;
  }
  const own = `http://${host}`;
  const method = request.method ?? "";
  const target = request.url ?? "";
  const [asked = "", query = ""] = target.split("?", 2);
  if (!asked.startsWith(`${place}/`)) {
    say(response, 401, letIn);
    return;
  }
  const path = asked.slice(place.length);

  if (path === "/enter" && method === "GET") {
    const given = new URLSearchParams(query);
    const cookie = entry.enter(given.get("token") ?? "", { port, path: `${place}/` });
    if (cookie === null) {
      say(response, 403, "This link was used already, or is too old. `portcullis open` prints a new one.");
      return;
    }
    const screen = given.get("screen") ?? "";
    response.setHeader("Set-Cookie", cookie);
    // As the page's own addresses are (`#/rules`).
    response.setHeader("Location", /^[a-z]{1,32}$/.test(screen) ? `${place}/#/${screen}` : `${place}/`);
    say(response, 303, "");
    return;
  }
  if (!entry.knows(request.headers.cookie, port)) {
    say(response, 401, letIn);
    return;
  }
  if (path === "/api/call") {
    if (method !== "POST") say(response, 405, "Not allowed.");
    else if (request.headers.origin !== own) say(response, 403, "This page may not ask that.");
    else await answerCall(request, response, deps.dispatch);
    return;
  }
  if (method !== "GET") {
    say(response, 405, "Not allowed.");
    return;
  }
  if (path === "/api/events") {
    if (!sameOriginGet(request, own)) say(response, 403, "This page may not ask that.");
    else openEventStream(response, deps.subscribe, streams);
    return;
  }
  const file = await bundle.read(path === "/" ? "/index.html" : path);
  if (file === null) {
    say(response, 404, "There is no such file.");
    return;
  }
  response.writeHead(200, { "Content-Type": file.type, "Content-Length": file.bytes.length });
  response.end(file.bytes);
}

/** A browser leaves Origin out of a GET to its own origin; then Sec-Fetch-Site says where it comes from. */
function sameOriginGet(request: http.IncomingMessage, own: string): boolean {
  const { origin } = request.headers;
  if (origin !== undefined) return origin === own;
  const site = request.headers["sec-fetch-site"];
  return site === undefined || site === "same-origin";
}

function say(response: http.ServerResponse, status: number, text: string): void {
  response.writeHead(status, { "Content-Type": "text/plain; charset=utf-8" });
  response.end(text === "" ? "" : `${text}\n`);
}
