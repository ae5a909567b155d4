import type { AppError, Result } from "../../shared/errors.ts";
import type { Envelope } from "../../shared/mcp/json-rpc.ts";
import { observed } from "../../shared/mcp/methods.ts";
import { createBackoff } from "./backoff.ts";
import { createHandshake } from "./handshake.ts";
import { longestLine } from "./line-splitter.ts";
import { createConduct, outputPolicy, readOutputLine } from "./server-output.ts";
import type { Conduct, OutputPolicy } from "./server-output.ts";
import { createServerRequests } from "./server-requests.ts";
import { createServerPipe } from "./server-pipe.ts";
import type { ServerPipe } from "./server-pipe.ts";
import type { ServerExit, ServerProcess } from "./server-process.ts";

// One client session's server: started at the first message, told its handshake again after a crash or an idle stop, and kept from
// harming anybody but itself (threat 34). Whatever happens to it, every request in flight gets exactly one answer.

/** One request that the server owes an answer to. `id` is the JSON text of its id (Envelope.id). */
export interface Flight {
  readonly id: string;
  readonly method: string;
}

export interface ConnectionDeps<F extends Flight> {
  readonly server: string;
  launch(): Promise<Result<ServerProcess>>;
  /** Milliseconds without traffic after which the server is stopped; 0: never. */
  idleMs(): number;
  now(): number;
  /** 0 to 1, for jitter. */
  readonly random: () => number;
  /** The answer of a flight, a whole line. */
  onResponse(flight: F, line: Uint8Array, envelope: Envelope): void;
  /** There will be no answer: it could not be started, died, or was stopped. */
  onLost(flight: F, error: AppError): void;
  /** Around what one chunk of the server's output leads to: its answers can go out together. */
  together(work: () => void): void;
  /** Everything else the server says: notifications, its own requests, late answers to cancelled requests. */
  onMessage(line: Uint8Array, envelope: Envelope): void;
  /** An instance is gone; requests of its own that the client has not answered yet, by id, will not be listened to. */
  onGone(unanswered: readonly string[]): void;
  /** It misbehaved and is being stopped. The reason is a clause: "it kept writing …". */
  onFault(reason: string): void;
  /** `congested` became false. */
  onDrain(): void;
  readonly maxLineBytes?: number;
  readonly policy?: OutputPolicy;
  /** How long a new instance may take to answer the repeated handshake. Default 30 s. */
  readonly replayMs?: number;
  /** The first pause before a restart. Default 250 ms. */
  readonly backoffMs?: number;
}

export interface Connection<F extends Flight> {
  /** A request. It starts the server if it is stopped. */
  request(line: Uint8Array, flight: F): void;
  /** Several requests (and what else) in one line. */
  batch(line: Uint8Array, flights: readonly F[]): void;
  /** A notification; one to a stopped server goes nowhere. */
  notify(line: Uint8Array, method: string): void;
  /** The client's answer to a request of the server; dropped if that instance did not ask. */
  respond(line: Uint8Array, id: string): void;
  inFlight(id: string): F | undefined;
  /** How many requests are in flight. */
  load(): number;
  /** The client no longer waits for it: it is not in flight any more, and a late answer passes without harm. */
  cancel(id: string): F | undefined;
  /** What this does is written to the server in one piece, where that is possible. */
  together(work: () => void): void;
  /** Whether the client should be paused. */
  congested(): boolean;
  pauseOutput(): void;
  resumeOutput(): void;
  /** Stops the server; what is in flight is lost. Resolves when it is gone. */
  close(error: AppError): Promise<void>;
}

type State = "idle" | "starting" | "replaying" | "running" | "stopping" | "waiting" | "closed";

const mostQueuedBytes = 1024 * 1024;
const mostCancelled = 256;
const mostAsked = 10_000;

export function createConnection<F extends Flight>(deps: ConnectionDeps<F>): Connection<F> {
  const maxLineBytes = deps.maxLineBytes ?? longestLine;
  const handshake = createHandshake();
  const backoff = createBackoff({ random: deps.random, firstMs: deps.backoffMs ?? 250 });
  const flights = new Map<string, F>();
  const cancelled = new Set<string>();
  const asked = createServerRequests();
  const awaited = new Set<string>();
  let queue: Uint8Array[] = [];
  let queuedBytes = 0;
  let queuedInitialize = false;
  let state: State = "idle";
  let refusing: AppError | null = null;
  let fault: string | null = null;
  let current: { readonly process: ServerProcess; readonly pipe: ServerPipe; readonly conduct: Conduct } | null = null;
  let launching: Promise<void> | null = null;
  let outputPaused = false;
  let lastTraffic = deps.now();
  let timer: NodeJS.Timeout | undefined;
  let idleTimer: NodeJS.Timeout | undefined;

  const isClosed = (): boolean => state === "closed";

  const loseAll = (error: AppError): void => {
    const lost = [...flights.values()];
    flights.clear();
    queue = [];
    queuedBytes = 0;
    queuedInitialize = false;
    for (const flight of lost) {
      handshake.answered(flight.method, flight.id, false);
      deps.onLost(flight, error);
    }
    deps.onDrain();
  };

  const deliver = (line: Uint8Array): void => {
    lastTraffic = deps.now();
    if (state === "running" && current !== null) {
      current.pipe.write(line);
      return;
    }
    // A copy: a view would keep the whole chunk it was cut from.
    queue.push(Buffer.from(line));
    queuedBytes += line.length;
    if (state === "idle") start();
  };

  const start = (): void => {
    state = "starting";
    launching = launch().finally(() => {
      launching = null;
    });
  };

  const launch = async (): Promise<void> => {
    const result = await deps.launch();
    if (isClosed()) {
      if (result.ok) await result.value.stop();
      return;
    }
    if (!result.ok) {
      state = "idle";
      loseAll(result.error);
      return;
    }
    attach(result.value);
  };

  const attach = (process: ServerProcess): void => {
    fault = null;
    const pipe = createServerPipe({
      process,
      maxLineBytes,
      onLine,
      together: (work) => deps.together(work),
      onDrain: () => deps.onDrain(),
      onTooLong: () => condemn(`it wrote a line of more than ${Math.floor(maxLineBytes / 1024)} KiB`),
      onGone: (exit) => onGone(process, exit),
    });
    current = { process, pipe, conduct: createConduct(deps.policy ?? outputPolicy, () => deps.now()) };
    if (outputPaused) pipe.pause();
    lastTraffic = deps.now();
    armIdle();
    const replay = queuedInitialize ? [] : handshake.replay();
    const [first] = replay;
    if (first === undefined) {
      run();
      return;
    }
    state = "replaying";
    awaited.clear();
    for (const { id } of replay) if (id !== null) awaited.add(id);
    timer = setTimeout(() => condemn("it did not answer the repeated handshake"), deps.replayMs ?? 30_000);
    pipe.write(first.line);
  };

  const run = (): void => {
    state = "running";
    const lines = queue;
    queue = [];
    queuedBytes = 0;
    queuedInitialize = false;
    for (const line of lines) current?.pipe.write(line);
    deps.onDrain();
  };

  const swallow = (envelope: Envelope): void => {
    const [first, ...rest] = handshake.replay();
    if (envelope.id === null || !awaited.delete(envelope.id)) return;
    if (envelope.id === first?.id) {
      if (envelope.failed) {
        condemn("it refused the repeated handshake");
        return;
      }
      for (const { line } of rest) current?.pipe.write(line);
    }
    if (awaited.size > 0) return;
    clearTimeout(timer);
    run();
  };

  const onLine = (line: Uint8Array): void => {
    lastTraffic = deps.now();
    const conduct = current?.conduct;
    if (conduct === undefined) return;
    const read = readOutputLine(line);
    switch (read.kind) {
      case "blank":
        return;
      case "garbage": {
        const flight = read.envelope?.kind === "response" && read.envelope.id !== null ? flights.get(read.envelope.id) : undefined;
        if (flight !== undefined) {
          flights.delete(flight.id);
          handshake.answered(flight.method, flight.id, false);
          deps.onLost(flight, { code: "server-stopped", message: `The server "${deps.server}" sent an answer that is not valid UTF-8.` });
        }
        const reason = conduct.garbage(line.length);
        if (reason !== null) condemn(reason);
        return;
      }
      case "message":
        conduct.good();
        onMessage(line, read.envelope, conduct);
        return;
      case "batch":
        conduct.good();
        // Taken apart: each item then meets the same checks as a line of its own. Clients read single messages in any revision.
        for (const item of read.items) onMessage(Buffer.from(`${JSON.stringify(item.value)}\n`), item.envelope, conduct);
    }
  };

  const onMessage = (line: Uint8Array, envelope: Envelope, conduct: Conduct): void => {
    if (envelope.kind !== "response" || envelope.id === null) {
      deps.onMessage(asked.passed(line, envelope), envelope);
      const restMs = conduct.unsolicited(line.length);
      if (restMs > 0) current?.pipe.rest(restMs);
      if (asked.open() > mostAsked) condemn("it asked its client too much at once");
      return;
    }
    if (state === "replaying" && awaited.has(envelope.id)) {
      swallow(envelope);
      return;
    }
    const flight = flights.get(envelope.id);
    if (flight !== undefined) {
      flights.delete(envelope.id);
      handshake.answered(flight.method, flight.id, !envelope.failed);
      deps.onResponse(flight, line, envelope);
    } else if (cancelled.delete(envelope.id)) {
      deps.onMessage(line, envelope);
    } else {
      const reason = conduct.unknownAnswer();
      if (reason !== null) condemn(reason);
    }
  };

  /** Stops a misbehaving instance at once; what it owes is lost with the reason. */
  const condemn = (reason: string): void => {
    if (current === null || fault !== null) return;
    fault = reason;
    current.pipe.kill();
    deps.onFault(reason);
    state = "stopping";
    loseAll({ code: "server-stopped", message: `The server "${deps.server}" was stopped: ${reason}.` });
  };

  const onGone = (process: ServerProcess, exit: ServerExit): void => {
    if (current?.process !== process) return;
    const livedMs = deps.now() - process.startedAt;
    const expected = (state === "stopping" && fault === null) || isClosed();
    current = null;
    clearTimeout(timer);
    clearTimeout(idleTimer);
    awaited.clear();
    cancelled.clear();
    deps.onGone(asked.instanceGone());
    if (isClosed()) return;
    if (expected) {
      state = "idle";
      if (queue.length > 0) start();
      return;
    }
    const why = fault ?? `it ended unexpectedly (${exit.signal ?? `exit status ${exit.code ?? "unknown"}`})`;
    if (fault === null) {
      const error: AppError = {
        code: "server-stopped",
        message: `The server "${deps.server}" was stopped: ${why}.`,
        hint: "Its log says more.",
      };
      loseAll(error);
    }
    const pause = backoff.crashed(livedMs);
    state = "waiting";
    if (pause.giveUp)
      refusing = { code: "server-stopped", message: `The server "${deps.server}" keeps stopping: ${why}.`, hint: "Its log says more." };
    timer = setTimeout(() => {
      refusing = null;
      state = "idle";
      if (queue.length > 0 || (!pause.giveUp && handshake.replay().length > 0)) start();
    }, pause.ms);
    timer.unref();
  };

  const armIdle = (): void => {
    clearTimeout(idleTimer);
    const idleMs = deps.idleMs();
    if (idleMs <= 0) return;
    idleTimer = setTimeout(
      () => {
        const quietMs = deps.now() - lastTraffic;
        if (state !== "running" || quietMs < idleMs || flights.size > 0 || asked.open() > 0 || handshake.subscribed()) {
          armIdle();
          return;
        }
        state = "stopping";
        void current?.process.stop();
      },
      Math.max(idleMs - (deps.now() - lastTraffic), Math.min(idleMs, 1_000)),
    );
    idleTimer.unref();
  };

  /** Whether requests are refused right now; each gets its answer. */
  const refuses = (added: readonly F[]): boolean => {
    const error: AppError | null = isClosed() ? { code: "closing", message: "The session has ended." } : refusing;
    if (error !== null) for (const flight of added) deps.onLost(flight, error);
    return error !== null;
  };

  return {
    request: (line, flight) => {
      if (refuses([flight])) return;
      flights.set(flight.id, flight);
      handshake.requested(flight.method, flight.id, line);
      if (flight.method === observed.initialize && state !== "running") queuedInitialize = true;
      deliver(line);
    },
    batch: (line, added) => {
      if (refuses(added)) return;
      for (const flight of added) flights.set(flight.id, flight);
      if (added.length > 0 || state !== "idle") deliver(line);
    },
    notify: (line, method) => {
      if (isClosed() || refusing !== null) return;
      handshake.notified(method, line);
      if (state !== "idle") deliver(line);
    },
    respond: (line, id) => {
      const answer = asked.answered(line, id);
      if (answer === null || current === null) return;
      lastTraffic = deps.now();
      current.pipe.write(answer);
    },
    inFlight: (id) => flights.get(id),
    load: () => flights.size,
    cancel: (id) => {
      const flight = flights.get(id);
      if (flight === undefined) return undefined;
      flights.delete(id);
      handshake.answered(flight.method, id, false);
      cancelled.add(id);
      for (const oldest of cancelled) {
        if (cancelled.size <= mostCancelled) break;
        cancelled.delete(oldest);
      }
      return flight;
    },
    together: (work) => {
      const pipe = current?.pipe;
      pipe?.hold();
      try {
        work();
      } finally {
        pipe?.release();
      }
    },
    congested: () => queuedBytes > mostQueuedBytes || (current?.pipe.congested() ?? false),
    pauseOutput: () => {
      outputPaused = true;
      current?.pipe.pause();
    },
    resumeOutput: () => {
      outputPaused = false;
      current?.pipe.resume();
    },
    close: async (error) => {
      if (!isClosed()) {
        state = "closed";
        clearTimeout(timer);
        clearTimeout(idleTimer);
        loseAll(error);
      }
      await launching;
      await current?.process.stop();
    },
  };
}
