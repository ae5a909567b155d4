import { defineClient } from "./define-client.ts";
import { editorNames, editorUserFolders } from "./editor-folders.ts";
import { folderFromEnv, inHome, join, place } from "./places.ts";

// The file moved in 2026 from the editor's globalStorage to ~/.cline; old copies stay behind and other tools still write them, so both are
// servers' places. Its schema takes a url without a type for SSE.
export const cline = defineClient({
  id: "cline",
  name: "Cline",
  places: (machine) => {
    const own = folderFromEnv(machine, "CLINE_DIR") ?? inHome(machine, ".cline");
    const named = folderFromEnv(machine, "CLINE_MCP_SETTINGS_PATH");
    const old = editorNames
      .flatMap((editor) => editorUserFolders(machine, editor))
      .map((user) => join(machine, user, "globalStorage", "saoudrizwan.claude-dev"));
    return [
      ...(named === null ? [] : [named]),
      join(machine, own, "data", "settings", "cline_mcp_settings.json"),
      join(machine, own, "mcp.json"),
      ...old.map((folder) => join(machine, folder, "settings", "cline_mcp_settings.json")),
    ].map((file) => place(file));
  },
  entry: { urls: [{ key: "url", transport: "sse" }] },
  restart: null,
  processes: ["cline"],
  copies: (machine) => [inHome(machine, ".cline", "data", "settings", "cline_mcp_settings.json.*")],
});
