import type { ConfigPlace, Machine } from "./client-definition.ts";
import { defineClient, placeholders } from "./define-client.ts";
import { folderFromEnv, inHome, join, place, projectPlace } from "./places.ts";

// `claude mcp add` of 2.1 writes `~/.claude.json` (user and local scope) and `.mcp.json`; the program prefers `.config.json` in its own
// folder where that exists. It keeps copies of the file in `backups`. A comment can cost the file: none is ever added.
export const claudeCode = defineClient({
  id: "claude-code",
  name: "Claude Code",
  places: (machine) => userFiles(machine).map((file) => place(file)),
  inProject: [{ file: ".mcp.json", of: place("") }],
  projectPlaces: (project, machine) =>
    userFiles(machine).map((file): ConfigPlace => projectPlace(project, place(file, { at: ["projects", project, "mcpServers"] }))),
  projects: {
    files: userFiles,
    format: "json",
    read: (document) => document.keys(["projects"]),
  },
  restart: "Leave running sessions (/exit) and start them again.",
  processes: ["claude"],
  placeholders: [placeholders.braces, placeholders.bracesDefault],
  copies: (machine) => {
    const folders = [folderFromEnv(machine, "CLAUDE_CONFIG_DIR"), inHome(machine, ".claude")].filter((folder) => folder !== null);
    return [
      ...userFiles(machine).map((file) => `${file}.*`),
      ...folders.flatMap((folder) => [join(machine, folder, "backups", ".claude.json.*"), join(machine, folder, "history.jsonl")]),
    ];
  },
});

function userFiles(machine: Machine): readonly string[] {
  const folder = folderFromEnv(machine, "CLAUDE_CONFIG_DIR");
  return [
    ...(folder === null ? [] : [join(machine, folder, ".claude.json")]),
    inHome(machine, ".claude.json"),
    inHome(machine, ".claude", ".config.json"),
  ];
}
