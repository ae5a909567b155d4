import { defineClient, placeholders } from "./define-client.ts";
import { editorUserFolders } from "./editor-folders.ts";
import { appConfig, inHome, join, place, xdgConfig } from "./places.ts";

// `amp mcp add` writes ~/.config/amp/settings.json. The dot is part of the key. The editor extension keeps the same key in the editor's settings.
const servers = place("", { format: "jsonc", at: ["amp.mcpServers"] });

export const amp = defineClient({
  id: "amp",
  name: "Amp",
  places: (machine) =>
    [
      xdgConfig(machine, "amp", "settings.json"),
      xdgConfig(machine, "amp", "settings.jsonc"),
      ...(machine.platform === "win32" ? [appConfig(machine, "amp", "settings.json")] : []),
      ...["Code", "Code - Insiders", "Cursor"]
        .flatMap((name) => editorUserFolders(machine, name))
        .map((user) => join(machine, user, "settings.json")),
    ].map((path) => ({ ...servers, path })),
  inProject: [
    { file: ".amp/settings.json", of: servers },
    { file: ".vscode/settings.json", of: servers },
  ],
  restart: "Start Amp again.",
  processes: ["amp"],
  placeholders: [placeholders.braces],
  copies: (machine) => [inHome(machine, ".cache", "amp", "logs", "*.log")],
});
