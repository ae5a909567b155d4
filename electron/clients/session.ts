import type net from "node:net";

/**
 * One client's connection after its preamble: raw MCP both ways between its socket and the gate, with back-pressure both ways. The
 * gate judges and forwards; here only bytes move. An unknown, disabled or unaccepted server opens a session too: the gate answers each
 * request with the reason.
 */
export interface SessionOutput {
  /** Bytes to the client. False: hold back until `onDrain` of the session is called. */
  write(bytes: Uint8Array): boolean;
  /** After `receive` has returned false: the session takes more. */
  resume(): void;
  /** Nothing follows: what was written is sent, then the connection ends. */
  end(): void;
}

export interface SessionInput {
  /** Bytes from the client, in order, cut anywhere. False: no more until `resume`. */
  receive(chunk: Buffer): boolean;
  /** The client's socket takes more, after `write` has returned false. */
  onDrain(): void;
  /** The client has closed its end, or the app is closing: waiting questions are withdrawn, open requests answered, then `output.end()`. */
  end(): void;
  /** What the client says of itself in `initialize`, or null. */
  says(): string | null;
  /** Tool calls so far. */
  calls(): number;
}

export interface SessionName {
  readonly id: string;
  readonly client: string;
  readonly server: string;
}

/** `onChange`: what `says` or `calls` would answer has changed. */
export type OpenSession = (who: SessionName, output: SessionOutput, onChange: () => void) => SessionInput;

export interface LiveSession {
  readonly who: SessionName;
  readonly connectedAt: number;
  readonly input: SessionInput;
  /** Ends it from our side; resolves when the connection is gone, within 2 s. */
  close(): Promise<void>;
}

const closeMs = 2_000;

/** Ties a client's socket to a session of the gate. `onClosed` is called once, when the connection is gone. */
export function serveClient(
  socket: net.Socket,
  rest: Buffer,
  deps: {
    readonly who: SessionName;
    readonly connectedAt: number;
    readonly openSession: OpenSession;
    readonly onChange: () => void;
    readonly onClosed: () => void;
  },
): LiveSession {
  let ended = false;
  const output: SessionOutput = {
    write: (bytes) => (socket.writable ? socket.write(bytes) : true),
    resume: () => socket.resume(),
    end() {
      if (socket.writable) socket.end();
    },
  };
  const input = deps.openSession(deps.who, output, deps.onChange);
  const end = (): void => {
    if (ended) return;
    ended = true;
    input.end();
  };
  const receive = (chunk: Buffer): void => {
    if (ended) return;
    if (!input.receive(chunk)) socket.pause();
  };

  socket.on("data", receive);
  socket.on("drain", () => input.onDrain());
  socket.once("end", () => {
    end();
    setTimeout(() => socket.destroy(), closeMs).unref();
  });
  const gone = new Promise<void>((resolve) => {
    socket.once("close", () => {
      end();
      deps.onClosed();
      resolve();
    });
  });
  if (rest.length > 0) receive(rest);

  return {
    who: deps.who,
    connectedAt: deps.connectedAt,
    input,
    async close() {
      end();
      if (socket.writable) socket.end();
      const timer = setTimeout(() => socket.destroy(), closeMs);
      await gone;
      clearTimeout(timer);
    },
  };
}
