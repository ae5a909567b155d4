import type { AppError, Result } from "../../shared/errors.ts";
import type { Envelope } from "../../shared/mcp/json-rpc.ts";
import type { OutputPolicy } from "./server-output.ts";
import type { ServerProcess } from "./server-process.ts";

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
  /** Milliseconds on a clock that nobody sets. */
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
  /** How long it may leave unread what it is sent. Default five minutes. */
  readonly stuckMs?: number;
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
  /**
   * The client no longer waits for it: it is not in flight any more, and a late answer passes without harm. `sent` is false when the server
   * has never seen it and never will.
   */
  cancel(id: string): { readonly flight: F; readonly sent: boolean } | undefined;
  /** What this does is written to the server in one piece, where that is possible. */
  together(work: () => void): void;
  /** Whether the client should be paused. */
  congested(): boolean;
  pauseOutput(): void;
  resumeOutput(): void;
  /** Stops the server; what is in flight is lost. Resolves when it is gone. */
  close(error: AppError): Promise<void>;
}
