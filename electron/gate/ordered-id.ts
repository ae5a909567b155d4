/**
 * Makes version 7 UUIDs (RFC 9562) out of random ones: their beginning is the time in milliseconds. The journal's index of calls then
 * grows at its end; with random ids each record would write a page of its own.
 */
export function createOrderedIds(now: () => number, random: () => string): () => string {
  let time = Number.NaN;
  let beginning = "";
  return () => {
    const current = now();
    // Many calls come in one millisecond.
    if (current !== time) {
      time = current;
      const digits = Math.max(0, Math.floor(time)).toString(16).padStart(12, "0").slice(-12);
      beginning = `${digits.slice(0, 8)}-${digits.slice(8)}-7`;
    }
    return beginning + random().slice(15);
  };
}
