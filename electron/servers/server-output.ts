import { isUtf8 } from "node:buffer";
import { itemsOf, memberOf } from "../../shared/mcp/json-bytes.ts";
import { envelopeOf, scanEnvelope } from "../../shared/mcp/json-rpc.ts";
import type { Envelope } from "../../shared/mcp/json-rpc.ts";
import { contentEnd } from "./line-splitter.ts";

// What a server may do on its stdout before it is stopped as faulty (threat 34). A stray log line harms nobody and many servers print
// some; a stream of them, invented answers or a line without end do.

export type OutputLine =
  | { readonly kind: "message"; readonly envelope: Envelope }
  /** Its items are messages, each a line of its own here: a batch can carry the answer to anything. */
  | { readonly kind: "batch"; readonly items: readonly { readonly line: Uint8Array; readonly envelope: Envelope }[] }
  | { readonly kind: "blank" }
  /** `answers`: the id of the request that it would have answered, where that can still be told; `problem`: a clause for whoever waits for it. */
  | { readonly kind: "garbage"; readonly answers: string | null; readonly problem: string };

/** Classifies one line of a server. Odd spellings are parsed in full: unlike a client's, they can only harm their own session. */
export function readOutputLine(line: Uint8Array): OutputLine {
  const end = contentEnd(line);
  if (end === 0) return { kind: "blank" };
  const scanned = scanEnvelope(line, end);
  if (!isUtf8(line)) return garbage(scanned.kind === "response" ? scanned.id : null, "is not valid UTF-8");
  if (scanned.kind !== "batch" && scanned.kind !== "unclear" && scanned.kind !== "malformed") return { kind: "message", envelope: scanned };
  const content = line.subarray(0, end);
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(content.buffer, content.byteOffset, content.byteLength).toString("utf8"));
  } catch {
    return garbage(null);
  }
  if (Array.isArray(value)) return readBatch(content, value);
  const envelope = parsedEnvelope(content, value);
  return envelope.kind === "malformed" ? garbage(answeredId(value)) : { kind: "message", envelope };
}

function garbage(answers: string | null, problem = "is no valid message"): OutputLine {
  return { kind: "garbage", answers, problem };
}

function readBatch(content: Uint8Array, values: readonly unknown[]): OutputLine {
  if (values.length === 0 || values.some((value) => !isObject(value))) return garbage(null);
  const spans = itemsOf(content);
  const items = values.map((value, index) => {
    const { start, end } = spans[index] ?? { start: 0, end: 0 };
    const item = content.subarray(start, end);
    const scanned = scanEnvelope(item);
    const told = scanned.kind !== "unclear" && scanned.kind !== "malformed";
    // Its own bytes: written anew, its numbers might be other ones.
    return { line: Buffer.concat([item, lineEnd]), envelope: told ? scanned : parsedEnvelope(item, value) };
  });
  return items.some(({ envelope }) => envelope.kind === "malformed") ? garbage(null) : { kind: "batch", items };
}

const lineEnd = Buffer.from("\n");

/** The envelope of a message that the scan could not tell. Members that are null because their writer writes all of them are no members. */
function parsedEnvelope(content: Uint8Array, value: unknown): Envelope {
  if (!isObject(value)) return envelopeOf(value);
  const { id, result, error, ...rest } = value;
  const answer = {
    ...("result" in value && (result !== null || error === undefined || error === null) ? { result } : {}),
    ...("error" in value && error !== null ? { error } : {}),
  };
  // An error about a message whose id could not be read (JSON-RPC 2.0, section 5).
  const named = id === null && "error" in answer && !("method" in value) ? {} : "id" in value ? { id } : {};
  const envelope = envelopeOf({ ...rest, ...named, ...answer });
  const body = envelope.kind === "response" ? memberOf(content, 0, envelope.failed ? "error" : "result") : null;
  return body === null ? envelope : { ...envelope, bodyStart: body.start, bodyEnd: body.end };
}

/** Which request something that is no message would have answered. */
function answeredId(value: unknown): string | null {
  if (!isObject(value) || "method" in value) return null;
  const { id } = value;
  return typeof id === "string" || typeof id === "number" ? JSON.stringify(id) : null;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
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

/** Counts the misdeeds of one instance from its start; each function returns why it must be stopped now, or null. */
export interface Conduct {
  garbage(bytes: number): string | null;
  unknownAnswer(): string | null;
  good(): void;
  /**
   * A line that nobody waits for (a notification, a request of its own, an empty one). It passes, but only so many in a while, so that a flood
   * costs the others nothing: the milliseconds for which the server is not to be read, 0 mostly.
   */
  unsolicited(bytes: number): number;
  /** For how long it has been counted. */
  livedMs(): number;
}

const windowMs = 100;
/** Of messages that nobody waits for, in one window: some 10,000 short ones or 7 MB a second. */
const windowCost = 1_500;

/** @param now milliseconds on a clock that nobody sets: a server would go unread for as long as a clock is set back */
export function createConduct(policy: OutputPolicy, now: () => number): Conduct {
  const began = now();
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
    livedMs: () => now() - began,
  };
}
