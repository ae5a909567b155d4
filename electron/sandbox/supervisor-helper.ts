// The process behind one server's network: sandbox-runtime keeps one policy and one proxy for each process, so every server with hosts has
// its own. It holds no secret of the person. It ends with the server, or when the app is gone, and leaves nothing behind.
import { rmSync } from "node:fs";
import net from "node:net";
import path from "node:path";
import { SandboxManager } from "@anthropic-ai/sandbox-runtime";
import { descendants, readProcesses } from "./process-tree.ts";
import { folderVariable } from "./supervisor-messages.ts";
import type { SupervisorReply, SupervisorStart } from "./supervisor-messages.ts";

/** Electron's end of a utility process; on Node there is none and the fork's own channel is used. */
interface ParentPort {
  postMessage(message: unknown): void;
  on(event: "message", listener: (event: { data: unknown }) => void): void;
}

const parentPort = (process as unknown as { parentPort?: ParentPort }).parentPort;

function reply(message: SupervisorReply): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a process's port has no origin
  if (parentPort !== undefined) parentPort.postMessage(message);
  else process.send?.(message);
}

function isStart(message: unknown): message is SupervisorStart {
  return typeof message === "object" && message !== null && "kind" in message && message.kind === "start";
}

function join(inner: net.Socket, outer: net.Socket): void {
  inner.pipe(outer);
  outer.pipe(inner);
}

/** Either side's failure ends both. */
function bind(inner: net.Socket, outer: net.Socket): void {
  for (const [one, other] of [[inner, outer] as const, [outer, inner] as const]) {
    one.on("error", () => other.destroy());
    one.on("close", () => other.destroy());
  }
}

function listen(socket: string, onConnection: (inner: net.Socket) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const server = net.createServer({ allowHalfOpen: true, pauseOnConnect: true }, onConnection);
    server.once("error", reject);
    server.listen(socket, () => resolve());
  });
}

/** Asks the proxy for one fixed destination, so that the policy is applied to it like to everything else. */
function forward(inner: net.Socket, port: number, token: string, host: string, to: number): void {
  const outer = net.connect({ host: "127.0.0.1", port, allowHalfOpen: true });
  bind(inner, outer);
  const target = `${host.includes(":") ? `[${host}]` : host}:${to}`;
  const credentials = Buffer.from(`srt:${token}`).toString("base64");
  outer.write(`CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\nProxy-Authorization: Basic ${credentials}\r\n\r\n`);
  let head = Buffer.alloc(0);
  const onData = (chunk: Buffer): void => {
    head = Buffer.concat([head, chunk]);
    const end = head.indexOf("\r\n\r\n");
    if (end === -1) {
      if (head.length > 16_384) outer.destroy();
      return;
    }
    outer.off("data", onData);
    if (!/^HTTP\/1\.[01] 2[0-9][0-9]/.test(head.toString("latin1", 0, end))) {
      outer.destroy();
      return;
    }
    outer.pause();
    const rest = head.subarray(end + 4);
    if (rest.length > 0) outer.unshift(rest);
    join(inner, outer);
  };
  outer.on("data", onData);
}

async function openSockets(sockets: NonNullable<SupervisorStart["sockets"]>): Promise<string> {
  const port = SandboxManager.getProxyPort();
  const token = SandboxManager.getProxyAuthToken();
  if (port === undefined || token === undefined) throw new Error("the proxy has no port or no token");
  await listen(path.join(sockets.folder, "proxy.sock"), (inner) => {
    const outer = net.connect({ host: "127.0.0.1", port, allowHalfOpen: true });
    bind(inner, outer);
    join(inner, outer);
  });
  for (const [index, target] of sockets.forwards.entries()) {
    await listen(path.join(sockets.folder, `${index}.sock`), (inner) => forward(inner, port, token, target.host, target.port));
  }
  return token;
}

/** sandbox-runtime also starts relays of its own, which we do not use and which would outlive us. */
async function endRelays(): Promise<void> {
  for (const child of descendants(await readProcesses(), process.pid)) if (child.name === "socat") process.kill(child.pid, "SIGKILL");
}

async function start(message: SupervisorStart): Promise<void> {
  await SandboxManager.initialize(message.config);
  await endRelays();
  const token = message.sockets === null ? null : await openSockets(message.sockets);
  if (message.command === null) {
    reply({ kind: "ready", token, wrapped: null });
    return;
  }
  const wrapped = await SandboxManager.wrapWithSandboxArgv(message.command);
  const env = Object.fromEntries(
    Object.entries(wrapped.env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const])),
  );
  reply({ kind: "ready", token, wrapped: { argv: [...wrapped.argv], env } });
}

function run(): void {
  const folder = process.env[folderVariable];
  const end = (): void => {
    const clean = (): void => {
      if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
      process.exit(0);
    };
    setTimeout(clean, 2000);
    // Also those of a start that was under way when the app went.
    SandboxManager.reset().then(endRelays).then(clean, clean);
  };
  const onMessage = (message: unknown): void => {
    if (!isStart(message)) {
      end();
      return;
    }
    start(message).catch((error: unknown) => reply({ kind: "failed", reason: error instanceof Error ? error.message : String(error) }));
  };
  if (parentPort === undefined) {
    process.on("message", onMessage);
    process.on("disconnect", end);
  } else {
    parentPort.on("message", (event) => onMessage(event.data));
  }
}

run();
