// What the gate itself adds to a call: an echo server spoken to directly and through an in-process gate (judge, journal drafts and
// redaction on, a rule that allows), in turns. Run pinned: `taskset -c 1 node test/bench/gate-calls.ts`.
import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import os from "node:os";
import path from "node:path";
import { createGate } from "../../electron/gate/create-gate.ts";
import { createRules } from "../../electron/gate/create-rules.ts";
import { ok } from "../../shared/errors.ts";
import { createRedactor } from "../../shared/text/redact.ts";
import { spawnServer } from "../fixtures/gate-harness.ts";

const fixture = path.join(import.meta.dirname, "../fixtures/servers/echo.mjs");
const command = [process.execPath, fixture, "-"];
const redactor = createRedactor(Array.from({ length: 20 }, () => randomUUID()));

interface Pipe {
  send(line: Buffer): void;
  onBytes(listener: (bytes: Uint8Array) => void): void;
  close(): void;
}

function direct(): Pipe {
  const [file = "", ...args] = command;
  const child = spawn(file, args, { stdio: ["pipe", "pipe", "inherit"] });
  return {
    send: (line) => void child.stdin.write(line),
    onBytes: (listener) => void child.stdout.on("data", listener),
    close: () => void child.kill(),
  };
}

async function throughGate(): Promise<Pipe> {
  const drafts: unknown[] = [];
  const rules = await createRules({
    file: path.join(os.tmpdir(), randomUUID(), "rules.json"),
    now: Date.now,
    newId: randomUUID,
    record: () => undefined,
  });
  await rules.remember({ id: "r", effect: "allow", client: "bench", createdAt: 0, origin: "person", sessionId: "s" });
  const gate = createGate({
    launcher: { launch: () => Promise.resolve(ok(spawnServer(command))) },
    rules,
    approvals: { ask: () => Promise.resolve({ kind: "denied", by: "no-answerer", reason: null }), endSession: () => undefined },
    // What the journal costs is its own measurement; here the drafts are only made.
    journal: { append: (draft) => (drafts[0] = draft), appendAll: (all) => (drafts[0] = all), appendSoon: (draft) => (drafts[1] = draft) },
    state: () => ({ paused: false, fault: null, defaultEffect: "ask" }),
    redactor: () => redactor,
    fingerprint: () => "f",
    idleMs: () => 0,
    noteTools: () => undefined,
    onServerFault: (_server, reason) => console.error(reason),
    now: Date.now,
    newId: randomUUID,
    random: Math.random,
  });
  let listener: (bytes: Uint8Array) => void = () => undefined;
  const session = gate.open(
    { id: "s", client: "bench", server: "echo" },
    { write: (bytes) => (listener(bytes), true), onDrain: () => undefined },
  );
  return {
    send: (line) => void session.receive(line),
    onBytes: (given) => (listener = given),
    close: () => void gate.close(),
  };
}

async function sequential(pipe: Pipe, size: number, rounds: number): Promise<number[]> {
  const text = "x".repeat(Math.max(1, size - 90));
  const times: number[] = [];
  let arrived = (): void => undefined;
  pipe.onBytes((bytes) => {
    if (bytes[bytes.length - 1] === 10) arrived();
  });
  for (let i = 0; i < rounds; i++) {
    const line = Buffer.from(`{"jsonrpc":"2.0","id":${i},"method":"tools/call","params":{"name":"echo","arguments":{"text":"${text}"}}}\n`);
    const start = performance.now();
    await new Promise<void>((resolve) => {
      arrived = resolve;
      pipe.send(line);
    });
    times.push((performance.now() - start) * 1000);
  }
  return times.slice(Math.floor(rounds / 10)).sort((a, b) => a - b);
}

async function throughput(pipe: Pipe, total: number): Promise<number> {
  let sent = 0;
  let done = 0;
  const start = performance.now();
  await new Promise<void>((resolve) => {
    const more = (): void => {
      sent++;
      pipe.send(Buffer.from(`{"jsonrpc":"2.0","id":${sent},"method":"tools/call","params":{"name":"echo","arguments":{"text":"x"}}}\n`));
    };
    pipe.onBytes((bytes) => {
      for (const byte of bytes) {
        if (byte !== 10) continue;
        done++;
        if (sent < total) more();
      }
      if (done >= total) resolve();
    });
    for (let i = 0; i < 64; i++) more();
  });
  return total / ((performance.now() - start) / 1000);
}

const at = (times: readonly number[], share: number): number => times[Math.floor(times.length * share)] ?? 0;
for (const [size, rounds] of [
  [64, 4000],
  [10_000, 2000],
  [1_000_000, 60],
] as const) {
  // prettier-ignore
  const pipes = { direct: direct(), gate: await throughGate() };
  await sequential(pipes.direct, size, Math.ceil(rounds / 4));
  await sequential(pipes.gate, size, Math.ceil(rounds / 4));
  const plain = await sequential(pipes.direct, size, rounds);
  const gated = await sequential(pipes.gate, size, rounds);
  const line = [0.5, 0.99].map(
    (share) =>
      `p${share * 100} direct ${at(plain, share).toFixed(0)} gate ${at(gated, share).toFixed(0)} added ${(at(gated, share) - at(plain, share)).toFixed(0)} µs`,
  );
  console.log(`${size} B: ${line.join("; ")}`);
  pipes.direct.close();
  pipes.gate.close();
}
const pipes = { direct: direct(), gate: await throughGate() };
await throughput(pipes.direct, 5_000);
await throughput(pipes.gate, 5_000);
const [plain, gated] = [await throughput(pipes.direct, 40_000), await throughput(pipes.gate, 40_000)];
console.log(`64 in flight: direct ${plain.toFixed(0)}/s gate ${gated.toFixed(0)}/s ratio ${(gated / plain).toFixed(2)}`);
pipes.direct.close();
pipes.gate.close();
