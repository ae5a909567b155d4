import { defineClient, placeholders } from "./define-client.ts";
import { folderFromEnv, inHome, join, place } from "./places.ts";

// A fork of Gemini CLI; `qwen mcp add` of 0.15 writes `httpUrl` and leaves the file before its last change in `settings.json.orig`.
const servers = place("", { format: "jsonc" });

export const qwenCode = defineClient({
  id: "qwen-code",
  name: "Qwen Code",
  places: (machine) => [
    { ...servers, path: join(machine, folderFromEnv(machine, "QWEN_HOME") ?? inHome(machine, ".qwen"), "settings.json") },
  ],
  inProject: [{ file: ".qwen/settings.json", of: servers }],
  entry: {
    urls: [
      { key: "httpUrl", transport: "http" },
      { key: "url", transport: "sse" },
    ],
  },
  restart: "Start Qwen Code again.",
  processes: ["qwen"],
  placeholders: [placeholders.braces, placeholders.bracesDefault, placeholders.dollar],
  copies: (machine) => [join(machine, folderFromEnv(machine, "QWEN_HOME") ?? inHome(machine, ".qwen"), "settings.json.*")],
});
