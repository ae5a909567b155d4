import { defineClient } from "./define-client.ts";
import { inHome, place } from "./places.ts";

// JetBrains' agent. The AI Assistant beside it has no documented file, only its settings page.
export const junie = defineClient({
  id: "junie",
  name: "Junie",
  places: (machine) => [place(inHome(machine, ".junie", "mcp", "mcp.json"))],
  inProject: [{ file: ".junie/mcp/mcp.json", of: place("") }],
  restart: "Restart the IDE, or switch the servers off and on in Junie’s MCP settings.",
  processes: ["junie"],
});
