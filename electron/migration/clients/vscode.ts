import type { ClientDefinition, ConfigPlace, EntryShape, Machine } from "./client-definition.ts";
import { defineClient, placeholders } from "./define-client.ts";
import { editorUserFolders, profileFolders, rememberedByEditor } from "./editor-folders.ts";
import { inHome, join, place } from "./places.ts";

// `mcp.json` with `servers` and `inputs`, one per profile; before 1.102 the same map stood in `settings.json` under `mcp`, and stays there
// until the editor has moved it. A server's own `sandbox` is the editor's: around our bridge it would only keep it from the app.
const shape: EntryShape = {
  lends: [{ key: "envFile", reason: "it takes variables from a file (envFile)" }],
  remove: ["sandboxEnabled", "sandbox"],
};

const servers = place("", { format: "jsonc", at: ["servers"] });
const inSettings = place("", { format: "jsonc", at: ["mcp", "servers"] });

function editor(id: string, name: string, folder: string, processes: readonly string[]): ClientDefinition {
  return defineClient({
    id,
    name,
    places: (machine) => editorPlaces(machine, editorUserFolders(machine, folder)),
    inProject: [
      { file: ".vscode/mcp.json", of: servers },
      { file: ".vscode/settings.json", of: inSettings },
    ],
    projects: rememberedByEditor(folder),
    entry: shape,
    restart: null,
    processes,
    placeholders: [placeholders.editor],
    copies: (machine) =>
      editorUserFolders(machine, folder).flatMap((user) => [join(machine, user, "mcp.json.*"), join(machine, user, "settings.json.*")]),
  });
}

async function editorPlaces(machine: Machine, users: readonly string[]): Promise<readonly ConfigPlace[]> {
  const places: ConfigPlace[] = [];
  for (const user of users) {
    places.push({ ...servers, path: join(machine, user, "mcp.json") }, { ...inSettings, path: join(machine, user, "settings.json") });
    for (const profile of await profileFolders(machine, user)) {
      places.push({ ...servers, path: join(machine, profile, "mcp.json"), scope: "profile" });
      places.push({ ...inSettings, path: join(machine, profile, "settings.json"), scope: "profile" });
    }
  }
  return places;
}

export const vscode = editor("vscode", "VS Code", "Code", ["code", "Code.exe", "Code", "Code Helper"]);
export const vscodeInsiders = editor("vscode-insiders", "VS Code Insiders", "Code - Insiders", [
  "code-insiders",
  "Code - Insiders.exe",
  "Code - Insiders",
]);
export const vscodium = editor("vscodium", "VSCodium", "VSCodium", ["codium", "VSCodium.exe", "VSCodium"]);

/** In a Flatpak the editor starts servers inside its own box, where our bridge does not exist. */
export const vscodeFlatpak = defineClient({
  id: "vscode-flatpak",
  name: "VS Code (Flatpak)",
  unsure: "A Flatpak starts its servers inside its own sandbox, where Portcullis cannot be reached.",
  places: (machine) =>
    machine.platform === "linux"
      ? editorPlaces(machine, [inHome(machine, ".var", "app", "com.visualstudio.code", "config", "Code", "User")])
      : [],
  entry: shape,
  processes: ["code"],
  placeholders: [placeholders.editor],
});
