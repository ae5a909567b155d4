import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import type { JSONRPCMessage } from "@modelcontextprotocol/sdk/types.js";
import type { Envelope } from "../../shared/mcp/json-rpc.ts";
import { createConduct, outputPolicy, readOutputLine } from "./server-output.ts";
import { createServerPipe } from "./server-pipe.ts";
import type { ServerProcess } from "./server-process.ts";

/** So many requests of a server (pings, mostly) are answered; what it asks after that is not read. */
const mostRequests = 100;

/**
 * The SDK's view of a process we started: JSON lines, bounded, as many in a while as a session's server may write, and ended for the same
 * misdeeds (threat 34). The SDK gets the answers to what it asked, and a few requests; each message costs it far more than reading it costs us.
 */
export function processTransport(server: ServerProcess, lineBytes: number): Transport {
  const conduct = createConduct(outputPolicy, () => performance.now());
  /** Ids of what was asked and is not answered yet, as JSON. */
  const asked = new Set<string>();
  let requests = 0;
  let closed = false;
  const transport: Transport = {
    start() {
      const pipe = createServerPipe({
        process: server,
        maxLineBytes: lineBytes,
        onLine: (line) => {
          const read = readOutputLine(line);
          if (read.kind === "garbage") endFor(conduct.garbage(line.length));
          else if (read.kind === "message") receive(line, read.envelope);
          else if (read.kind === "batch") for (const item of read.items) receive(item.line, item.envelope);
          const restMs = conduct.unsolicited(line.length);
          if (restMs > 0) pipe.rest(restMs);
        },
        together: (work) => work(),
        onDrain: () => undefined,
        onTooLong: () => endFor("a line is too long"),
        onGone: () => transport.onclose?.(),
      });
      return Promise.resolve();
    },
    send(message: JSONRPCMessage) {
      if ("method" in message && "id" in message) asked.add(JSON.stringify(message.id));
      return new Promise((resolve) => {
        if (server.stdin.write(`${JSON.stringify(message)}\n`)) resolve();
        else server.stdin.once("drain", resolve);
      });
    },
    close() {
      closed = true;
      transport.onclose?.();
      return Promise.resolve();
    },
  };

  function receive(line: Uint8Array, envelope: Envelope): void {
    if (envelope.kind === "response") {
      if (envelope.id === null || !asked.delete(envelope.id)) {
        endFor(conduct.unknownAnswer());
        return;
      }
      conduct.good();
    } else if (envelope.kind !== "request" || (requests += 1) > mostRequests) return;
    if (!closed) transport.onmessage?.(JSON.parse(Buffer.from(line).toString("utf8")) as JSONRPCMessage);
  }

  function endFor(reason: string | null): void {
    if (reason === null || closed) return;
    transport.onerror?.(new Error(reason));
    void transport.close();
  }

  return transport;
}
