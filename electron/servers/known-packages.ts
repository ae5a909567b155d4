/**
 * A package whose name is one slip away from a well-known one is how look-alikes get installed (threat 31). The list is short on
 * purpose: it holds what people type most, and a warning that is nearly always right.
 */
const wellKnown: readonly string[] = [
  "@modelcontextprotocol/server-brave-search",
  "@modelcontextprotocol/server-everything",
  "@modelcontextprotocol/server-filesystem",
  "@modelcontextprotocol/server-github",
  "@modelcontextprotocol/server-gitlab",
  "@modelcontextprotocol/server-google-maps",
  "@modelcontextprotocol/server-memory",
  "@modelcontextprotocol/server-postgres",
  "@modelcontextprotocol/server-puppeteer",
  "@modelcontextprotocol/server-sequential-thinking",
  "@modelcontextprotocol/server-slack",
  "@notionhq/notion-mcp-server",
  "@playwright/mcp",
  "@supabase/mcp-server-supabase",
  "@upstash/context7-mcp",
  "chrome-devtools-mcp",
  "desktop-commander",
  "figma-developer-mcp",
  "firecrawl-mcp",
  "mcp-remote",
  "mcp-server-fetch",
  "mcp-server-git",
  "mcp-server-sqlite",
  "mcp-server-time",
  "tavily-mcp",
];

/** The well-known package that this name could be mistaken for, or null. */
export function lookAlike(name: string): string | null {
  if (wellKnown.includes(name)) return null;
  for (const known of wellKnown) {
    if (oneSlipApart(name, known)) return known;
    // The scope forgotten: `server-filesystem` belongs to whoever registered it first.
    const base = known.startsWith("@") ? (known.split("/")[1] ?? "") : "";
    if (base.length >= 8 && !name.startsWith("@") && (name === base || oneSlipApart(name, base))) return known;
  }
  return null;
}

/** Whether one insertion, deletion, replacement or swap of neighbours turns one text into the other. */
export function oneSlipApart(a: string, b: string): boolean {
  if (a === b || Math.abs(a.length - b.length) > 1) return false;
  let start = 0;
  while (start < a.length && a[start] === b[start]) start += 1;
  let end = 0;
  while (end < a.length - start && end < b.length - start && a[a.length - 1 - end] === b[b.length - 1 - end]) end += 1;
  const left = a.slice(start, a.length - end);
  const right = b.slice(start, b.length - end);
  if (left.length <= 1 && right.length <= 1) return true;
  return left.length === 2 && right.length === 2 && left[0] === right[1] && left[1] === right[0];
}
