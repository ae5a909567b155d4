import type { ConfigPlace, Machine } from "./client-definition.ts";
import { defineClient } from "./define-client.ts";
import { filesIn, folderFromEnv, inHome, join, place, projectPlace } from "./places.ts";

// `config.yaml` holds a list of entries with a name. A folder `mcpServers` beside it, or in a project's `.continue`, holds one block per
// file: the same YAML, or JSON copied from another client. `${{ secrets.X }}` is filled in by Continue.
const list = place("", { format: "yaml", shape: "list" });

export const continueDev = defineClient({
  id: "continue",
  name: "Continue",
  places: async (machine) => {
    const folder = folderFromEnv(machine, "CONTINUE_GLOBAL_DIR") ?? inHome(machine, ".continue");
    return [
      { ...list, path: join(machine, folder, "config.yaml") },
      { ...list, path: join(machine, folder, "config.yml") },
      ...(await blocks(machine, join(machine, folder, "mcpServers"))),
    ];
  },
  inProject: [{ file: ".continue/config.yaml", of: list }],
  projectPlaces: async (project, machine) =>
    (await blocks(machine, join(machine, project, ".continue", "mcpServers"))).map((of) => projectPlace(project, of)),
  entry: { headers: ["requestOptions", "headers"], lends: [{ key: "envFile", reason: "it takes variables from a file (envFile)" }] },
  restart: null,
  processes: ["cn"],
  placeholders: [/\$\{\{\s*(?:secrets|inputs)\.[^{}]*\}\}/],
});

async function blocks(machine: Machine, folder: string): Promise<readonly ConfigPlace[]> {
  return [
    ...(await filesIn(machine, folder, ".yaml")).map((path) => ({ ...list, path })),
    ...(await filesIn(machine, folder, ".yml")).map((path) => ({ ...list, path })),
    ...(await filesIn(machine, folder, ".json")).map((path) => place(path)),
  ];
}
