import { defineClient, placeholders } from "./define-client.ts";
import { rememberedByEditor } from "./editor-folders.ts";
import { filesIn, inHome, join, place, projectPlace } from "./places.ts";

// The editor's two files, and the agents of its command-line program.
export const kiro = defineClient({
  id: "kiro",
  name: "Kiro",
  places: async (machine) =>
    [inHome(machine, ".kiro", "settings", "mcp.json"), ...(await filesIn(machine, inHome(machine, ".kiro", "agents"), ".json"))].map(
      (file) => place(file),
    ),
  inProject: [{ file: ".kiro/settings/mcp.json", of: place("") }],
  projectPlaces: async (project, machine) =>
    (await filesIn(machine, join(machine, project, ".kiro", "agents"), ".json")).map((file) => projectPlace(project, place(file))),
  projects: rememberedByEditor("Kiro"),
  restart: null,
  processes: ["kiro", "Kiro", "Kiro.exe", "kiro-cli"],
  placeholders: [placeholders.braces, placeholders.env],
});
