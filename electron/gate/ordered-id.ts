const mostInOneMoment = 1 << 12;

/**
 * Makes version 7 UUIDs (RFC 9562): their beginning is the time in milliseconds, then those of one millisecond are counted (section 6.2,
 * method 1), and the rest comes from a random one. The journal's index of calls then grows at its end; with random ids each record would
 * write a page of its own. They are unique, but not secret: who knows one can tell its neighbours.
 */
export function createOrderedIds(now: () => number, random: () => string): () => string {
  let time = Number.NaN;
  let count = 0;
  let beginning = "";
  let end = "";
  return () => {
    const current = now();
    if (current !== time || count === mostInOneMoment) {
      time = current;
      count = 0;
      const text = Math.max(0, Math.floor(time)).toString(16).padStart(12, "0").slice(-12);
      beginning = `${text.slice(0, 8)}-${text.slice(8)}-7`;
      end = random().slice(18);
    }
    const id = beginning + (mostInOneMoment + count).toString(16).slice(1) + end;
    count += 1;
    return id;
  };
}
