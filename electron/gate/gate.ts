/** Where a session's answers go: the client's side of the pipe. */
export interface SessionOutput {
  /**
   * Whole lines, newline included (often several in one buffer). The bytes may be kept: they are never reused.
   *
   * @returns false when the client does not keep up: its server is paused until `onDrain`'s listener is called
   */
  write(lines: Uint8Array): boolean;
  /** Registers the one listener that is called when more may be written after `write` said false. */
  onDrain(listener: () => void): void;
}

export interface SessionInfo {
  /** Ours, unique for ever. */
  readonly id: string;
  /** The name its config gave it. */
  readonly client: string;
  readonly server: string;
}

/** One client session at the gate: one client, one server, one instance of it. */
export interface GateSession {
  /**
   * Bytes from the client, cut anywhere. The buffer is the gate's from then on: it must not be written to again.
   *
   * @returns false when the server or the client itself does not keep up: pause the client until `onDrain`'s listener is called
   * @throws what should not happen: the session cannot go on
   */
  receive(chunk: Uint8Array): boolean;
  /** Registers the one listener that is called when more may be received. */
  onDrain(listener: () => void): void;
  /** The client is gone: its questions are withdrawn, its server is stopped. Resolves when that is gone too. */
  end(): Promise<void>;
  /** Tool calls so far. */
  calls(): number;
  /** What the client says of itself (name and version), unverified; null until it said so. */
  says(): string | null;
  /** Registers a listener for changes of `calls` and `says`. */
  onChange(listener: () => void): void;
}

/** The one place where a tool call is judged. */
export interface Gate {
  open(session: SessionInfo, output: SessionOutput): GateSession;
  /** Ends every session. */
  close(): Promise<void>;
}
