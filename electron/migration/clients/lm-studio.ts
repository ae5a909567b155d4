import { defineClient } from "./define-client.ts";
import { inHome, place } from "./places.ts";

// Some installs keep their home in the cache folder (lmstudio-bug-tracker 1371).
export const lmStudio = defineClient({
  id: "lm-studio",
  name: "LM Studio",
  places: (machine) => [place(inHome(machine, ".lmstudio", "mcp.json")), place(inHome(machine, ".cache", "lm-studio", "mcp.json"))],
  restart: null,
  processes: ["LM Studio", "lm-studio", "LM Studio.exe"],
  copies: (machine) => [inHome(machine, ".lmstudio", "mcp.json.*"), inHome(machine, ".lmstudio", "server-logs", "*.log")],
});
