import { defineClient, placeholders } from "./define-client.ts";
import { filesIn, inHome, join, place, projectPlace } from "./places.ts";

// One list per agent; `mcp.json` is the older one, still used by agents that say so. Plain JSON.
export const amazonQ = defineClient({
  id: "amazon-q",
  name: "Amazon Q Developer",
  places: async (machine) => {
    const folder = inHome(machine, ".aws", "amazonq");
    return [
      join(machine, folder, "mcp.json"),
      join(machine, folder, "default.json"),
      ...(await filesIn(machine, join(machine, folder, "agents"), ".json")),
      ...(await filesIn(machine, join(machine, folder, "cli-agents"), ".json")),
    ].map((file) => place(file));
  },
  inProject: [
    { file: ".amazonq/mcp.json", of: place("") },
    { file: ".amazonq/default.json", of: place("") },
  ],
  projectPlaces: async (project, machine) =>
    (await filesIn(machine, join(machine, project, ".amazonq", "cli-agents"), ".json")).map((file) => projectPlace(project, place(file))),
  restart: "Start a new Amazon Q session.",
  processes: ["q", "qchat", "amazon-q"],
  placeholders: [placeholders.env],
});
