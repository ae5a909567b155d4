// Against approval fatigue (threat 21): only so many questions wait at once for one server, and a session cannot ask faster than a
// person could read. What is over the limit is denied at once, with a text that tells the model to slow down, and journaled.

export interface Limits {
  /** Takes room for one more question, which `release` gives back; without room the reason, in words. */
  admit(server: string, sessionId: string): { readonly release: () => void } | { readonly refused: string };
  endSession(sessionId: string): void;
}

/** Questions a session may ask in a row, and how many more each minute. */
const burst = 60;
const perMinute = 60;

export function createLimits(deps: { now(): number; maxPendingPerServer(): number }): Limits {
  const pending = new Map<string, number>();
  const buckets = new Map<string, { tokens: number; at: number }>();

  const take = (sessionId: string): boolean => {
    const now = deps.now();
    const bucket = buckets.get(sessionId) ?? { tokens: burst, at: now };
    bucket.tokens = Math.min(burst, bucket.tokens + (Math.max(0, now - bucket.at) * perMinute) / 60_000);
    bucket.at = now;
    buckets.set(sessionId, bucket);
    if (bucket.tokens < 1) return false;
    bucket.tokens--;
    return true;
  };

  return {
    admit: (server, sessionId) => {
      const waiting = pending.get(server) ?? 0;
      if (waiting >= deps.maxPendingPerServer()) return { refused: `${waiting} calls of this server already wait for an answer` };
      if (!take(sessionId)) return { refused: "this session asks more often than a person can answer" };
      pending.set(server, waiting + 1);
      let released = false;
      return {
        release: () => {
          if (released) return;
          released = true;
          const left = (pending.get(server) ?? 1) - 1;
          if (left > 0) pending.set(server, left);
          else pending.delete(server);
        },
      };
    },
    endSession: (sessionId) => {
      buckets.delete(sessionId);
    },
  };
}
