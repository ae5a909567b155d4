/**
 * Known secret values taken out of whatever leaves: results to the client, stderr, errors, journal, UI (threat 25). Each value is
 * looked for as it is, JSON-escaped, base64 and base64url (at all three alignments), hex (both cases) and url-encoded.
 */
export interface Redactor {
  /** Number of values it knows. */
  readonly size: number;
  /** The very same object when there is nothing to take out. */
  bytes(data: Uint8Array): Uint8Array;
  text(text: string): string;
  /** Every string in a JSON value, keys included; the same object when there is nothing to take out. */
  json<T>(value: T): T;
}

/** What stands in a secret's place. */
export const redactedMark = "[redacted]";
