import type { ClientDefinition } from "./client-definition.ts";
import { defineClient } from "./define-client.ts";
import { appConfig, folderFromEnv, inHome, join, localAppData, place, xdgConfig } from "./places.ts";

// Clients whose file we know from other tools' tables only, or whose tables disagree. Their files are read and their secrets shown; they
// become writable, each in a file of its own, once their format has been seen in the client itself.
const oneSource = "We know this client’s file from other tools only and do not write it yet.";
const conflict = "Other tools disagree about where this client keeps its servers, so we do not write them yet.";
const serverUrl = {
  urls: [
    { key: "serverUrl", transport: "http" as const },
    { key: "url", transport: "sse" as const },
  ],
};

export const unsureClients: readonly ClientDefinition[] = [
  defineClient({
    id: "antigravity",
    name: "Antigravity",
    unsure: conflict,
    places: (machine) =>
      [inHome(machine, ".gemini", "antigravity", "mcp_config.json"), inHome(machine, ".gemini", "config", "mcp_config.json")].map((file) =>
        place(file, { format: "jsonc" }),
      ),
    entry: serverUrl,
    processes: ["antigravity", "Antigravity"],
  }),
  defineClient({
    id: "warp",
    name: "Warp",
    unsure: oneSource,
    places: (machine) => [place(inHome(machine, ".warp", ".mcp.json"), { format: "jsonc" })],
    processes: ["Warp", "warp", "warp-terminal"],
  }),
  defineClient({
    id: "crush",
    name: "Crush",
    unsure: oneSource,
    places: (machine) => [
      place(machine.platform === "win32" ? localAppData(machine, "crush", "crush.json") : xdgConfig(machine, "crush", "crush.json"), {
        format: "jsonc",
        at: ["mcp"],
      }),
    ],
    inProject: [
      { file: ".crush.json", of: place("", { format: "jsonc", at: ["mcp"] }) },
      { file: "crush.json", of: place("", { format: "jsonc", at: ["mcp"] }) },
    ],
    processes: ["crush"],
  }),
  defineClient({
    id: "trae",
    name: "Trae",
    unsure: oneSource,
    places: (machine) => [place(appConfig(machine, "Trae", "User", "mcp.json"), { format: "jsonc" })],
    processes: ["trae", "Trae"],
  }),
  defineClient({
    id: "factory",
    name: "Factory Droid",
    unsure: oneSource,
    places: (machine) => [place(inHome(machine, ".factory", "mcp.json"), { format: "jsonc" })],
    inProject: [{ file: ".factory/mcp.json", of: place("", { format: "jsonc" }) }],
    processes: ["droid"],
  }),
  defineClient({
    id: "kimi",
    name: "Kimi CLI",
    unsure: conflict,
    places: (machine) =>
      [inHome(machine, ".kimi", "mcp.json"), inHome(machine, ".kimi-code", "mcp.json")].map((file) => place(file, { format: "jsonc" })),
    processes: ["kimi"],
  }),
  defineClient({
    id: "qoder",
    name: "Qoder",
    unsure: oneSource,
    places: (machine) => [
      place(
        machine.platform === "win32" ? appConfig(machine, "Qoder", "SharedClientCache", "mcp.json") : inHome(machine, ".qoder", "mcp.json"),
        {
          format: "jsonc",
        },
      ),
    ],
    processes: ["qoder", "Qoder"],
  }),
  defineClient({
    id: "kilo",
    name: "Kilo Code",
    unsure: oneSource,
    places: (machine) => [place(xdgConfig(machine, "kilo", "kilo.jsonc"), { format: "jsonc", at: ["mcp"] })],
    entry: { command: { key: "command", kind: "command-array" }, env: "environment", off: { key: "enabled", when: false } },
    processes: ["kilo"],
  }),
  defineClient({
    id: "grok-build",
    name: "Grok Build",
    unsure: oneSource,
    places: (machine) => [
      place(join(machine, folderFromEnv(machine, "GROK_HOME") ?? inHome(machine, ".grok"), "config.toml"), {
        format: "toml",
        at: ["mcp_servers"],
      }),
    ],
    entry: { headers: "http_headers", off: { key: "enabled", when: false } },
    processes: ["grok"],
  }),
  defineClient({
    id: "mistral-vibe",
    name: "Mistral Vibe",
    unsure: oneSource,
    places: (machine) => [place(inHome(machine, ".vibe", "config.toml"), { format: "toml", at: ["mcp_servers"], shape: "list" })],
    entry: { type: { key: "transport", transports: { stdio: "stdio", http: "http", "streamable-http": "http", sse: "sse" } } },
    processes: ["vibe"],
  }),
  defineClient({
    id: "hermes",
    name: "Hermes",
    unsure: oneSource,
    places: (machine) => [place(inHome(machine, ".hermes", "config.yaml"), { format: "yaml", at: ["mcp_servers"] })],
    processes: ["hermes"],
  }),
  defineClient({
    id: "jan",
    name: "Jan",
    unsure: oneSource,
    places: (machine) => [place(appConfig(machine, "Jan", "data", "mcp_config.json"), { format: "jsonc" })],
    entry: { off: { key: "active", when: false } },
    processes: ["jan", "Jan"],
  }),
  defineClient({
    id: "boltai",
    name: "BoltAI",
    unsure: oneSource,
    places: (machine) => [place(inHome(machine, ".boltai", "mcp.json"), { format: "jsonc" })],
    processes: ["BoltAI"],
  }),
  defineClient({
    id: "anythingllm",
    name: "AnythingLLM",
    unsure: oneSource,
    places: (machine) => [
      place(appConfig(machine, "anythingllm-desktop", "storage", "plugins", "anythingllm_mcp_servers.json"), { format: "jsonc" }),
    ],
    processes: ["AnythingLLM", "AnythingLLMDesktop", "anythingllm-desktop"],
  }),
  defineClient({
    id: "witsy",
    name: "Witsy",
    unsure: oneSource,
    places: (machine) => [place(appConfig(machine, "Witsy", "settings.json"), { format: "jsonc" })],
    processes: ["witsy", "Witsy"],
  }),
];
