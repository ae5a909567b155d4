import { defineClient } from "./define-client.ts";
import { appConfig, inHome, place, xdgConfig } from "./places.ts";

// Stands among all the editor's settings, with comments. Entries of extensions have `settings` and no command; an older form had the
// command as a map. Both are shown and not written.
const servers = place("", { format: "jsonc", at: ["context_servers"] });
const shape = {
  type: { key: "source", transports: { custom: "stdio" as const, extension: "stdio" as const } },
  settings: "settings",
  off: { key: "enabled", when: false },
};

export const zed = defineClient({
  id: "zed",
  name: "Zed",
  places: (machine) => [
    {
      ...servers,
      path: machine.platform === "win32" ? appConfig(machine, "Zed", "settings.json") : xdgConfig(machine, "zed", "settings.json"),
    },
  ],
  inProject: [{ file: ".zed/settings.json", of: servers }],
  entry: shape,
  restart: null,
  processes: ["zed", "zed-editor", "Zed.exe", "Zed"],
});

/** In a Flatpak the editor starts servers inside its own box. */
export const zedFlatpak = defineClient({
  id: "zed-flatpak",
  name: "Zed (Flatpak)",
  unsure: "A Flatpak starts its servers inside its own sandbox, where Portcullis cannot be reached.",
  places: (machine) =>
    machine.platform === "linux"
      ? [{ ...servers, path: inHome(machine, ".var", "app", "dev.zed.Zed", "config", "zed", "settings.json") }]
      : [],
  entry: shape,
  processes: ["zed-editor"],
});
