/**
 * A version 7 UUID (RFC 9562) out of a random one: its beginning is the time in milliseconds. The journal's index of calls then grows at
 * its end; with random ids each record would write a page of its own.
 */
export function orderedId(now: number, random: string): string {
  const time = Math.max(0, Math.floor(now)).toString(16).padStart(12, "0").slice(-12);
  return `${time.slice(0, 8)}-${time.slice(8)}-7${random.slice(15)}`;
}
