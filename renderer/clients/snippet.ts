import type { AppView } from "../../shared/model/snapshot.ts";

export type SnippetFormat = "json" | "vscode" | "toml" | "claude";

/** The command that a client's config runs for a server: the app's template with the two names filled in. */
export function connectCommand(connect: AppView["connect"], server: string, client: string): { command: string; args: string[] } {
  return {
    command: connect.command,
    args: connect.args.map((argument) => (argument === "SERVER" ? server : argument === "CLIENT" ? client : argument)),
  };
}

/** What goes into a client's config, in that config's own language. */
export function snippet(format: SnippetFormat, connect: AppView["connect"], server: string, client: string): string {
  const { command, args } = connectCommand(connect, server, client);
  if (format === "json") return JSON.stringify({ mcpServers: { [server]: { command, args } } }, null, 2);
  if (format === "vscode") return JSON.stringify({ servers: { [server]: { type: "stdio", command, args } } }, null, 2);
  if (format === "claude") return ["claude mcp add -s user", shellWord(server), "--", ...[command, ...args].map(shellWord)].join(" ");
  return [`[mcp_servers.${tomlKey(server)}]`, `command = ${tomlString(command)}`, `args = [${args.map(tomlString).join(", ")}]`].join("\n");
}

function tomlKey(key: string): string {
  return /^[A-Za-z0-9_-]+$/.test(key) ? key : tomlString(key);
}

/** JSON's escapes are a subset of those of TOML's basic strings, but for DEL. */
function tomlString(text: string): string {
  return JSON.stringify(text).replaceAll("\u007f", "\\u007F");
}

function shellWord(word: string): string {
  return /^[A-Za-z0-9_./:@%+=-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
