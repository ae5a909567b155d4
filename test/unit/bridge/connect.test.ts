import fs from "node:fs";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import { PassThrough, Writable } from "node:stream";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { runBridge } from "../../../electron/bridge/connect.ts";
import { resolvePaths, socketPath } from "../../../electron/settings/paths.ts";

let home: string;
let servers: net.Server[];

beforeEach(() => {
  home = fs.mkdtempSync(path.join(os.tmpdir(), "bridge-"));
  servers = [];
});
afterEach(() => {
  for (const server of servers) server.close();
  fs.rmSync(home, { recursive: true, force: true });
});

/** An app that does with each connection what it is told. */
async function listen(talk: (socket: net.Socket) => void): Promise<void> {
  const paths = resolvePaths({ PORTCULLIS_HOME: home }, process.platform);
  fs.mkdirSync(paths.run, { recursive: true });
  fs.writeFileSync(path.join(paths.run, "token"), "the token\n");
  const server = net.createServer({ allowHalfOpen: true }, (socket) => {
    socket.on("error", () => undefined);
    talk(socket);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(socketPath(paths, process.platform), resolve));
}

/** An app that says nothing, and leaves with its client; what it hears. */
async function hearing(): Promise<readonly string[]> {
  const said: string[] = [];
  await listen((socket) => {
    socket.on("data", (chunk) => said.push(chunk.toString()));
    socket.on("end", () => socket.end());
  });
  return said;
}

interface Client {
  send(text: string): void;
  leave(): void;
  out(): string;
  errors(): string;
  readonly pauses: () => number;
  readonly status: Promise<number>;
  readonly stdout: ClientStdout;
}

/** What the client reads from, as a pipe: what has been read is its own, the rest waits. */
class ClientStdout extends Writable {
  said = "";
  #reads = true;
  #readOn = (): void => undefined;
  stopReading(): void {
    this.#reads = false;
  }
  readOn(): void {
    this.#reads = true;
    this.#readOn();
  }
  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.#readOn = () => {
      this.said += chunk.toString();
      done();
    };
    if (this.#reads) this.#readOn();
  }
}

function connect(over: { readonly startMs?: number; readonly command?: string } = {}): Client {
  const stdout = new ClientStdout();
  const stderr = new PassThrough();
  const client = { errors: "", pauses: 0, chunk: (_bytes: Buffer): boolean => true, ended: (): void => undefined };
  stderr.on("data", (chunk: Buffer) => (client.errors += chunk.toString()));
  const status = runBridge({
    args: ["files", "--client", "Test"],
    env: { PORTCULLIS_HOME: home },
    platform: process.platform,
    stdin: {
      start: (chunk, ended) => {
        client.chunk = chunk;
        client.ended = ended;
      },
      pause: () => void client.pauses++,
      resume: () => undefined,
    },
    stdout,
    stderr,
    fallback: over.command === undefined ? null : { command: process.execPath, args: ["-e", over.command] },
    startMs: over.startMs ?? 1_000,
  });
  return {
    send: (text) => {
      const bytes = Buffer.from(text);
      // As the next read would.
      if (client.chunk(bytes)) bytes.fill("#");
    },
    leave: () => client.ended(),
    out: () => stdout.said,
    errors: () => client.errors,
    pauses: () => client.pauses,
    status,
    stdout,
  };
}

const request = (id: number): string => `${JSON.stringify({ jsonrpc: "2.0", id, method: "ping" })}\n`;

describe("a bridge whose app goes away", () => {
  it("ends the line that the app could not, and answers what is open on a line of its own", async () => {
    await listen((socket) => {
      socket.once("data", () => socket.write('{"jsonrpc":"2.0","id":1,"resu', () => socket.destroy()));
    });
    const client = connect();
    client.send(request(1));
    await expect.poll(() => client.out()).toContain("closed this connection");
    const lines = client.out().trimEnd().split("\n");
    expect(lines).toHaveLength(2);
    expect(JSON.parse(lines[1] ?? "")).toMatchObject({ id: 1, error: { code: -32603 } });
    client.leave();
    expect(await client.status).toBe(1);
  });

  it("shows its token and its names first, and leaves with its client", async () => {
    const said = await hearing();
    const client = connect();
    client.send(request(1));
    await expect.poll(() => said.join("")).toContain("ping");
    expect(said.join("").split("\n")[0]).toBe('{"portcullis":1,"token":"the token","role":"client","server":"files","client":"Test"}');
    client.leave();
    expect(await client.status).toBe(0);
    expect(client.out() + client.errors()).toBe("");
  });
});

describe("a bridge whose client does not read", () => {
  it("does not read the app either, and loses nothing of what it said", async () => {
    const numbers = Array.from({ length: 2 << 20 }, (_, index) => String(index)).join(",");
    await listen((socket) => {
      socket.once("data", () => socket.write(`[${numbers}]\n`));
      socket.on("end", () => socket.end());
    });
    const client = connect();
    client.stdout.stopReading();
    client.send(request(1));
    await expect.poll(() => client.stdout.writableLength).toBeGreaterThan(0);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(client.stdout.writableLength).toBeLessThan(1 << 20);
    client.stdout.readOn();
    await expect.poll(() => client.out().length, { timeout: 10_000 }).toBe(numbers.length + 3);
    expect(client.out() === `[${numbers}]\n`).toBe(true);
    client.leave();
    expect(await client.status).toBe(0);
  });

  it("keeps what comes in little by little meanwhile", async () => {
    const lines = Array.from({ length: 30 }, (_, index) => `{"jsonrpc":"2.0","method":"n","params":[${String(index)}]}\n`);
    await listen((socket) => {
      socket.once("data", () => {
        void (async () => {
          for (const line of lines) {
            socket.write(line);
            await new Promise((resolve) => setTimeout(resolve, 10));
          }
        })();
      });
      socket.on("end", () => socket.end());
    });
    const client = connect();
    client.stdout.stopReading();
    client.send(request(1));
    await expect.poll(() => client.stdout.writableLength).toBe(lines.join("").length);
    client.stdout.readOn();
    await expect.poll(() => client.out()).toBe(lines.join(""));
    client.leave();
    expect(await client.status).toBe(0);
  });
});

it("a bridge whose app does not read waits for it, and loses nothing of what its client said", async () => {
  const heard: string[] = [];
  let app: net.Socket | null = null;
  await listen((socket) => {
    app = socket;
    socket.once("data", () => socket.pause());
    socket.on("end", () => socket.end());
  });
  const client = connect();
  client.send(request(1));
  await expect.poll(() => app?.isPaused()).toBe(true);
  const lines = Array.from({ length: 2_000 }, (_, id) => `{"jsonrpc":"2.0","id":${String(id)},"result":"${"y".repeat(1_000)}"}\n`);
  for (const line of lines) client.send(line);
  expect(client.pauses()).toBeGreaterThan(0);
  (app as net.Socket | null)?.on("data", (chunk) => heard.push(chunk.toString())).resume();
  await expect.poll(() => heard.join("").endsWith(lines.join("")), { timeout: 10_000 }).toBe(true);
  client.leave();
  expect(await client.status).toBe(0);
});

describe("a bridge that waits for the app", () => {
  it("reads no more than it keeps, and gives way to the next once its own start has failed", async () => {
    const client = connect({ command: "setTimeout(() => process.exit(4), 500)", startMs: 20_000 });
    client.send(`{"jsonrpc":"2.0","id":1,"method":"a","params":"${"x".repeat(600_000)}"}\n`);
    expect(client.pauses()).toBe(0);
    client.send(`{"jsonrpc":"2.0","id":2,"method":"a","params":"${"x".repeat(600_000)}"}\n`);
    expect(client.pauses()).toBe(1);
    const lock = path.join(home, "data", "starting.lock");
    await expect.poll(() => fs.existsSync(lock)).toBe(true);
    await expect.poll(() => client.errors(), { timeout: 15_000 }).toContain("status 4");
    expect(fs.existsSync(lock)).toBe(false);
    for (const id of [1, 2]) expect(client.out()).toContain(`"id":${String(id)},"error"`);
    client.leave();
    expect(await client.status).toBe(1);
  });

  it("says so where the app does not answer in time", async () => {
    const client = connect({ command: "setTimeout(() => undefined, 3_000)", startMs: 300 });
    client.send(request(1));
    await expect.poll(() => client.out(), { timeout: 5_000 }).toContain("did not answer within 0 seconds");
    client.leave();
    expect(await client.status).toBe(1);
  });

  it("hands over what its client said before it left, and then leaves too", async () => {
    const said = await hearing();
    const client = connect();
    client.send(request(1));
    client.leave();
    expect(await client.status).toBe(0);
    expect(said.join("").split("\n")[1]).toBe(request(1).trim());
  });

  it("has nobody to tell when its client has left meanwhile", async () => {
    const client = connect({ command: "setTimeout(() => undefined, 1_000)", startMs: 20_000 });
    client.leave();
    expect(await client.status).toBe(1);
    expect(client.errors()).toBe("");
  });
});
