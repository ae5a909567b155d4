import { randomUUID } from "node:crypto";
import net from "node:net";
import path from "node:path";
import { ok } from "../../shared/errors.ts";
import type { Result } from "../../shared/errors.ts";
import type { ClientSession } from "../../shared/model/client.ts";
import type { JournalDraft } from "../../shared/model/journal-entry.ts";
import type { Dispatch } from "../api/dispatch.ts";
import type { SubscribePushes } from "../api/pushes.ts";
import type { Gate } from "../gate/gate.ts";
import { socketPath, tokenPath } from "../settings/paths.ts";
import type { Paths } from "../settings/paths.ts";
import { serveCommands } from "./command-session.ts";
import { readPreamble } from "./preamble.ts";
import type { Preamble } from "./preamble.ts";
import { listenOnce, prepareRunFolder } from "./run-folder.ts";
import { serveClient } from "./session.ts";
import type { LiveSession } from "./session.ts";
import { newToken, removeToken, sameToken, writeToken } from "./tokens.ts";

/**
 * The local socket. A connection's first line is a preamble of at most 4 KiB:
 *   {"portcullis":1,"token":"…","role":"client","server":"NAME","client":"NAME"}   then raw MCP, both ways
 *   {"portcullis":1,"token":"…","role":"command"}                                  then one JSON per line: {id, channel, input} → {id, ...envelope}
 * A wrong token, an unknown role or a missing preamble (2 s) ends the connection. There is no way to name a command to run.
 */
export interface Listener {
  sessions(): readonly ClientSession[];
  onChange(listener: () => void): () => void;
  /** Ends every session (pending calls get an error) and turns newcomers away; the socket stays taken. */
  drain(): Promise<void>;
  /** Drains, stops listening and removes socket and token, if they are still ours: from then on another app may listen there. */
  close(): Promise<void>;
}

export interface ListenerDeps {
  /**
   * The socket is taken before what it leads to is opened. Whoever connects before this resolves waits; nothing of what follows is
   * used earlier.
   */
  readonly ready: Promise<unknown>;
  readonly paths: Paths;
  readonly platform: NodeJS.Platform;
  readonly openSession: Gate["open"];
  readonly dispatch: Dispatch;
  readonly subscribe: SubscribePushes;
  readonly now: () => number;
  /** Journals a connection or its end. Must not throw: with a journal that cannot be written the gate refuses every call. */
  readonly record: (draft: JournalDraft) => void;
  /** How long a connection may take to show its token, in milliseconds. Default 2,000. */
  readonly preambleMs?: number;
}

const maxConnections = 512;

/**
 * Opens the local socket with a token of its own. Fails with `already-exists` when an app answers there already, and with
 * `cannot-start` when folder or socket cannot be made safe.
 */
export async function createListener(deps: ListenerDeps): Promise<Result<Listener>> {
  const { paths, platform, now } = deps;
  const socketFile = socketPath(paths, platform);
  const token = newToken();
  const sessions = new Set<LiveSession>();
  const sockets = new Set<net.Socket>();
  const listeners = new Set<() => void>();
  let closing = false;
  const changed = (): void => {
    for (const listener of listeners) listener();
  };

  const openClient = (socket: net.Socket, rest: Buffer, server: string, client: string): void => {
    const info = { id: randomUUID(), client, server };
    const connectedAt = now();
    deps.record({ kind: "client-connected", client, server, detail: { session: info.id } });
    const live = serveClient(socket, rest, {
      info,
      connectedAt,
      open: deps.openSession,
      onChange: changed,
      onClosed() {
        sessions.delete(live);
        deps.record({
          kind: "client-disconnected",
          client,
          server,
          durationMs: now() - connectedAt,
          detail: { session: info.id, calls: live.gate.calls() },
        });
        changed();
      },
    });
    sessions.add(live);
    changed();
  };

  const admit = async (socket: net.Socket, preamble: Preamble, rest: Buffer): Promise<void> => {
    await deps.ready;
    if (closing || socket.destroyed) {
      socket.destroy();
      return;
    }
    socket.resume();
    if (preamble.role === "command") serveCommands(socket, rest, deps);
    else openClient(socket, rest, preamble.server, preamble.client);
  };

  const server = net.createServer({ allowHalfOpen: true }, (socket) => {
    if (closing) {
      socket.destroy();
      return;
    }
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    // A reset connection is an ended one; `close` follows.
    socket.on("error", () => undefined);
    readPreamble(
      socket,
      { deadlineMs: deps.preambleMs ?? 2_000, accepts: (given) => !closing && sameToken(token, given) },
      (preamble, rest) => {
        socket.pause();
        void admit(socket, preamble, rest);
      },
    );
  });
  server.maxConnections = maxConnections;

  let drained: Promise<void> | undefined;
  const drain = async (): Promise<void> => {
    closing = true;
    await removeToken(tokenPath(paths), token);
    await Promise.all([...sessions].map((session) => session.close()));
    const gone = Promise.all([...sockets].map((socket) => new Promise((resolve) => socket.once("close", resolve))));
    for (const socket of sockets) socket.destroySoon();
    const timer = setTimeout(() => {
      for (const socket of sockets) socket.destroy();
    }, 1_000);
    await gone;
    clearTimeout(timer);
  };

  const folder = await prepareRunFolder(paths.run);
  if (!folder.ok) return folder;
  const listening = await listenOnce(server, {
    socket: socketFile,
    lock: path.join(paths.run, "listen.lock"),
    platform,
    beforeListen: () => writeToken(tokenPath(paths), token),
  });
  if (!listening.ok) return listening;

  return ok({
    sessions: () =>
      [...sessions].map(({ info, connectedAt, gate }) => ({
        id: info.id,
        name: info.client,
        says: gate.says(),
        server: info.server,
        connectedAt,
        calls: gate.calls(),
      })),
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    drain: () => (drained ??= drain()),
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      await (drained ??= drain());
      await closed;
      await listening.value.remove();
    },
  });
}
