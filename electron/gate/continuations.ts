import type { ToolCallRequest } from "../../shared/mcp/tool-call-request.ts";
import type { ToolCall } from "../../shared/model/tool-call.ts";
import { sha256 } from "./fingerprint.ts";

// 2026-07-28: a server may answer a call with an `InputRequiredResult`, and the client sends the call again with the input and the
// server's `requestState`. That is the same call to the person who allowed it, so it is not asked about twice, but only if it names
// the very state, tool and arguments, within ten minutes, and once for each state. Deny rules, pause and faults still stop it.

export interface Continuations {
  /** Remembers the state that a result hands out for a call that the person allowed. A result without one is not remembered. */
  note(line: Uint8Array, call: ToolCall): void;
  /** The id of the allowed call that this one goes on with, or null. Counts once. */
  take(request: ToolCallRequest, call: ToolCall): string | null;
}

const lifetimeMs = 10 * 60_000;
const most = 100;

export function createContinuations(deps: { now(): number }): Continuations {
  const states = new Map<
    string,
    { readonly call: string; readonly tool: string; readonly argumentsHash: string; readonly until: number }
  >();
  return {
    note: (line, call) => {
      const state = requestStateOf(line);
      if (state === null) return;
      states.set(sha256(state), { call: call.id, tool: call.tool, argumentsHash: call.argumentsHash, until: deps.now() + lifetimeMs });
      for (const oldest of states.keys()) {
        if (states.size <= most) break;
        states.delete(oldest);
      }
    },
    take: (request, call) => {
      if (request.requestState === null) return null;
      const key = sha256(request.requestState);
      const found = states.get(key);
      if (found === undefined || found.until < deps.now()) return null;
      if (found.tool !== call.tool || found.argumentsHash !== call.argumentsHash) return null;
      states.delete(key);
      return found.call;
    },
  };
}

function requestStateOf(line: Uint8Array): string | null {
  try {
    const message: unknown = JSON.parse(Buffer.from(line.buffer, line.byteOffset, line.byteLength).toString("utf8"));
    const result: unknown = typeof message === "object" && message !== null && "result" in message ? message.result : null;
    const state: unknown = typeof result === "object" && result !== null && "requestState" in result ? result.requestState : null;
    return typeof state === "string" ? state : null;
  } catch {
    return null;
  }
}
