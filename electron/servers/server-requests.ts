import type { Envelope } from "../../shared/mcp/json-rpc.ts";
import { observed } from "../../shared/mcp/methods.ts";
import { cancelledId } from "./cancelled-id.ts";

/**
 * What a server has asked its client (sampling, elicitation, roots …). Only answers to these reach it, and an answer to an instance
 * that is gone never reaches the next one, which counts its ids from the beginning again.
 */
export interface ServerRequests {
  /** A request or notification of the server passes to the client. */
  passed(line: Uint8Array, envelope: Envelope): void;
  /** The client answers: whether the running instance waits for it. */
  answered(id: string): boolean;
  open(): number;
  /** Returns the ids that will not be listened to any more. */
  instanceGone(): readonly string[];
}

export function createServerRequests(): ServerRequests {
  const open = new Set<string>();
  /** Answers the client still owes to instances that are gone. */
  const stale = new Map<string, number>();
  return {
    passed: (line, envelope) => {
      if (envelope.kind === "request" && envelope.id !== null) {
        open.add(envelope.id);
      } else if (envelope.method === observed.cancelled) {
        const withdrawn = cancelledId(line);
        if (withdrawn !== null) open.delete(withdrawn);
      }
    },
    answered: (id) => {
      const owed = stale.get(id);
      if (owed === undefined) return open.delete(id);
      if (owed > 1) stale.set(id, owed - 1);
      else stale.delete(id);
      return false;
    },
    open: () => open.size,
    instanceGone: () => {
      const ids = [...open];
      open.clear();
      for (const id of ids) stale.set(id, (stale.get(id) ?? 0) + 1);
      return ids;
    },
  };
}
