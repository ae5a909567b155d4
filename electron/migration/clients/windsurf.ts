import { defineClient, placeholders } from "./define-client.ts";
import { rememberedByEditor } from "./editor-folders.ts";
import { inHome, place } from "./places.ts";

// The second file is the JetBrains plugin's. Remote servers are `serverUrl`; a plain `url` is not connected to.
export const windsurf = defineClient({
  id: "windsurf",
  name: "Windsurf",
  places: (machine) => [
    place(inHome(machine, ".codeium", "windsurf", "mcp_config.json"), { format: "jsonc" }),
    place(inHome(machine, ".codeium", "mcp_config.json"), { format: "jsonc" }),
  ],
  projects: rememberedByEditor("Windsurf"),
  entry: {
    urls: [
      { key: "serverUrl", transport: "http" },
      { key: "url", transport: "sse" },
    ],
  },
  restart: "Press Refresh in Windsurf’s MCP toolbar, or restart it.",
  processes: ["windsurf", "Windsurf", "Windsurf.exe", "devin-desktop"],
  placeholders: [placeholders.env, placeholders.file],
  copies: (machine) => [inHome(machine, ".codeium", "windsurf", "mcp_config.json.*"), inHome(machine, ".codeium", "mcp_config.json.*")],
});
