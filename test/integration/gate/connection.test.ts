import path from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { createConnection } from "../../../electron/servers/create-connection.ts";
import type { ConnectionDeps, Flight } from "../../../electron/servers/connection.ts";
import { fail, ok } from "../../../shared/errors.ts";
import { createHarness, serversFolder, spawnServer, until } from "../../fixtures/gate-harness.ts";
import type { Harness, HarnessOptions } from "../../fixtures/gate-harness.ts";

let harness: Harness | undefined;
const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
  await harness?.close();
  harness = undefined;
});

const server = (name: string, ...args: string[]): readonly string[] => [
  process.execPath,
  path.join(serversFolder, `${name}.mjs`),
  "RECORD",
  ...args,
];
const start = async (options: Partial<HarnessOptions> = {}): Promise<Harness> =>
  (harness = await createHarness({ command: server("echo"), defaultEffect: "allow", ...options }));
const gone = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return false;
  } catch {
    return true;
  }
};

describe("a server that dies", () => {
  it("leaves an error for what was in flight, and comes back with its handshake told again", async () => {
    const h = await start();
    const client = h.open();
    await client.initialize();
    client.send({ jsonrpc: "2.0", id: 1, method: "logging/setLevel", params: { level: "debug" } });
    client.send({ jsonrpc: "2.0", id: 2, method: "resources/subscribe", params: { uri: "demo://a" } });
    await client.answerTo(2);
    const before = await h.received();
    client.call(3, "crash");
    client.send({ jsonrpc: "2.0", id: 4, method: "ping" });
    for (const id of [3, 4])
      expect((await client.answerTo(id)).error).toMatchObject({ code: -32603, message: /ended unexpectedly \(exit status 3\)/ });
    expect(h.journal.at(-1)).toMatchObject({ kind: "call-finished", outcome: "lost" });
    const lines = client.lines.length;
    // It is started again without being asked, because notifications of what is subscribed are owed.
    await until(async () => (await h.received()).length >= before.length + 5);
    await until(() => h.control.launches === 2);
    client.call(5, "echo", { text: "back" });
    expect((await client.answerTo(5)).result?.content?.[0]?.text).toBe("back");
    const after = (await h.received()).filter((line) => !line.includes("tools/call") && !line.includes('"ping"'));
    expect(after).toEqual([...before, ...before]);
    // The answers to what was told again stay with us.
    expect(client.lines.slice(lines)).toHaveLength(1);
  });

  it("before it answered initialize says so, and is not started again by itself", async () => {
    const h = await start({ command: server("crashing", "initialize") });
    const client = h.open();
    client.send({ jsonrpc: "2.0", id: 1, method: "initialize", params: {} });
    expect((await client.answerTo(1)).error?.message).toMatch(/exit status 5/);
    await new Promise((resolve) => setTimeout(resolve, 400));
    expect(h.control.launches).toBe(1);
  });

  it("at every start answers each request with the reason, and is tried again for the next", async () => {
    const h = await start({ command: server("crashing", "start") });
    const client = h.open();
    for (let id = 1; id <= 3; id++) {
      client.send({ jsonrpc: "2.0", id, method: "initialize", params: {} });
      expect((await client.answerTo(id)).error?.message).toMatch(/exit status 4/);
    }
    expect(h.control.launches).toBe(3);
  });

  it("with a question to its client open: the client is told, and its late answer reaches nobody", async () => {
    const h = await start({ command: server("crashing", "asking") });
    const client = h.open();
    await client.initialize();
    client.call(1, "x");
    await client.next((message) => message.method === "roots/list");
    await client.answerTo(1);
    await client.next((message) => message.method === "notifications/cancelled" && message.params?.["requestId"] === 0);
    await until(() => h.control.launches === 2);
    client.call(2, "x");
    expect((await client.next((message) => String(message.id).startsWith("portcullis-"))).method).toBe("roots/list");
    client.send({ jsonrpc: "2.0", id: 0, result: { roots: [] } });
    await client.answerTo(2);
    expect((await h.received()).filter((line) => line.includes("roots"))).toEqual([]);
  });
});

describe("a connection of its own", () => {
  const connect = (commands: readonly (readonly string[])[], options: Partial<ConnectionDeps<Flight>> = {}) => {
    const log = { launches: 0, lost: [] as string[], hints: [] as (string | undefined)[], answers: [] as string[], faults: [] as string[] };
    const connection = createConnection<Flight>({
      server: "fixture",
      together: (work) => work(),
      launch: () => {
        const command = commands[Math.min(log.launches, commands.length - 1)] ?? [];
        log.launches++;
        return Promise.resolve(ok(spawnServer(command.map((part) => (part === "RECORD" ? "-" : part)))));
      },
      idleMs: () => 0,
      now: () => performance.now(),
      random: () => 0,
      onResponse: (flight) => log.answers.push(flight.id),
      onLost: (flight, error) => {
        log.lost.push(`${flight.id} ${error.message}`);
        log.hints.push(error.hint);
      },
      onMessage: () => undefined,
      onGone: () => undefined,
      onFault: (reason) => log.faults.push(reason),
      onDrain: () => undefined,
      backoffMs: 5,
      ...options,
    });
    const request = (id: number, method: string): void =>
      connection.request(Buffer.from(`${JSON.stringify({ jsonrpc: "2.0", id, method, params: { name: "crash" } })}\n`), {
        id: String(id),
        method,
      });
    const handshake = async (): Promise<void> => {
      request(0, "initialize");
      await until(() => log.answers.includes("0"));
      connection.notify(Buffer.from('{"jsonrpc":"2.0","method":"notifications/initialized"}\n'), "notifications/initialized");
    };
    closers.push(() => connection.close({ code: "closing", message: "closing" }));
    return { connection, log, request, handshake };
  };

  it("does not wait for ever for a server that does not read what it is sent: what is asked of it gets an error", async () => {
    const deaf = "process.stdin.once('data', () => process.stdin.pause()); setInterval(() => {}, 1000);";
    const { log, request } = connect([[process.execPath, "-e", deaf]], { stuckMs: 200 });
    request(1, "x".repeat(200));
    await until(() => log.launches === 1);
    for (let id = 2; id < 3_000; id++) request(id, "y".repeat(200));
    await until(() => log.faults.length > 0);
    expect(log.faults).toEqual(["it stopped reading what it is sent"]);
    await until(() => log.lost.length === 2_999);
  });

  it("does not wait for ever for it either where a client's last words, written in one piece, fill its pipe", async () => {
    const says = `console.log('{"jsonrpc":"2.0","method":"deaf"}')`;
    const deaf = `process.stdin.once('data', () => { process.stdin.pause(); ${says}; }); setInterval(() => {}, 1000);`;
    let isDeaf = false;
    const { connection, log, request } = connect([[process.execPath, "-e", deaf]], { stuckMs: 200, onMessage: () => (isDeaf = true) });
    request(1, "x".repeat(200));
    // Before, it would read on what is sent now, and nothing would be stuck.
    await until(() => isDeaf);
    // As the gate does it: a piece at a time, and none while the server does not keep up.
    for (let id = 2; id < 3_000; id++) {
      if (connection.congested()) await new Promise((resolve) => setTimeout(resolve, 20));
      if (connection.congested()) break;
      connection.together(() => request(id, "y".repeat(200)));
    }
    expect(connection.congested()).toBe(true);
    await until(() => log.faults.length > 0);
    expect(log.faults).toEqual(["it stopped reading what it is sent"]);
  });

  it("answers what waits for a launch that throws, without what the error says, and tries again for the next", async () => {
    let launches = 0;
    const { log, request } = connect([], {
      launch: () => {
        launches++;
        if (launches === 1) return Promise.reject(new TypeError("value-of-a-variable"));
        if (launches === 2) throw new RangeError("at once");
        return Promise.resolve(ok(spawnServer([process.execPath, path.join(serversFolder, "echo.mjs"), "-"])));
      },
    });
    for (const [id, name] of [
      [1, "TypeError"],
      [2, "RangeError"],
    ] as const) {
      request(id, "ping");
      await until(() => log.lost.length === id);
      expect(log.lost.at(-1)).toBe(`${id} The server could not be started, because something failed inside Portcullis (${name}).`);
    }
    request(3, "ping");
    await until(() => log.answers.includes("3"));
  });

  it("closed while a launch is under way that a failed one led to, is only closed when that server is gone", async () => {
    const late = spawnServer(["cat"]);
    let launches = 0;
    const { connection, request, log } = connect([], {
      launch: async () => {
        launches++;
        if (launches === 1) return fail("cannot-start", "not yet");
        await new Promise((resolve) => setTimeout(resolve, 100));
        return ok(late);
      },
      // What the client had to hold back follows at once.
      onDrain: () => {
        if (launches === 1) request(2, "ping");
      },
    });
    request(1, "ping");
    await until(() => log.lost.length === 1 && launches === 2);
    await new Promise((resolve) => setTimeout(resolve, 20));
    await connection.close({ code: "closing", message: "closing" });
    expect(gone(late.pid)).toBe(true);
  });

  it("does not read for a while what writes many empty lines", async () => {
    const running = spawnServer([process.execPath, "-e", "process.stdin.once('data', () => process.stdout.write('\\n'.repeat(10_000)))"]);
    const { request } = connect([], { launch: () => Promise.resolve(ok(running)) });
    request(1, "x");
    let rests = 0;
    running.stdout.on("pause", () => {
      rests += 1;
    });
    await until(() => rests > 0);
    expect(rests).toBeGreaterThan(0);
  });

  it("ends an instance whose words cannot be handled, and nothing else", async () => {
    const { log, request } = connect([server("echo")], {
      onResponse: () => {
        throw new RangeError("a bug");
      },
    });
    request(1, "ping");
    await until(() => log.faults.length > 0);
    expect(log.faults).toEqual(["what it wrote could not be handled (RangeError)"]);
  });

  it("gives up after five crashes in a row, and then refuses at once instead of starting it again", async () => {
    const { log, request } = connect([server("crashing", "start")]);
    for (let id = 1; id <= 6; id++) {
      request(id, "ping");
      await until(() => log.lost.length === id);
    }
    request(7, "ping");
    expect(log.lost.at(-1)).toMatch(/^7 .*keeps stopping/);
    // At the sixth, too: each says where to look, by the server's own name.
    for (const hint of log.hints) expect(hint).toMatch(/^Its log says more: .*portcullis server log "?[\w-]+"?\.$/);
    expect(log.launches).toBe(6);
  });

  it("stops an instance that dies at, or does not answer, the repeated handshake, and tries the next", async () => {
    // `cat` says the request back, which is no answer to it.
    const { log, request, handshake } = connect([server("echo"), server("crashing", "initialize"), ["cat"], server("echo")], {
      replayMs: 1_000,
    });
    await handshake();
    request(1, "tools/call");
    await until(() => log.launches === 4);
    expect(log.lost).toHaveLength(1);
    request(2, "ping");
    await until(() => log.answers.includes("2"));
    expect(log.faults).toEqual(["it did not answer the repeated handshake"]);
    expect(log.answers).toEqual(["0", "2"]);
  });
});

describe("an idle server", () => {
  it("is stopped, and started again with its handshake at the next message", async () => {
    const h = await start({ idleMs: 60 });
    const client = h.open();
    expect(h.control.launches).toBe(0);
    await client.initialize();
    const [first] = h.control.processes;
    await until(() => gone(first?.pid ?? 0));
    client.send({ jsonrpc: "2.0", method: "notifications/roots/list_changed" });
    expect(h.control.launches).toBe(1);
    client.call(1, "echo", { text: "again" });
    expect((await client.answerTo(1)).result?.content?.[0]?.text).toBe("again");
    expect(h.control.launches).toBe(2);
    expect((await h.received()).map((line) => (JSON.parse(line) as { method: string }).method)).toEqual([
      "initialize",
      "notifications/initialized",
      "initialize",
      "notifications/initialized",
      "tools/call",
    ]);
  });

  it("is not stopped while something is in flight or subscribed", async () => {
    const h = await start({ command: server("slow"), idleMs: 40 });
    const client = h.open();
    await client.initialize();
    client.call(1, "wait", { ms: 250 });
    await client.answerTo(1);
    expect(h.control.launches).toBe(1);
    client.send({ jsonrpc: "2.0", id: 2, method: "resources/subscribe", params: { uri: "a" } });
    await client.answerTo(2);
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(gone(h.control.processes[0]?.pid ?? 0)).toBe(false);
  });
});

describe("back-pressure", () => {
  it("pauses a client whose server does not read, in bounded memory", async () => {
    const h = await start({ command: server("greedy", "deaf") });
    const client = h.open();
    await client.initialize();
    const line = { jsonrpc: "2.0", method: "notifications/x", params: { data: "x".repeat(60_000) } };
    let sent = 0;
    while (client.send(line) && sent < 1_000) sent++;
    expect(sent).toBeLessThan(100);
  });

  it("pauses a server whose client does not read, and loses nothing", async () => {
    const h = await start({ command: server("greedy", "big") });
    const client = h.open();
    await client.initialize();
    client.stalled = true;
    for (let id = 1; id <= 40; id++) client.call(id, "big", { bytes: 1_000_000 });
    await client.answerTo(1);
    let count = -1;
    await until(async () => {
      const now = client.lines.length;
      const still = now === count;
      count = now;
      await new Promise((resolve) => setTimeout(resolve, 100));
      return still;
    });
    expect(count).toBeLessThan(15);
    client.stalled = false;
    for (let id = 1; id <= 40; id++) expect((await client.answerTo(id)).result?.content?.[0]?.text).toHaveLength(1_000_000);
  }, 90_000);
});
