import type net from "node:net";
import type { Gate, GateSession, SessionInfo } from "../gate/gate.ts";

/**
 * One client's connection after its preamble: raw MCP both ways between its socket and the gate, with back-pressure both ways. The
 * gate judges and forwards; here only bytes move. An unknown, disabled or unaccepted server opens a session too: the gate answers each
 * request with the reason.
 */
export interface LiveSession {
  readonly info: SessionInfo;
  readonly connectedAt: number;
  readonly gate: Pick<GateSession, "calls" | "says">;
  /** Ends it from our side; resolves when connection and server are gone. */
  close(): Promise<void>;
}

const lingerMs = 2_000;
const maxHeldBytes = 1 << 20;

/** Ties a client's socket to a session of the gate. `onClosed` is called once, when the connection is gone. */
export function serveClient(
  socket: net.Socket,
  rest: Buffer,
  deps: {
    readonly info: SessionInfo;
    readonly connectedAt: number;
    readonly open: Gate["open"];
    readonly onChange: () => void;
    readonly onClosed: () => void;
  },
): LiveSession {
  let onWritable: () => void = () => undefined;
  let ending: Promise<void> | null = null;
  // While the server, or the client itself, does not take more, a little is still read: a paused socket would not show that its client is gone.
  let blocked = false;
  let held: Buffer[] = [];
  let heldBytes = 0;

  const gate = deps.open(deps.info, {
    write: (lines) => (socket.writable ? socket.write(lines) : true),
    onDrain(listener) {
      onWritable = listener;
    },
  });
  gate.onDrain(() => {
    blocked = false;
    const waiting = held;
    held = [];
    heldBytes = 0;
    for (const chunk of waiting) receive(chunk);
    if (heldBytes <= maxHeldBytes) socket.resume();
  });
  gate.onChange(deps.onChange);

  const end = (): Promise<void> => {
    held = [];
    return (ending ??= gate.end());
  };
  const receive = (chunk: Buffer): void => {
    if (ending !== null) return;
    if (!blocked) {
      try {
        blocked = !gate.receive(chunk);
      } catch {
        // It is in the journal. Whatever a client writes ends its own session at worst.
        void end();
        socket.destroy();
      }
      return;
    }
    held.push(chunk);
    heldBytes += chunk.length;
    if (heldBytes > maxHeldBytes) socket.pause();
  };

  socket.on("data", receive);
  socket.on("drain", () => onWritable());
  socket.once("end", () => {
    void end();
    // What was written is sent; a client that has closed its end and does not read is not waited for.
    socket.end();
    setTimeout(() => socket.destroy(), lingerMs).unref();
  });
  const gone = new Promise<void>((resolve) => {
    socket.once("close", () => {
      void end();
      deps.onClosed();
      resolve();
    });
  });
  if (rest.length > 0) receive(rest);

  return {
    info: deps.info,
    connectedAt: deps.connectedAt,
    gate,
    async close() {
      const ended = end();
      socket.end();
      const timer = setTimeout(() => socket.destroy(), lingerMs);
      await Promise.all([ended, gone]);
      clearTimeout(timer);
    },
  };
}
