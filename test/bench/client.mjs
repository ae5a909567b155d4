// A raw JSON-RPC load over a pair of streams: no SDK, so that what is measured is the path and not the client.
import { spawn } from "node:child_process";
import { once } from "node:events";
import net from "node:net";

/** A connection that counts nothing but lines: `request(line)` resolves with the answer's bytes. */
export class RawClient {
  #input;
  #waiting = new Map();
  #rest = [];
  #next = 1;
  constructor(output, input) {
    this.#input = input;
    output.on("data", (chunk) => this.#take(chunk));
    output.on("close", () => this.#fail(new Error("the other side has ended")));
    input.on("error", (error) => this.#fail(error));
  }
  #take(chunk) {
    let start = 0;
    for (;;) {
      const end = chunk.indexOf(10, start);
      if (end < 0) break;
      const piece = chunk.subarray(start, end);
      const line = this.#rest.length === 0 ? piece : Buffer.concat([...this.#rest, piece]);
      this.#rest = [];
      start = end + 1;
      // The id of an answer stands in the first or the last bytes: servers put it right after `jsonrpc` or at the end.
      const text =
        line.length > 400 ? `${line.toString("latin1", 0, 80)}${line.toString("latin1", line.length - 80)}` : line.toString("latin1");
      const id = Number(/"id":(\d+)/.exec(text)?.[1] ?? -1);
      const settle = this.#waiting.get(id);
      if (settle === undefined) continue;
      this.#waiting.delete(id);
      settle.resolve(line);
    }
    if (start < chunk.length) this.#rest.push(chunk.subarray(start));
  }
  #fail(error) {
    for (const settle of this.#waiting.values()) settle.reject(error);
    this.#waiting.clear();
  }
  request(method, params) {
    const id = this.#next++;
    const answer = new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
    this.#input.write(`${JSON.stringify({ jsonrpc: "2.0", id, method, params })}\n`);
    return answer;
  }
  notify(method, params) {
    this.#input.write(`${JSON.stringify({ jsonrpc: "2.0", method, params })}\n`);
  }
  async initialize() {
    const answer = await this.request("initialize", {
      protocolVersion: "2025-06-18",
      capabilities: {},
      clientInfo: { name: "bench", version: "1" },
    });
    this.notify("notifications/initialized");
    return answer;
  }
}

/** Starts a command as a client would and speaks to it over stdio. */
export function overStdio(argv, env = process.env) {
  const child = spawn(argv[0], argv.slice(1), { stdio: ["pipe", "pipe", "ignore"], env });
  return { child, client: new RawClient(child.stdout, child.stdin), end: () => endChild(child) };
}

/** Straight on the app's local socket, without a bridge. */
export async function overSocket(path, preamble) {
  const socket = net.connect(path);
  await once(socket, "connect");
  socket.write(`${JSON.stringify(preamble)}\n`);
  return { client: new RawClient(socket, socket), end: async () => void socket.destroy() };
}

async function endChild(child) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, "exit");
  child.stdin.end();
  const timer = setTimeout(() => child.kill("SIGKILL"), 1000);
  await gone;
  clearTimeout(timer);
}
