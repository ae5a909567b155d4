import type { JsonObject } from "./json.ts";

/** What is judged: one `tools/call`, parsed once from the very bytes that will be forwarded. */
export interface ToolCall {
  /** Ours, unique for ever (not the JSON-RPC id, which a client may reuse). */
  readonly id: string;
  readonly sessionId: string;
  readonly client: string;
  readonly server: string;
  readonly tool: string;
  readonly arguments: JsonObject;
  /** SHA-256 (hex) of the canonical arguments: the base of exact rules and of an approval's fingerprint. */
  readonly argumentsHash: string;
  /** Size in bytes of the client's whole message. */
  readonly bytes: number;
}
