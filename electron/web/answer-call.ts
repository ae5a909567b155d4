import type http from "node:http";
import { fail } from "../../shared/errors.ts";
import type { Envelope } from "../../shared/ipc/envelope.ts";
import type { Dispatch } from "../api/dispatch.ts";

const maxBodyBytes = 1 << 20;

/** `POST {channel, input}` → the envelope. Only JSON by name, which a form or a simple cross-site request cannot send. */
export async function answerCall(request: http.IncomingMessage, response: http.ServerResponse, dispatch: Dispatch): Promise<void> {
  if (!/^application\/json\s*(;|$)/i.test(request.headers["content-type"] ?? "")) {
    reply(response, 415, fail("bad-input", "the body must be application/json"));
    return;
  }
  const body = await readBody(request);
  if (body === null) {
    // The rest of it is not read: the connection is of no further use.
    response.setHeader("Connection", "close");
    reply(response, 413, fail("too-large", "the body is larger than 1 MB"));
    return;
  }
  const call = parse(body);
  if (call === null) {
    reply(response, 400, fail("bad-input", "the body must be {channel, input}"));
    return;
  }
  reply(response, 200, await dispatch("window", call.channel, call.input));
}

async function readBody(request: http.IncomingMessage): Promise<Buffer | null> {
  if (Number(request.headers["content-length"] ?? 0) > maxBodyBytes) return null;
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBodyBytes) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function parse(body: Buffer): { channel: unknown; input: unknown } | null {
  try {
    const value: unknown = JSON.parse(body.toString("utf8"));
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, "channel")) return null;
    const { channel, input } = value as { channel: unknown; input?: unknown };
    return { channel, input };
  } catch {
    return null;
  }
}

function reply(response: http.ServerResponse, status: number, envelope: Envelope): void {
  response.writeHead(status, { "Content-Type": "application/json; charset=utf-8" });
  response.end(JSON.stringify(envelope));
}
