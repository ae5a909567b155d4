import { isUtf8 } from "node:buffer";
import { envelopeOf, scanEnvelope } from "../../shared/mcp/json-rpc.ts";
import type { Envelope } from "../../shared/mcp/json-rpc.ts";
import { lineContent } from "./line-splitter.ts";

// What a server may do on its stdout before it is stopped as faulty (threat 34). A stray log line harms nobody and many servers print
// some; a stream of them, invented answers or a line without end do.

export type OutputLine =
  | { readonly kind: "message"; readonly envelope: Envelope }
  /** Its items are messages; parsed because a batch can carry the answer to anything. */
  | { readonly kind: "batch"; readonly items: readonly { readonly value: unknown; readonly envelope: Envelope }[] }
  | { readonly kind: "blank" }
  /** `envelope` when it could still be told what it would have been. */
  | { readonly kind: "garbage"; readonly envelope: Envelope | null };

/** Classifies one line of a server. Odd spellings are parsed in full: unlike a client's, they can only harm their own session. */
export function readOutputLine(line: Uint8Array): OutputLine {
  const content = lineContent(line);
  if (content.length === 0) return { kind: "blank" };
  const scanned = scanEnvelope(content);
  if (!isUtf8(content)) return { kind: "garbage", envelope: scanned };
  if (scanned.kind !== "batch" && scanned.kind !== "unclear" && scanned.kind !== "malformed") return { kind: "message", envelope: scanned };
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(content.buffer, content.byteOffset, content.byteLength).toString("utf8"));
  } catch {
    return { kind: "garbage", envelope: null };
  }
  if (Array.isArray(value) && value.length > 0) {
    const items = value.map((item: unknown) => ({ value: item, envelope: envelopeOf(item) }));
    return items.some((item) => item.envelope.kind === "malformed") ? { kind: "garbage", envelope: null } : { kind: "batch", items };
  }
  const envelope = envelopeOf(value);
  return envelope.kind === "malformed" ? { kind: "garbage", envelope: null } : { kind: "message", envelope };
}

export interface OutputPolicy {
  /** Lines that are no messages, one after another. */
  readonly garbageLines: number;
  /** Their bytes. */
  readonly garbageBytes: number;
  /** Answers to nothing that was asked, in the life of an instance. */
  readonly unknownAnswers: number;
}

export const outputPolicy: OutputPolicy = { garbageLines: 200, garbageBytes: 4 * 1024 * 1024, unknownAnswers: 16 };

/** Counts the misdeeds of one instance; each function returns why it must be stopped now, or null. */
export interface Conduct {
  garbage(bytes: number): string | null;
  unknownAnswer(): string | null;
  good(): void;
  /**
   * A message that nobody waits for (a notification, a request of its own). It passes, but only so many in a while, so that a flood
   * costs the others nothing: the milliseconds for which the server is not to be read, 0 mostly.
   */
  unsolicited(bytes: number): number;
}

const windowMs = 100;
/** Of messages that nobody waits for, in one window: some 10,000 short ones or 7 MB a second. */
const windowCost = 1_500;

export function createConduct(policy: OutputPolicy, now: () => number): Conduct {
  let lines = 0;
  let bytes = 0;
  let unknown = 0;
  let windowStart = 0;
  let cost = 0;
  return {
    garbage: (size) => {
      lines++;
      bytes += size;
      return lines > policy.garbageLines || bytes > policy.garbageBytes ? "it kept writing what is no MCP message to its output" : null;
    },
    unknownAnswer: () => {
      unknown++;
      return unknown > policy.unknownAnswers ? "it kept answering what nobody had asked" : null;
    },
    unsolicited: (size) => {
      const at = now();
      if (at - windowStart >= windowMs) {
        windowStart = at;
        cost = 0;
      }
      cost += 1 + size / 512;
      return cost > windowCost ? windowMs - (at - windowStart) : 0;
    },
    good: () => {
      lines = 0;
      bytes = 0;
    },
  };
}
