import { createHash, randomBytes } from "node:crypto";

/**
 * How a browser gets in: a one-time token from the person's terminal is exchanged for a cookie that scripts cannot read and that no
 * other site can have sent. Only hashes are kept. Cookies are not told apart by port, so the name carries it: two apps on one
 * machine do not throw each other out; and it is for a path that only our own pages are below.
 */
export interface Entry {
  newToken(): string;
  /** The `Set-Cookie` for a token that is good, once; null for any other. */
  enter(token: string, at: { readonly port: number; readonly path: string }): string | null;
  /** Whether a `Cookie` header holds a session of ours that was used within the last twelve hours. */
  knows(header: string | undefined, port: number): boolean;
}

const tokenMs = 10 * 60_000;
const sessionIdleMs = 12 * 3_600_000;
const maxTokens = 32;
const maxSessions = 16;

export function createEntry(now: () => number): Entry {
  /** Hash → when it expires (tokens) or was last used (sessions), oldest first. */
  const tokens = new Map<string, number>();
  const sessions = new Map<string, number>();

  return {
    newToken() {
      const token = randomBytes(32).toString("base64url");
      tokens.set(digest(token), now() + tokenMs);
      dropOldest(tokens, maxTokens);
      return token;
    },
    enter(token, { port, path }) {
      // Looked up by hash: what the comparison's time could tell is of no use for guessing the token.
      const key = digest(token);
      const expires = tokens.get(key);
      tokens.delete(key);
      if (expires === undefined || expires < now()) return null;
      const session = randomBytes(32).toString("base64url");
      sessions.set(digest(session), now());
      dropOldest(sessions, maxSessions);
      return `${cookieName(port)}=${session}; Path=${path}; HttpOnly; SameSite=Strict`;
    },
    knows(header, port) {
      const name = `${cookieName(port)}=`;
      for (const part of (header ?? "").split(";")) {
        const pair = part.trim();
        if (!pair.startsWith(name)) continue;
        const key = digest(pair.slice(name.length));
        const used = sessions.get(key);
        if (used === undefined) continue;
        sessions.delete(key);
        if (used + sessionIdleMs < now()) continue;
        sessions.set(key, now());
        return true;
      }
      return false;
    },
  };
}

function cookieName(port: number): string {
  return `portcullis-${String(port)}`;
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

function dropOldest(map: Map<string, number>, most: number): void {
  for (const key of map.keys()) {
    if (map.size <= most) return;
    map.delete(key);
  }
}
