import { execFile } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createListener } from "../../electron/clients/listener.ts";
import type { Listener, ListenerDeps } from "../../electron/clients/listener.ts";
import { resolvePaths } from "../../electron/settings/paths.ts";
import type { Paths } from "../../electron/settings/paths.ts";
import type { PushChannel } from "../../shared/ipc/channels.ts";
import type { JournalDraft } from "../../shared/model/journal-entry.ts";
import { createFakeGate } from "../fixtures/clients/fake-gate.ts";
import { startFakeApp } from "../fixtures/clients/bridge-process.ts";

// Threat 7: no way to have a process spawned by asking for it, no way in without the token, for nobody but this user.

let home: string;
let paths: Paths;
let listeners: Listener[];
let asked: { role: string; channel: unknown; input: unknown }[];
let records: JournalDraft[];
let push: (channel: PushChannel, payload: unknown) => void;
let gate: ReturnType<typeof createFakeGate>;

beforeEach(() => {
  home = mkdtempSync(path.join(os.tmpdir(), "portcullis-socket-"));
  paths = resolvePaths({ PORTCULLIS_HOME: home }, "linux");
  listeners = [];
  asked = [];
  records = [];
  gate = createFakeGate();
});

afterEach(async () => {
  for (const listener of listeners) await listener.close();
  rmSync(home, { recursive: true, force: true });
});

async function listen(extra: Partial<ListenerDeps> = {}) {
  const result = await createListener({
    ready: Promise.resolve(),
    paths,
    platform: process.platform,
    openSession: (info, output) => gate.open(info, output),
    dispatch: (role, channel, input) => {
      asked.push({ role, channel, input });
      return Promise.resolve({ ok: true, value: "done" });
    },
    subscribe: (listener) => {
      push = listener as typeof push;
      return () => undefined;
    },
    now: Date.now,
    record: (draft) => records.push(draft),
    ...extra,
  });
  if (result.ok) listeners.push(result.value);
  return result;
}

const socketFile = (): string => path.join(paths.run, "portcullis.sock");
const token = (): string => readFileSync(path.join(paths.run, "token"), "utf8");

interface Talk {
  readonly socket: net.Socket;
  readonly text: () => string;
  readonly closed: Promise<void>;
}

async function connect(): Promise<Talk> {
  const socket = net.connect(socketFile());
  let text = "";
  socket.on("data", (chunk: Buffer) => {
    text += chunk.toString("utf8");
  });
  socket.on("error", () => undefined);
  const closed = new Promise<void>((resolve) => {
    socket.once("close", () => resolve());
  });
  await once(socket, "connect");
  return { socket, text: () => text, closed };
}

async function until(condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error("it did not come");
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

const preamble = (parts: Record<string, unknown>): string => `${JSON.stringify({ portcullis: 1, token: token(), ...parts })}\n`;
const asClient = (server = "files", client = "Test"): string => preamble({ role: "client", server, client });
const asCommand = (): string => preamble({ role: "command" });

describe.skipIf(process.platform === "win32")("files", () => {
  it("are a socket and a token of mode 0600 in a folder of mode 0700, and gone after closing", async () => {
    await listen();
    expect(lstatSync(paths.run).mode & 0o777).toBe(0o700);
    expect(lstatSync(socketFile()).mode & 0o777).toBe(0o600);
    expect(lstatSync(path.join(paths.run, "token")).mode & 0o777).toBe(0o600);
    expect(token()).toMatch(/^[0-9a-f]{64}$/);
    await listeners[0]?.close();
    expect(existsSync(socketFile())).toBe(false);
    expect(existsSync(path.join(paths.run, "token"))).toBe(false);
  });

  it("that another app put in their place are left where they are", async () => {
    const first = await listen();
    const away = `${paths.run}.away`;
    renameSync(paths.run, away);
    expect((await listen()).ok).toBe(true);
    const second = token();
    if (first.ok) await first.value.close();
    expect(token()).toBe(second);
    const { socket, text } = await connect();
    socket.write(`${asCommand()}{"id":1,"channel":"state.get"}\n`);
    await until(() => text().includes('"ok":true'));
    socket.destroy();
  });

  it("closes a folder that was left open to others", async () => {
    mkdirSync(paths.run, { recursive: true, mode: 0o777 });
    chmodSync(paths.run, 0o777);
    expect((await listen()).ok).toBe(true);
    expect(lstatSync(paths.run).mode & 0o777).toBe(0o700);
  });

  it("does not go through a link in the place of the folder", async () => {
    const elsewhere = path.join(home, "elsewhere");
    mkdirSync(elsewhere);
    symlinkSync(elsewhere, paths.run);
    expect(await listen()).toMatchObject({ ok: false, error: { code: "cannot-start" } });
    expect(existsSync(path.join(elsewhere, "token"))).toBe(false);
  });

  it("has a new token at every start", async () => {
    await listen();
    const first = token();
    await listeners.pop()?.close();
    await listen();
    expect(token()).not.toBe(first);
  });

  it("refuses a path that a unix socket cannot have, in words", async () => {
    paths = { ...paths, run: path.join(home, "x".repeat(120)) };
    expect(await listen()).toMatchObject({ ok: false, error: { code: "cannot-start" } });
  });
});

describe("one app at a time", () => {
  it("replaces the socket of an app that was killed", async () => {
    const app = await startFakeApp(home);
    app.kill("SIGKILL");
    await once(app, "exit");
    expect(existsSync(socketFile())).toBe(true);
    expect((await listen()).ok).toBe(true);
  });

  it("does not touch the socket and the token of one that lives", async () => {
    await listen();
    const before = token();
    expect(await listen()).toMatchObject({ ok: false, error: { code: "already-exists" } });
    expect(token()).toBe(before);
    const { socket, text } = await connect();
    socket.write(`${asCommand()}{"id":1,"channel":"state.get"}\n`);
    await until(() => text().includes('"ok":true'));
    socket.destroy();
  });

  it("lets exactly one of ten starts at once win, also over a dead one's socket and lock", async () => {
    const app = await startFakeApp(home);
    app.kill("SIGKILL");
    await once(app, "exit");
    writeFileSync(path.join(paths.run, "listen.lock"), "4194303");
    const results = await Promise.all(Array.from({ length: 10 }, () => listen()));
    expect(results.filter((result) => result.ok)).toHaveLength(1);
    expect(results.filter((result) => !result.ok).map((result) => (result.ok ? "" : result.error.code))).toEqual(
      Array(9).fill("already-exists"),
    );
    const { socket, text } = await connect();
    socket.write(`${asCommand()}{"id":1,"channel":"state.get"}\n`);
    await until(() => text().includes('"ok":true'));
    socket.destroy();
  });
});

describe("the preamble", () => {
  it.each([
    ["no token", () => '{"portcullis":1,"role":"command"}\n'],
    ["an empty token", () => preamble({ token: "", role: "command" })],
    ["a wrong token", () => preamble({ token: "0".repeat(64), role: "command" })],
    ["a token that begins right", () => preamble({ token: token().slice(0, -1), role: "command" })],
    ["a token of another type", () => preamble({ token: [token()], role: "command" })],
    ["an unknown role", () => preamble({ role: "window" })],
    ["another role's members", () => preamble({ role: "command", server: "files", client: "x" })],
    ["a command to run", () => preamble({ role: "client", server: "files", client: "x", command: "touch", args: ["x"] })],
    ["a server that is a path", () => preamble({ role: "client", server: "../../bin/sh", client: "x" })],
    ["a server that is a prototype's member", () => preamble({ role: "client", server: "__proto__", client: "x" })],
    ["a client name with an escape", () => preamble({ role: "client", server: "files", client: "\u001b[2J" })],
    ["another version", () => preamble({ portcullis: 2, role: "command" })],
    ["no JSON", () => "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"],
    ["an array", () => "[]\n"],
    ["binary", () => "\u0000\u0001\u0002\n"],
  ])("with %s ends the connection without a word", async (_name, text) => {
    await listen();
    const talk = await connect();
    talk.socket.write(`${text()}{"id":1,"channel":"state.get"}\n`);
    await talk.closed;
    expect(talk.text()).toBe("");
    expect(asked).toEqual([]);
    expect(gate.opened).toEqual([]);
  });

  it("may not be longer than 4 KiB, with or without an end", async () => {
    await listen();
    const whole = preamble({ role: "command" }).trim();
    for (const text of [`${whole}${" ".repeat(5000)}\n`, "x".repeat(100_000)]) {
      const talk = await connect();
      talk.socket.write(text);
      await talk.closed;
      expect(talk.text()).toBe("");
    }
    expect(asked).toEqual([]);
  });

  it("may come in pieces, but not forever", async () => {
    await listen({ preambleMs: 300 });
    const patient = await connect();
    for (const byte of asCommand()) patient.socket.write(byte);
    patient.socket.write('{"id":1,"channel":"state.get"}\n');
    await until(() => patient.text() !== "");
    patient.socket.destroy();
    const silent = await connect();
    await silent.closed;
    const half = await connect();
    half.socket.write('{"portcullis":1,');
    await half.closed;
    expect([silent.text(), half.text()]).toEqual(["", ""]);
  });

  it.skipIf(process.platform === "win32" || process.getuid?.() !== 0)("is not even reached by another user", async () => {
    // Running as another user takes root; elsewhere the modes above have to do.
    await listen();
    chmodSync(home, 0o755);
    const script = `require("net").connect(${JSON.stringify(socketFile())}).on("connect", () => console.log("in")).on("error", (e) => console.log(e.code))`;
    const read = `try { require("fs").readFileSync(${JSON.stringify(path.join(paths.run, "token"))}); console.log("in") } catch (e) { console.log(e.code) }`;
    for (const code of [script, read]) {
      const { stdout } = await promisify(execFile)(
        "setpriv",
        ["--reuid=65534", "--regid=65534", "--clear-groups", "/usr/bin/env", "node", "-e", code],
        {
          env: { PATH: "/usr/local/bin:/usr/bin:/bin" },
          cwd: "/",
        },
      );
      expect(stdout.trim()).toBe("EACCES");
    }
  });
});

describe("the role client", () => {
  it("opens one session for its server, shows it, journals it and its end", async () => {
    const started = await listen();
    if (!started.ok) throw new Error("not started");
    const talk = await connect();
    talk.socket.write(`${asClient("files", "Claude Desktop")}{"jsonrpc":"2.0","id":1,"method":"ping","params":{"a":1}}\n`);
    await until(() => talk.text().includes('"result":{"a":1}'));
    expect(started.value.sessions()).toMatchObject([{ name: "Claude Desktop", server: "files", calls: 1, says: null }]);
    talk.socket.end();
    await talk.closed;
    await until(() => records.length === 2);
    expect(started.value.sessions()).toEqual([]);
    expect(records.map(({ kind, client, server }) => [kind, client, server])).toEqual([
      ["client-connected", "Claude Desktop", "files"],
      ["client-disconnected", "Claude Desktop", "files"],
    ]);
    expect(gate.ended()).toBe(1);
  });

  it("reaches no channel of the app, whatever it sends", async () => {
    await listen();
    const talk = await connect();
    talk.socket.write(
      `${asClient()}{"id":1,"channel":"server.add","input":{}}\n{"id":2,"subscribe":true}\n{"jsonrpc":"2.0","id":3,"method":"ping"}\n`,
    );
    await until(() => talk.text().includes('"id":3'));
    expect(asked).toEqual([]);
    talk.socket.destroy();
  });

  it("ends when the app closes", async () => {
    await listen();
    const talk = await connect();
    talk.socket.write(asClient());
    await until(() => gate.opened.length === 1);
    await listeners[0]?.close();
    await talk.closed;
    expect(gate.ended()).toBe(1);
  });
});

describe("the role command", () => {
  it("asks dispatch as `command`, whatever role it claims, and gets its ids back", async () => {
    await listen();
    const talk = await connect();
    talk.socket.write(
      `${asCommand()}{"id":"a","channel":"server.stop","input":{"name":"x","role":"window"}}\n{"id":2,"channel":"gate.pause"}\n{"id":3,"channel":"x","role":"window"}\nnonsense\n`,
    );
    await until(() => talk.text().split("\n").length === 5);
    const answers = talk
      .text()
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { id: unknown; ok: boolean });
    expect(answers.map(({ id, ok }) => [id, ok])).toEqual(
      expect.arrayContaining([
        ["a", true],
        [2, true],
        [null, false],
      ]),
    );
    expect(asked).toEqual([
      { role: "command", channel: "server.stop", input: { name: "x", role: "window" } },
      { role: "command", channel: "gate.pause", input: undefined },
    ]);
    talk.socket.destroy();
  });

  it("gets pushes once it has asked for them", async () => {
    await listen();
    const talk = await connect();
    talk.socket.write(`${asCommand()}{"id":1,"subscribe":true}\n`);
    await until(() => talk.text().includes('"id":1'));
    push("state.changed", { revision: 2, slices: {} });
    await until(() => talk.text().split("\n").length === 3);
    expect(talk.text()).toContain('{"push":"state.changed","payload":{"revision":2,"slices":{}}}\n');
    talk.socket.destroy();
  });

  it("is cut off at a line of more than 1 MB", async () => {
    await listen();
    const talk = await connect();
    talk.socket.write(asCommand());
    talk.socket.write(`{"id":1,"channel":"${"x".repeat(1_100_000)}`);
    await talk.closed;
    expect(asked).toEqual([]);
  });

  it("has at most 64 calls at once", async () => {
    let finish: () => void = () => undefined;
    const gateOpen = new Promise<void>((resolve) => {
      finish = resolve;
    });
    await listen({ dispatch: async () => (await gateOpen, { ok: true, value: 1 }) });
    const talk = await connect();
    talk.socket.write(asCommand());
    for (let id = 0; id < 100; id++) talk.socket.write(`{"id":${String(id)},"channel":"state.get"}\n`);
    await until(() => talk.text().split("too-many").length === 37);
    finish();
    await until(() => talk.text().trim().split("\n").length === 100);
    expect(talk.text().split('"ok":true')).toHaveLength(65);
    talk.socket.destroy();
  });
});
