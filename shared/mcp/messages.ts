// The few messages that we write ourselves, a line each, newline included. `id` is the JSON text of the id (Envelope.id).

/** JSON-RPC 2.0 error codes. */
export const rpcError = { parse: -32700, invalidRequest: -32600, invalidParams: -32602, internal: -32603 } as const;

/** A protocol error; `id` null when it could not be read. */
export function errorLine(id: string | null, code: number, message: string): string {
  return `{"jsonrpc":"2.0","id":${id ?? "null"},"error":{"code":${code},"message":${JSON.stringify(message)}}}\n`;
}

/** A tool result that says no: the model reads the text and can act on it. */
export function refusalLine(id: string, text: string, stateless: boolean): string {
  const type = stateless ? '"resultType":"complete",' : "";
  return `{"jsonrpc":"2.0","id":${id},"result":{${type}"content":[{"type":"text","text":${JSON.stringify(text)}}],"isError":true}}\n`;
}

/**
 * Keeps a client waiting. The value grows by a millionth at a time, so that whatever the server itself reports later is still more,
 * as the spec demands of progress.
 */
export function progressLine(token: string | number, count: number, message: string): string {
  const params = `"progressToken":${JSON.stringify(token)},"progress":${(count / 1_000_000).toFixed(6)},"message":${JSON.stringify(message)}`;
  return `{"jsonrpc":"2.0","method":"notifications/progress","params":{${params}}}\n`;
}

/** Tells the client that a request which its server made will not be listened to any more. */
export function cancelledLine(id: string, reason: string): string {
  return `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":${id},"reason":${JSON.stringify(reason)}}}\n`;
}
