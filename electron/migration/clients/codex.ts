import { defineClient } from "./define-client.ts";
import { folderFromEnv, inHome, join, place } from "./places.ts";

// `codex mcp add` of 0.169 writes the environment as a table of its own. `env_vars` names variables of Codex's own environment.
const servers = place("", { format: "toml", at: ["mcp_servers"] });

export const codex = defineClient({
  id: "codex",
  name: "Codex",
  places: (machine) => [
    { ...servers, path: join(machine, folderFromEnv(machine, "CODEX_HOME") ?? inHome(machine, ".codex"), "config.toml") },
  ],
  inProject: [{ file: ".codex/config.toml", of: servers }],
  projects: {
    files: (machine) => [join(machine, folderFromEnv(machine, "CODEX_HOME") ?? inHome(machine, ".codex"), "config.toml")],
    format: "toml",
    read: (document) => document.keys(["projects"]),
  },
  entry: {
    headers: "http_headers",
    off: { key: "enabled", when: false },
    lends: [{ key: "env_vars", reason: "it takes variables from Codex’s own environment (env_vars)" }],
  },
  restart: "Start Codex again.",
  processes: ["codex"],
  copies: (machine) => [
    inHome(machine, ".codex", "config.toml.*"),
    inHome(machine, ".codex", "history.jsonl"),
    inHome(machine, ".codex", "log", "*.log"),
  ],
});
