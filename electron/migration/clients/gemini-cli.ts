import { defineClient, placeholders } from "./define-client.ts";
import { inHome, place } from "./places.ts";

// `gemini mcp add` of 0.61 writes `url` with `type: "http"`; older ones and the documentation `httpUrl` for HTTP and a bare `url` for SSE.
// Comments in the file are read. `projects.json` is its list of folders.
const shape = {
  urls: [
    { key: "httpUrl", transport: "http" as const },
    { key: "url", transport: "sse" as const },
  ],
};
const servers = place("", { format: "jsonc" });

export const geminiCli = defineClient({
  id: "gemini-cli",
  name: "Gemini CLI",
  places: (machine) => [{ ...servers, path: inHome(machine, ".gemini", "settings.json") }],
  inProject: [{ file: ".gemini/settings.json", of: servers }],
  projects: {
    files: (machine) => [inHome(machine, ".gemini", "projects.json")],
    format: "json",
    read: (document) => document.keys(["projects"]),
  },
  entry: shape,
  restart: "Start Gemini CLI again.",
  processes: ["gemini"],
  placeholders: [placeholders.braces, placeholders.bracesDefault, placeholders.dollar],
  copies: (machine) => [inHome(machine, ".gemini", "settings.json.*")],
});
