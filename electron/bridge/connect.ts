import { readFileSync } from "node:fs";
import net from "node:net";
import type { Writable } from "node:stream";
import { resolvePaths, socketPath, tokenPath } from "../settings/paths.ts";
import type { Paths } from "../settings/paths.ts";
import { readLaunchFile } from "../settings/launch-file.ts";
import type { LaunchRecord } from "../settings/launch-file.ts";
import { straightTo } from "./byte-source.ts";
import type { ByteSource, TakeChunk } from "./byte-source.ts";
import { createOpenRequests } from "./open-requests.ts";
import { startApp } from "./start-app.ts";
import type { Starting } from "./start-app.ts";

/**
 * `portcullis connect SERVER [--client NAME]`: a client's stdio piped to the running app. Bytes are passed on as they come; the scan
 * for open requests runs right after that. The client never hangs: when the app cannot be reached, or goes away, every request gets a
 * JSON-RPC error in words, until the client closes stdin.
 */
export interface BridgeDeps {
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly platform: NodeJS.Platform;
  readonly stdin: ByteSource;
  /** What it counts in `writableLength` no more, it needs no more. */
  readonly stdout: Writable;
  readonly stderr: Writable;
  /** How to start the app where none has ever recorded it; null where that is not known. */
  readonly fallback: Pick<LaunchRecord, "command" | "args"> | null;
  /** How long to wait for an app that is being started, in milliseconds. */
  readonly startMs: number;
}

const usage = `Usage: portcullis connect SERVER [--client NAME]

Connects an MCP client's stdio to SERVER through the running Portcullis. This is what a client's config launches:

  { "command": "portcullis", "args": ["connect", "SERVER", "--client", "claude-desktop"] }
`;

const maxWaitingBytes = 1 << 20;
const closeMs = 5_000;
const leaveMs = 2_000;

/** Resolves with the exit status when the client is gone or the session has ended: 0, 1 (said why), 2 (usage). Never rejects. */
export async function runBridge(deps: BridgeDeps): Promise<number> {
  const named = parseArgs(deps.args);
  if (named.kind === "help") {
    deps.stdout.write(usage);
    return 0;
  }
  if (named.kind === "wrong") {
    deps.stderr.write(`portcullis connect: ${named.reason}\n\n${usage}`);
    return 2;
  }
  const client = createClientEnd(deps);
  const reached = await reach(deps, client);
  if (typeof reached === "string") {
    if (!client.ended()) deps.stderr.write(`portcullis: ${reached}\n`);
    return client.refuse(reached);
  }
  const { socket, token } = reached;
  socket.write(`${JSON.stringify({ portcullis: 1, token, role: "client", server: named.server, client: named.client })}\n`);
  return client.pipe(socket);
}

/** The client's side: stdin is read from the start, so that its end is seen; what comes before the app is reached waits, bounded. */
function createClientEnd(deps: BridgeDeps) {
  const { stdin, stdout } = deps;
  const open = createOpenRequests();
  let socket: net.Socket | null = null;
  let refusal: string | null = null;
  let ended = false;
  let waiting: Buffer[] = [];
  let waitingBytes = 0;
  let finish: (status: number) => void = () => undefined;
  const finished = new Promise<number>((resolve) => {
    finish = resolve;
  });

  const answer = (id: string, message: string): void => {
    const line = `{"jsonrpc":"2.0","id":${id},"error":{"code":-32603,"message":${JSON.stringify(message)}}}\n`;
    if (!stdout.write(line)) stdin.pause();
  };
  const refuseOpen = (message: string): void => {
    for (const id of open.take()) answer(id, message);
  };
  /** The last bytes are out, or their reader is gone. */
  const leave = (status: number): void => {
    if (stdout.destroyed || stdout.writableEnded) finish(status);
    else {
      stdout.write("", () => finish(status));
      setTimeout(() => finish(status), leaveMs).unref();
    }
  };
  const refuse = (message: string): void => {
    if (refusal !== null) return;
    refusal = message;
    // A line that the app could not finish is ended, so that the errors are lines of their own.
    if (open.midLine()) stdout.write("\n");
    refuseOpen(message);
    waiting = [];
    if (ended) leave(1);
    else stdin.resume();
  };
  const end = (): void => {
    if (ended) return;
    ended = true;
    if (refusal !== null) leave(1);
    else if (socket !== null) endSocket(socket);
  };
  const endSocket = (live: net.Socket): void => {
    live.end();
    setTimeout(() => live.destroy(), closeMs).unref();
  };

  /** Passes bytes on; whether they themselves are needed no more. What must wait behind others waits as a copy of its own size. */
  const pass = (chunk: Buffer, to: Writable, from: { pause(): void } | null): boolean => {
    const waits = to.writableLength > 0;
    if (!to.write(waits ? Buffer.from(chunk) : chunk)) from?.pause();
    return waits || to.writableLength === 0;
  };
  const fromClient = (chunk: Buffer): boolean => {
    if (refusal !== null) {
      open.sent(chunk);
      refuseOpen(refusal);
      return true;
    }
    let isDone = true;
    if (socket !== null) {
      isDone = pass(chunk, socket, stdin);
    } else {
      waiting.push(Buffer.from(chunk));
      waitingBytes += chunk.length;
      if (waitingBytes > maxWaitingBytes) stdin.pause();
    }
    open.sent(chunk);
    return isDone;
  };
  stdin.start(fromClient, end);
  stdout.on("drain", () => {
    if (refusal !== null) stdin.resume();
    else socket?.resume();
  });
  // The client has closed its end: nobody is left to answer.
  stdout.on("error", () => {
    socket?.destroy();
    finish(0);
  });

  return {
    ended: () => ended,
    refuse(message: string): Promise<number> {
      refuse(message);
      return finished;
    },
    /** Bytes of the app. */
    fromApp(chunk: Buffer): boolean {
      const isDone = pass(chunk, stdout, socket);
      open.received(chunk);
      return isDone;
    },
    pipe(live: net.Socket): Promise<number> {
      for (const chunk of waiting) live.write(chunk);
      waiting = [];
      socket = live;
      stdin.resume();
      live.on("drain", () => stdin.resume());
      live.on("error", () => undefined);
      live.on("close", () => {
        socket = null;
        if (ended) leave(0);
        else refuse("Portcullis has closed this connection: it was quit or restarted. Reconnect this server in your client.");
      });
      if (ended) endSocket(live);
      return finished;
    },
  };
}

type ClientEnd = ReturnType<typeof createClientEnd>;
type Reached = { readonly socket: net.Socket; readonly token: string };

/** The app's socket; or, in words, why it cannot be had. Starts the app once if nothing listens. */
async function reach(deps: BridgeDeps, client: Pick<ClientEnd, "ended" | "fromApp">): Promise<Reached | string> {
  const paths = resolvePaths(deps.env, deps.platform);
  let launch = readLaunchFile(paths);
  let denied: string | null = null;
  const attempt = async (): Promise<Reached | null> => {
    const runs = new Set([paths.run, ...(launch === null ? [] : [launch.run])]);
    for (const run of runs) {
      const found = await connectOnce({ ...paths, run }, deps.platform, client.fromApp);
      if (typeof found !== "string") return found;
      if (found !== "") denied = found;
    }
    return null;
  };
  const first = await attempt();
  if (first !== null) return first;
  if (denied !== null) return `Portcullis cannot be reached: ${String(denied)}`;

  const how = launch ?? (deps.fallback === null ? null : { ...deps.fallback, env: {} });
  const byHand = "Open the Portcullis app or run `portcullis serve`, then reconnect this server in your client.";
  if (how === null) return `Portcullis is not running, and it was never started on this machine. ${byHand}`;
  let starting: Starting;
  try {
    starting = startApp(how, paths, deps.env);
  } catch (error) {
    return `Portcullis is not running and could not be started: ${error instanceof Error ? error.message : "unknown reason"}. ${byHand}`;
  }
  try {
    const deadline = Date.now() + deps.startMs;
    for (let pause = 40; Date.now() < deadline && !client.ended(); pause = Math.min(250, pause * 1.5)) {
      await new Promise((resolve) => setTimeout(resolve, pause));
      launch = readLaunchFile(paths);
      const reached = await attempt();
      if (reached !== null) return reached;
      const failed = starting.failed();
      if (failed !== null) return `Portcullis is not running and could not be started: ${failed}. ${byHand}`;
    }
    return `Portcullis was started but did not answer within ${String(Math.round(deps.startMs / 1000))} seconds. ${byHand}`;
  } finally {
    starting.release();
  }
}

/** A connected socket with the token to show on it; "" when nothing listens; otherwise why we may not. */
function connectOnce(paths: Paths, platform: NodeJS.Platform, chunk: TakeChunk): Promise<Reached | string> {
  return new Promise((resolve) => {
    const socket = net.connect({ path: socketPath(paths, platform), allowHalfOpen: true, ...straightTo(chunk) });
    const failed = (error: NodeJS.ErrnoException): void => {
      socket.destroy();
      resolve(error.code === "EACCES" || error.code === "EPERM" ? `${error.code} on its socket; it belongs to another user` : "");
    };
    socket.once("error", failed);
    socket.once("connect", () => {
      try {
        const token = readFileSync(tokenPath(paths), "utf8").trim();
        socket.removeListener("error", failed);
        // Half-open, so that the app's end of stream does not cut off what the client still gets to read.
        socket.once("end", () => socket.end());
        resolve({ socket, token });
      } catch (error) {
        failed(error as NodeJS.ErrnoException);
      }
    });
  });
}

type Named =
  | { readonly kind: "named"; readonly server: string; readonly client: string }
  | { readonly kind: "help" }
  | { readonly kind: "wrong"; readonly reason: string };

function parseArgs(args: readonly string[]): Named {
  let server: string | null = null;
  let client = "unnamed";
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] ?? "";
    if (arg === "--help" || arg === "-h") return { kind: "help" };
    if (arg === "--client" || arg.startsWith("--client=")) {
      const value = arg === "--client" ? args[++i] : arg.slice("--client=".length);
      if (value === undefined || !/^[A-Za-z0-9][A-Za-z0-9 ._-]{0,63}$/.test(value)) {
        return { kind: "wrong", reason: "--client needs a name: letters, digits, space, dot, dash and underscore; at most 64" };
      }
      client = value;
    } else if (arg.startsWith("-")) return { kind: "wrong", reason: `there is no option ${arg}` };
    else if (server !== null) return { kind: "wrong", reason: "name one server" };
    else server = arg;
  }
  if (server === null) return { kind: "wrong", reason: "which server? Its name is missing" };
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(server)) return { kind: "wrong", reason: `${JSON.stringify(server)} is no server name` };
  return { kind: "named", server, client };
}
