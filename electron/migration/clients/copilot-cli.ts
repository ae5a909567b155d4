import { defineClient, placeholders } from "./define-client.ts";
import { folderFromEnv, inHome, join, place } from "./places.ts";

// `copilot mcp add` of 1.0 writes `type: "local"` and `tools`. Projects: `.mcp.json` (which is Claude Code's, too) and `.github/mcp.json`.
export const copilotCli = defineClient({
  id: "copilot-cli",
  name: "Copilot CLI",
  places: (machine) => [
    place(join(machine, folderFromEnv(machine, "COPILOT_HOME") ?? inHome(machine, ".copilot"), "mcp-config.json"), { format: "jsonc" }),
  ],
  inProject: [{ file: ".github/mcp.json", of: place("", { format: "jsonc" }) }],
  restart: "Start Copilot CLI again.",
  processes: ["copilot"],
  placeholders: [placeholders.braces, placeholders.bracesDefault, placeholders.dollar],
  copies: (machine) => [inHome(machine, ".copilot", "mcp-config.json.*"), inHome(machine, ".copilot", "logs", "*.log")],
});
