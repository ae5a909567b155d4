import { defineClient } from "./define-client.ts";
import { appConfig, inHome, localAppData, place } from "./places.ts";

// Local servers only; the app rewrites the whole file when its settings change, so the watcher matters here. The Store install on
// Windows sees a private copy of %APPDATA%. On Linux, builds disagree about the folder's spelling.
export const claudeDesktop = defineClient({
  id: "claude-desktop",
  name: "Claude Desktop",
  places: (machine) => {
    const file = "claude_desktop_config.json";
    const folders = [appConfig(machine, "Claude", file)];
    if (machine.platform === "win32") {
      folders.push(localAppData(machine, "Packages", "Claude_pzs8sxrjxfjjc", "LocalCache", "Roaming", "Claude", file));
    } else if (machine.platform !== "darwin") folders.push(appConfig(machine, "claude", file));
    return folders.map((path) => place(path));
  },
  restart: "Quit Claude Desktop from its tray or menu and start it again.",
  processes: ["Claude", "claude-desktop"],
  copies: (machine) => [
    appConfig(machine, "Claude", "claude_desktop_config.json.*"),
    appConfig(machine, "Claude", "claude_desktop_config*.bak"),
    ...(machine.platform === "darwin"
      ? [inHome(machine, "Library", "Logs", "Claude", "mcp*.log")]
      : [appConfig(machine, "Claude", "logs", "mcp*.log")]),
  ],
});
