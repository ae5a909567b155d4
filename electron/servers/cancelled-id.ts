/** The JSON text of the id that a `notifications/cancelled` line names, as `Envelope.id` spells it; null if it names none. */
export function cancelledId(line: Uint8Array): string | null {
  let message: unknown;
  try {
    message = JSON.parse(Buffer.from(line.buffer, line.byteOffset, line.byteLength).toString("utf8"));
  } catch {
    return null;
  }
  const params: unknown = typeof message === "object" && message !== null && "params" in message ? message.params : null;
  const id: unknown = typeof params === "object" && params !== null && "requestId" in params ? params.requestId : null;
  return typeof id === "string" || typeof id === "number" ? JSON.stringify(id) : null;
}
