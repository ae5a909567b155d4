import { randomUUID } from "node:crypto";
import { memberOf, skipBlank } from "../../shared/mcp/json-bytes.ts";
import type { Span } from "../../shared/mcp/json-bytes.ts";
import type { Envelope } from "../../shared/mcp/json-rpc.ts";
import { observed } from "../../shared/mcp/methods.ts";
import { cancelledId } from "./cancelled-id.ts";

/**
 * What a server has asked its client (sampling, elicitation, roots …). Only answers to these reach it. A new instance counts its ids
 * from the beginning again, and the client may still answer what the last one asked: from the second instance on each request gets
 * an id on its way that nobody has seen before, so that an answer to an old question can never answer a new one. Nothing is kept
 * of an instance that is gone.
 */
export interface ServerRequests {
  /**
   * A request or notification of the server passes to the client: as it came, or with the id that the client is to see. Null where that
   * cannot be put in.
   */
  passed(line: Uint8Array, envelope: Envelope): Uint8Array | null;
  /** The client answers: the line for the running instance, or null if that does not wait for it (or it can't be told where the id stands). */
  answered(line: Uint8Array, id: string): Uint8Array | null;
  open(): number;
  /** Returns the ids, as the client knows them, that will not be listened to any more. */
  instanceGone(): readonly string[];
}

export function createServerRequests(): ServerRequests {
  /** Ids as the client knows them, to the server's own. */
  const open = new Map<string, string>();
  /** The other way round: a server may cancel as often as it likes, so nothing is searched for that. */
  const known = new Map<string, string>();
  /** What the ids of all instances but the first begin with: none that the first could have used. */
  let prefix: string | null = null;
  let renamed = 0;

  const opened = (id: string, own: string): void => {
    open.set(id, own);
    known.set(own, id);
  };
  /** Returns the server's own id. */
  const closed = (id: string): string | undefined => {
    const own = open.get(id);
    if (own === undefined) return undefined;
    open.delete(id);
    // Where a server has used an id of its own twice, the later one is meant.
    if (known.get(own) === id) known.delete(own);
    return own;
  };

  return {
    passed: (line, envelope) => {
      if (envelope.kind === "request" && envelope.id !== null) {
        if (prefix === null) {
          opened(envelope.id, envelope.id);
          return line;
        }
        const id = JSON.stringify(`${prefix}-${renamed + 1}`);
        const sent = replaced(line, topMember(line, "id"), id);
        if (sent === null) return null;
        renamed++;
        opened(id, envelope.id);
        return sent;
      }
      if (envelope.method !== observed.cancelled) return line;
      const own = cancelledId(line);
      if (own === null) return line;
      const id = known.get(own) ?? own;
      closed(id);
      if (id === own) return line;
      const params = topMember(line, "params");
      return replaced(line, params === null ? null : memberOf(line, params.start, "requestId"), id);
    },
    answered: (line, id) => {
      const own = closed(id);
      if (own === undefined) return null;
      return own === id ? line : replaced(line, topMember(line, "id"), own);
    },
    open: () => open.size,
    instanceGone: () => {
      const ids = [...open.keys()];
      open.clear();
      known.clear();
      prefix ??= `portcullis-${randomUUID()}`;
      return ids;
    },
  };
}

function topMember(line: Uint8Array, name: string): Span | null {
  return memberOf(line, skipBlank(line, 0), name);
}

/** The line with another text at a place. */
function replaced(line: Uint8Array, place: Span | null, text: string): Uint8Array | null {
  return place === null ? null : Buffer.concat([line.subarray(0, place.start), Buffer.from(text), line.subarray(place.end)]);
}
