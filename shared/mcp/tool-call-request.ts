import type { JsonObject, JsonValue } from "../model/json.ts";
import { foldCase } from "./json-rpc.ts";
import type { Envelope } from "./json-rpc.ts";
import { clientInfoKey, protocolVersionKey, toolCallMethod } from "./methods.ts";
import { isObject, parseJudged } from "./strict-json.ts";
import type { Decode } from "./strict-json.ts";

/** One `tools/call` as its client sent it, read for judging. */
export interface ToolCallRequest {
  readonly tool: string;
  readonly arguments: JsonObject;
  /** For progress notifications to the client, or null if it wants none. */
  readonly progressToken: string | number | null;
  /** Asks for a task (2025-11-25): its result is then another one than a tool's. */
  readonly task: boolean;
  /** Of the stateless era (2026-07-28), where results name their type. */
  readonly stateless: boolean;
  /** Echoed from an `InputRequiredResult`: this continues an earlier call. */
  readonly requestState: string | null;
  /** What the client says of itself in this very request, unverified. */
  readonly clientSays: string | null;
}

export type ReadToolCall = { readonly ok: true; readonly value: ToolCallRequest } | { readonly ok: false; readonly reason: string };

const spelled: ReadonlySet<string> = new Set(["name", "arguments", "task", "requestState", "_meta"]);
const readKeys = [...spelled].map(foldCase);

/** Reads a strictly parsed message. What a server could read differently (a key of another case beside ours) is refused. */
export function readToolCall(message: JsonValue): ReadToolCall {
  if (!isObject(message)) return refuse("it is not an object");
  if (message["method"] !== toolCallMethod) return refuse(misspelled);
  return readCallParams(message["params"]);
}

/**
 * The same of a line that a scan has classified; `end`: where its content ends. Of a bare request the scan has read all but its params, as
 * strictly as they are read here; anything else is read whole.
 */
export function readCallLine(line: Uint8Array, end: number, envelope: Envelope, decode: Decode): ReadToolCall {
  const judged = envelope.bare ? parseJudged(line, decode, envelope.bodyStart, envelope.bodyEnd, 1) : parseJudged(line, decode, 0, end);
  if (!judged.ok) return judged;
  if (!envelope.bare) return readToolCall(judged.value);
  return envelope.method === toolCallMethod ? readCallParams(judged.value) : refuse(misspelled);
}

const misspelled = `the method must be spelled "${toolCallMethod}"`;

function readCallParams(params: JsonValue | undefined): ReadToolCall {
  if (!isObject(params)) return refuse("params must be an object");
  for (const key of Object.keys(params)) {
    if (spelled.has(key)) continue;
    const folded = foldCase(key);
    if (readKeys.includes(folded)) {
      return refuse(`a key of params differs from "${folded}" only in case`);
    }
  }
  const name = params["name"];
  if (typeof name !== "string" || name === "") return refuse("params.name must be the name of a tool");
  if (name.length > 1024) return refuse("params.name is too long");
  const given = params["arguments"];
  if (given !== undefined && !isObject(given)) return refuse("params.arguments must be an object");
  const meta = isObject(params["_meta"]) ? params["_meta"] : {};
  const token = meta["progressToken"];
  const state = params["requestState"];
  return {
    ok: true,
    value: {
      tool: name,
      arguments: given ?? {},
      progressToken: typeof token === "string" || typeof token === "number" ? token : null,
      task: params["task"] !== undefined,
      stateless: meta[protocolVersionKey] !== undefined,
      requestState: typeof state === "string" ? state : null,
      clientSays: implementationName(meta[clientInfoKey]),
    },
  };
}

/** "name version" of an MCP `Implementation`, bounded; null if it is none. */
export function implementationName(value: JsonValue | undefined): string | null {
  if (!isObject(value) || typeof value["name"] !== "string") return null;
  const version = typeof value["version"] === "string" ? ` ${value["version"].slice(0, 64)}` : "";
  return `${value["name"].slice(0, 128)}${version}`;
}

function refuse(reason: string): ReadToolCall {
  return { ok: false, reason };
}
