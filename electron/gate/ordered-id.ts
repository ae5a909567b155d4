/**
 * A version 7 UUID (RFC 9562) out of a random one: its beginning is the time in milliseconds. The journal's index of calls then grows at
 * its end; with random ids each record would write a page of its own.
 */
export function orderedId(now: number, random: string): string {
  if (now !== lastNow) {
    const time = Math.max(0, Math.floor(now)).toString(16).padStart(12, "0").slice(-12);
    beginning = `${time.slice(0, 8)}-${time.slice(8)}-7`;
    lastNow = now;
  }
  return beginning + random.slice(15);
}

// Many calls come in one millisecond.
let lastNow = Number.NaN;
let beginning = "";
