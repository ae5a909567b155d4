// What is judged and what passes. Only a tool call makes a server act for the model; everything else, also what no revision knows
// yet, passes as it came. Spec: 2024-11-05 … 2025-11-25 (session handshake) and 2026-07-28 (stateless).

export const toolCallMethod = "tools/call";

/**
 * Whether a method is a tool call to any server behind: exactly `tools/call`, also when it asks for a task, and every spelling
 * that a lenient server might take for it (case, white space). The odd spellings are judged too; `isExact` tells them apart.
 */
export function isJudged(method: string): boolean {
  if (method === toolCallMethod) return true;
  return method.length >= toolCallMethod.length && method.trim().toLowerCase() === toolCallMethod;
}

/** The methods the gate itself looks at while they pass, unchanged. */
export const observed = {
  initialize: "initialize",
  initialized: "notifications/initialized",
  cancelled: "notifications/cancelled",
  setLevel: "logging/setLevel",
  subscribe: "resources/subscribe",
  unsubscribe: "resources/unsubscribe",
  listTools: "tools/list",
} as const;

/** In a request's `_meta`: says that it is of the stateless era, where every result names its type. */
export const protocolVersionKey = "io.modelcontextprotocol/protocolVersion";
/** In a request's `_meta` of the stateless era: what the client says of itself. */
export const clientInfoKey = "io.modelcontextprotocol/clientInfo";
