import { defineClient, placeholders } from "./define-client.ts";
import { rememberedByEditor } from "./editor-folders.ts";
import { appConfig, inHome, place } from "./places.ts";

// `type` may be absent: a command is stdio, a url is HTTP with a fall back to SSE.
export const cursor = defineClient({
  id: "cursor",
  name: "Cursor",
  places: (machine) => [place(inHome(machine, ".cursor", "mcp.json"), { format: "jsonc" })],
  inProject: [{ file: ".cursor/mcp.json", of: place("", { format: "jsonc" }) }],
  projects: rememberedByEditor("Cursor"),
  entry: { lends: [{ key: "envFile", reason: "it takes variables from a file (envFile)" }] },
  restart: "In Cursor’s settings, MCP, switch the servers off and on, or restart Cursor.",
  processes: ["Cursor", "cursor", "Cursor.exe"],
  placeholders: [placeholders.editor],
  copies: (machine) => [inHome(machine, ".cursor", "mcp.json.*"), appConfig(machine, "Cursor", "logs", "*.log")],
});
