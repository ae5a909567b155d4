import type { ConfigDocument } from "../formats/document.ts";
import type { ConfigPlace, Machine } from "./client-definition.ts";
import { defineClient } from "./define-client.ts";
import { isMap } from "./json-map.ts";
import { folderFromEnv, join, localAppData, place, xdgConfig } from "./places.ts";

// Three names in one folder, all read and merged, with comments in any of them (1.18). The first version has the servers in `mcp` itself, with
// `enabled`; the second in `mcp.servers`, with `disabled`. A version 1 server that is called "servers" is told by its own keys.
const names = ["opencode.jsonc", "opencode.json", "config.json"] as const;

export const opencode = defineClient({
  id: "opencode",
  name: "opencode",
  places: (machine) => {
    const folders = [xdgConfig(machine, "opencode")];
    const named = folderFromEnv(machine, "OPENCODE_CONFIG_DIR");
    if (named !== null) folders.push(named);
    if (machine.platform === "win32") folders.push(localAppData(machine, "opencode"));
    const file = folderFromEnv(machine, "OPENCODE_CONFIG");
    return [...(file === null ? [] : [file]), ...folders.flatMap((folder) => names.map((name) => join(machine, folder, name)))].flatMap(
      bothVersions,
    );
  },
  projectPlaces: (project, machine) =>
    projectFiles(project, machine).flatMap((file) => bothVersions(file).map((of) => ({ ...of, scope: "project" as const, project }))),
  applies: (document, of) => (of.at.length === 2) === isSecond(document),
  entry: (document) => ({
    command: { key: "command", kind: "command-array" },
    env: "environment",
    off: isSecond(document) ? { key: "disabled", when: true } : { key: "enabled", when: false },
  }),
  restart: "Start opencode again.",
  processes: ["opencode"],
  placeholders: [/\{env:[^{}]*\}/, /\{file:[^{}]*\}/],
  copies: (machine) => [xdgConfig(machine, "opencode", "opencode.json.*"), xdgConfig(machine, "opencode", "opencode.jsonc.*")],
});

function bothVersions(file: string): readonly ConfigPlace[] {
  return [place(file, { format: "jsonc", at: ["mcp"] }), place(file, { format: "jsonc", at: ["mcp", "servers"] })];
}

function projectFiles(project: string, machine: Machine): readonly string[] {
  return ["opencode.jsonc", "opencode.json"].flatMap((name) => [join(machine, project, name), join(machine, project, ".opencode", name)]);
}

function isSecond(document: ConfigDocument): boolean {
  const inner = document.get(["mcp", "servers"]);
  if (!isMap(inner)) return false;
  // A server's own settings are plain values; under the second version's `servers` there are only servers, which are maps.
  return !["type", "command", "url", "enabled"].some((key) => Object.hasOwn(inner, key) && !isMap(inner[key]));
}
