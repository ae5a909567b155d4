import { createPassingMap } from "../../shared/passing-map.ts";
import type { AppError } from "../../shared/errors.ts";
import type { Envelope } from "../../shared/mcp/json-rpc.ts";
import { createBackoff } from "./backoff.ts";
import type { Connection, ConnectionDeps, Flight } from "./connection.ts";
import { createHandshake } from "./handshake.ts";
import { longestLine } from "./line-splitter.ts";
import { launchFault } from "./launch-fault.ts";
import { createQueuedLines } from "./queued-lines.ts";
import { createConduct, outputPolicy, readOutputLine } from "./server-output.ts";
import type { Conduct } from "./server-output.ts";
import { seeLog } from "./see-log.ts";
import { createServerRequests } from "./server-requests.ts";
import { createServerPipe } from "./server-pipe.ts";
import type { ServerPipe } from "./server-pipe.ts";
import { exitText, type ServerExit, type ServerProcess } from "./server-process.ts";

type State = "idle" | "starting" | "replaying" | "running" | "stopping" | "waiting" | "closed";

const mostQueuedBytes = 1024 * 1024;
/** As many as may be in flight: each may be cancelled, and the server may answer each late. */
const mostCancelled = 10_000;
const mostAsked = 10_000;
/** How long a server may leave unread what it is sent: then its client, whose end would not be seen, is answered. */
const stuckAfterMs = 5 * 60_000;

export function createConnection<F extends Flight>(deps: ConnectionDeps<F>): Connection<F> {
  const maxLineBytes = deps.maxLineBytes ?? longestLine;
  const handshake = createHandshake();
  const backoff = createBackoff({ random: deps.random, firstMs: deps.backoffMs ?? 250 });
  const flights = createPassingMap<F>();
  const cancelled = new Set<string>();
  const asked = createServerRequests();
  const awaited = new Set<string>();
  const queue = createQueuedLines();
  let state: State = "idle";
  let refusing: AppError | null = null;
  let fault: string | null = null;
  let current: { readonly process: ServerProcess; readonly pipe: ServerPipe; readonly conduct: Conduct } | null = null;
  let launching: Promise<void> | null = null;
  let outputPaused = false;
  let lastTraffic = deps.now();
  let timer: NodeJS.Timeout | undefined;
  let stuckTimer: NodeJS.Timeout | undefined;
  let idleTimer: NodeJS.Timeout | undefined;

  const isClosed = (): boolean => state === "closed";

  const loseAll = (error: AppError): void => {
    queue.takeAll();
    lose(flights.values(), error);
    deps.onDrain();
  };

  const lose = (lost: readonly F[], error: AppError): void => {
    for (const { id } of lost) flights.delete(id);
    for (const flight of lost) {
      handshake.answered(flight.method, flight.id, false);
      deps.onLost(flight, error);
    }
  };

  const deliver = (line: Uint8Array, method: string | null, ids: readonly string[]): void => {
    lastTraffic = deps.now();
    if (state === "running" && current !== null) {
      send(current.pipe, line);
      return;
    }
    queue.add(line, method, ids);
    if (state === "idle") start();
  };

  const send = (pipe: ServerPipe, line: Uint8Array): void => {
    pipe.write(line);
    watch(pipe);
  };

  const watch = (pipe: ServerPipe): void => {
    if (stuckTimer !== undefined || !pipe.congested()) return;
    stuckTimer = setTimeout(() => condemn("it stopped reading what it is sent"), deps.stuckMs ?? stuckAfterMs);
    stuckTimer.unref();
  };

  const moves = (): void => {
    clearTimeout(stuckTimer);
    stuckTimer = undefined;
  };

  const start = (): void => {
    state = "starting";
    launching = launch();
  };

  const launch = async (): Promise<void> => {
    const result = await launched();
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

  const launched = async (): ReturnType<typeof deps.launch> => {
    try {
      return await deps.launch();
    } catch (error) {
      return launchFault(error);
    }
  };

  const attach = (process: ServerProcess): void => {
    fault = null;
    const pipe = createServerPipe({
      process,
      maxLineBytes,
      onLine,
      together: (work) => deps.together(work),
      onDrain: () => {
        moves();
        deps.onDrain();
      },
      onTooLong: () => condemn(`it wrote a line of more than ${Math.floor(maxLineBytes / 1024)} KiB`),
      onGone: (exit) => onGone(process, exit),
    });
    current = { process, pipe, conduct: createConduct(deps.policy ?? outputPolicy, () => deps.now()) };
    if (outputPaused) pipe.pause();
    lastTraffic = deps.now();
    armIdle();
    const replay = queue.hasInitialize() ? [] : handshake.replay();
    const [first] = replay;
    if (first === undefined) {
      run();
      return;
    }
    state = "replaying";
    awaited.clear();
    for (const { id } of replay) if (id !== null) awaited.add(id);
    // It is told so with the rest of the handshake, once.
    queue.dropInitialized();
    timer = setTimeout(() => condemn("it did not answer the repeated handshake"), deps.replayMs ?? 30_000);
    pipe.write(first.line);
  };

  const run = (): void => {
    state = "running";
    for (const line of queue.takeAll()) if (current !== null) send(current.pipe, line);
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
    try {
      readLine(line, conduct);
    } catch (error) {
      // Whatever a server writes ends its own session at worst.
      condemn(`what it wrote could not be handled (${error instanceof Error ? error.name : "unknown error"})`);
    }
  };

  const readLine = (line: Uint8Array, conduct: Conduct): void => {
    const read = readOutputLine(line);
    switch (read.kind) {
      case "blank":
        // It means nothing, but a stream of them takes as much time as one of messages.
        unsolicited(line, conduct);
        return;
      case "garbage": {
        const flight = read.answers === null ? undefined : flights.get(read.answers);
        if (flight !== undefined)
          lose([flight], { code: "server-stopped", message: `The server "${deps.server}" sent an answer that ${read.problem}.` });
        condemn(conduct.garbage(line.length));
        return;
      }
      case "message":
        conduct.good();
        onMessage(line, read.envelope, conduct);
        return;
      case "batch":
        conduct.good();
        // Taken apart: each item then meets the same checks as a line of its own. Clients read single messages in any revision.
        for (const item of read.items) onMessage(item.line, item.envelope, conduct);
    }
  };

  const unsolicited = (line: Uint8Array, conduct: Conduct): void => {
    const restMs = conduct.unsolicited(line.length);
    if (restMs > 0) current?.pipe.rest(restMs);
  };

  const onMessage = (line: Uint8Array, envelope: Envelope, conduct: Conduct): void => {
    if (envelope.kind !== "response" || envelope.id === null) {
      const passed = asked.passed(line, envelope);
      if (passed === null) {
        condemn(conduct.garbage(line.length));
        return;
      }
      deps.onMessage(passed, envelope);
      unsolicited(line, conduct);
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
      condemn(conduct.unknownAnswer());
    }
  };

  /** Stops a misbehaving instance at once; what it owes is lost with the reason. Null: it has done nothing that it must be stopped for. */
  const condemn = (reason: string | null): void => {
    // One whose client is gone is being stopped for good: that its answers come late is no fault, and nobody wants another.
    if (reason === null || current === null || fault !== null || isClosed()) return;
    fault = reason;
    current.pipe.kill();
    deps.onFault(reason);
    state = "stopping";
    loseAll({ code: "server-stopped", message: `The server "${deps.server}" was stopped: ${reason}.` });
  };

  const onGone = (process: ServerProcess, exit: ServerExit): void => {
    if (current?.process !== process) return;
    const livedMs = current.conduct.livedMs();
    const expected = (fault === null && process.wasStopped()) || isClosed();
    current = null;
    clearTimeout(timer);
    clearTimeout(idleTimer);
    moves();
    awaited.clear();
    cancelled.clear();
    deps.onGone(asked.instanceGone());
    if (isClosed()) return;
    if (expected) {
      // What it had been sent is not answered any more; what waits is for the next one.
      const waiting = queue.ids();
      const sent = flights.values().filter(({ id }) => !waiting.has(id));
      lose(sent, { code: "server-stopped", message: `The server "${deps.server}" was stopped.` });
      state = "idle";
      if (!queue.isEmpty()) start();
      deps.onDrain();
      return;
    }
    const why = fault ?? `it ended unexpectedly (${exitText(exit)})`;
    if (fault === null) {
      const error: AppError = {
        code: "server-stopped",
        message: `The server "${deps.server}" was stopped: ${why}.`,
        hint: seeLog(deps.server),
      };
      loseAll(error);
    }
    const pause = backoff.crashed(livedMs);
    state = "waiting";
    if (pause.giveUp)
      refusing = { code: "server-stopped", message: `The server "${deps.server}" keeps stopping: ${why}.`, hint: seeLog(deps.server) };
    timer = setTimeout(() => {
      refusing = null;
      state = "idle";
      if (!queue.isEmpty() || (!pause.giveUp && handshake.replay().length > 0)) start();
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
        if (state !== "running" || quietMs < idleMs || flights.size() > 0 || asked.open() > 0 || handshake.subscribed()) {
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
      deliver(line, flight.method, [flight.id]);
    },
    batch: (line, added) => {
      if (refuses(added)) return;
      for (const flight of added) flights.set(flight.id, flight);
      if (added.length > 0 || state !== "idle")
        deliver(
          line,
          null,
          added.map(({ id }) => id),
        );
    },
    notify: (line, method) => {
      if (isClosed() || refusing !== null) return;
      handshake.notified(method, line);
      if (state !== "idle") deliver(line, method, []);
    },
    respond: (line, id) => {
      const answer = asked.answered(line, id);
      if (answer === null || current === null) return;
      lastTraffic = deps.now();
      send(current.pipe, answer);
    },
    inFlight: (id) => flights.get(id),
    load: () => flights.size(),
    cancel: (id) => {
      const flight = flights.get(id);
      if (flight === undefined) return undefined;
      flights.delete(id);
      handshake.answered(flight.method, id, false);
      if (queue.takeBack(id)) {
        deps.onDrain();
        return { flight, sent: false };
      }
      cancelled.add(id);
      for (const oldest of cancelled) {
        if (cancelled.size <= mostCancelled) break;
        cancelled.delete(oldest);
      }
      return { flight, sent: true };
    },
    together: (work) => {
      const pipe = current?.pipe;
      pipe?.hold();
      try {
        work();
      } finally {
        pipe?.release();
        // What fills the pipe is written only now, and perhaps nothing follows: the client waits.
        if (pipe !== undefined) watch(pipe);
      }
    },
    congested: () => queue.bytes() > mostQueuedBytes || (current?.pipe.congested() ?? false),
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
        moves();
        loseAll(error);
      }
      await launching;
      await current?.process.stop();
    },
  };
}
