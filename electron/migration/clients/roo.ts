import { defineClient, placeholders } from "./define-client.ts";
import { editorNames, editorUserFolders } from "./editor-folders.ts";
import { join, place } from "./places.ts";

// Archived in May 2026 and still installed; `type` names the remote transports.
export const roo = defineClient({
  id: "roo",
  name: "Roo Code",
  places: (machine) =>
    editorNames
      .flatMap((editor) => editorUserFolders(machine, editor))
      .map((user) =>
        place(join(machine, user, "globalStorage", "rooveterinaryinc.roo-cline", "settings", "mcp_settings.json"), { format: "jsonc" }),
      ),
  inProject: [{ file: ".roo/mcp.json", of: place("", { format: "jsonc" }) }],
  entry: { urls: [{ key: "url", transport: "sse" }] },
  restart: null,
  processes: [],
  placeholders: [placeholders.env, placeholders.editor],
});
