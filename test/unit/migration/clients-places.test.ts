import path from "node:path";
import { describe, expect, it } from "vitest";
import { allClients } from "../../../electron/migration/clients/all-clients.ts";
import type { Machine } from "../../../electron/migration/clients/client-definition.ts";
import { fileFromUrl } from "../../../electron/migration/clients/places.ts";
import { openDocument } from "../../../electron/migration/formats/open-document.ts";

// Where each client's files are, on each platform, and what is never a place: a relative path out of the environment, a file over the network.

const homes = { linux: "/home/ada", darwin: "/Users/ada", win32: "C:\\Users\\ada" } as const;
type Platform = keyof typeof homes;

function machine(platform: Platform, env: Record<string, string> = {}, files: readonly string[] = []): Machine {
  const paths = platform === "win32" ? path.win32 : path.posix;
  return {
    platform,
    env,
    home: homes[platform],
    list: async (folder) => [
      ...new Set(
        files.filter((file) => file.startsWith(folder + paths.sep)).map((file) => file.slice(folder.length + 1).split(paths.sep)[0] ?? ""),
      ),
    ],
    exists: async (file) => files.includes(file),
  };
}

async function pathsOf(id: string, on: Machine, project: string | null = null): Promise<readonly string[]> {
  const client = allClients.find((one) => one.id === id);
  if (client === undefined) throw new Error(`no client ${id}`);
  const places = project === null ? await client.places(on) : await client.projectPlaces(project, on);
  return places.map((place) => place.path);
}

describe("every client", () => {
  it("has an id and a name of its own, and a reason if it is only read", () => {
    expect(new Set(allClients.map(({ id }) => id)).size).toBe(allClients.length);
    expect(new Set(allClients.map(({ name }) => name)).size).toBe(allClients.length);
    expect(allClients.filter(({ id }) => !/^[a-z][a-z0-9-]*$/.test(id))).toEqual([]);
    expect(allClients.filter(({ unsure }) => unsure !== null && unsure.length < 20)).toEqual([]);
  });

  it.each(["linux", "darwin", "win32"] as const)("names absolute places of %s, each list once", async (platform) => {
    const paths = platform === "win32" ? path.win32 : path.posix;
    const on = machine(platform);
    const project = platform === "win32" ? "D:\\src\\site" : "/src/site";
    for (const client of allClients) {
      const places = [...(await client.places(on)), ...(await client.projectPlaces(project, on))];
      const keys = places.map((place) => JSON.stringify([place.path, place.at]));
      expect(new Set(keys).size, client.id).toBe(keys.length);
      for (const place of places) {
        expect(paths.isAbsolute(place.path), place.path).toBe(true);
        expect(paths.normalize(place.path), client.id).toBe(place.path);
        expect(place.project !== null, client.id).toBe(place.scope === "project");
      }
      for (const copy of client.copies(on)) expect(paths.dirname(copy), copy).not.toContain("*");
    }
  });
});

describe("places", () => {
  it.each([
    ["claude-desktop", "linux", "/home/ada/.config/Claude/claude_desktop_config.json"],
    ["claude-desktop", "darwin", "/Users/ada/Library/Application Support/Claude/claude_desktop_config.json"],
    [
      "claude-desktop",
      "win32",
      "C:\\Users\\ada\\AppData\\Local\\Packages\\Claude_pzs8sxrjxfjjc\\LocalCache\\Roaming\\Claude\\claude_desktop_config.json",
    ],
    ["vscode", "darwin", "/Users/ada/Library/Application Support/Code/User/mcp.json"],
    ["vscode-insiders", "win32", "C:\\Users\\ada\\AppData\\Roaming\\Code - Insiders\\User\\mcp.json"],
    ["zed", "darwin", "/Users/ada/.config/zed/settings.json"],
    ["zed", "win32", "C:\\Users\\ada\\AppData\\Roaming\\Zed\\settings.json"],
    ["goose", "darwin", "/Users/ada/.config/goose/config.yaml"],
    ["goose", "win32", "C:\\Users\\ada\\AppData\\Roaming\\Block\\goose\\config\\config.yaml"],
    ["amp", "win32", "C:\\Users\\ada\\AppData\\Roaming\\amp\\settings.json"],
    ["opencode", "win32", "C:\\Users\\ada\\AppData\\Local\\opencode\\opencode.jsonc"],
    ["cline", "linux", "/home/ada/.config/Cursor/User/globalStorage/saoudrizwan.claude-dev/settings/cline_mcp_settings.json"],
  ] as const)("%s on %s: %s", async (id, platform, file) => {
    expect(await pathsOf(id, machine(platform))).toContain(file);
  });

  it.each([
    ["claude-code", "CLAUDE_CONFIG_DIR", "/srv/claude", "/srv/claude/.claude.json"],
    ["codex", "CODEX_HOME", "/srv/codex", "/srv/codex/config.toml"],
    ["copilot-cli", "COPILOT_HOME", "/srv/copilot", "/srv/copilot/mcp-config.json"],
    ["qwen-code", "QWEN_HOME", "/srv/qwen", "/srv/qwen/settings.json"],
    ["cline", "CLINE_DIR", "/srv/cline", "/srv/cline/data/settings/cline_mcp_settings.json"],
    ["cline", "CLINE_MCP_SETTINGS_PATH", "/srv/one.json", "/srv/one.json"],
    ["vscode", "VSCODE_PORTABLE", "/srv/code", "/srv/code/user-data/User/mcp.json"],
    ["goose", "XDG_CONFIG_HOME", "/srv/xdg", "/srv/xdg/goose/config.yaml"],
    ["opencode", "OPENCODE_CONFIG_DIR", "/srv/oc", "/srv/oc/opencode.json"],
  ])("%s follows %s, and not a relative one", async (id, name, value, file) => {
    expect(await pathsOf(id, machine("linux", { [name]: value }))).toContain(file);
    expect(await pathsOf(id, machine("linux", { [name]: value.slice(1) }))).toEqual(await pathsOf(id, machine("linux")));
  });

  it("finds profiles and one-file-each folders by listing, and no names that lead elsewhere", async () => {
    const user = "/home/ada/.config/Code/User/profiles";
    const files = [
      `${user}/-3f2a91c/mcp.json`,
      `${user}/../evil/mcp.json`,
      "/home/ada/.aws/amazonq/cli-agents/a.json",
      "/home/ada/.aws/amazonq/cli-agents/notes.txt",
    ];
    const on = machine("linux", {}, files);
    expect((await pathsOf("vscode", on)).filter((file) => file.includes("profiles"))).toEqual([
      `${user}/-3f2a91c/mcp.json`,
      `${user}/-3f2a91c/settings.json`,
    ]);
    expect((await pathsOf("amazon-q", on)).filter((file) => file.includes("cli-agents"))).toEqual([
      "/home/ada/.aws/amazonq/cli-agents/a.json",
    ]);
  });

  it("gives a project of Claude Code its part of the person’s file and its own file", async () => {
    expect(await pathsOf("claude-code", machine("linux"), "/src/site")).toEqual([
      "/src/site/.mcp.json",
      "/home/ada/.claude.json",
      "/home/ada/.claude/.config.json",
    ]);
  });
});

describe("projects that clients remember", () => {
  it.each([
    ["claude-code", '{"projects":{"/src/a":{},"/src/b":{"mcpServers":{}}}}', ["/src/a", "/src/b"]],
    ["codex", '[projects."/src/a"]\ntrust_level = "trusted"\n', ["/src/a"]],
    ["gemini-cli", '{"projects":{"/src/a":"a"}}', ["/src/a"]],
    [
      "vscode",
      JSON.stringify({
        profileAssociations: {
          workspaces: { "file:///src/with%20space": "x", "vscode-remote://ssh-remote%2Bhost/src": "x", "file://host/share": "x" },
        },
        windowsState: { lastActiveWindow: { folder: "file:///src/last" }, openedWindows: [{ folder: "file:///src/open" }, 7] },
        backupWorkspaces: { folders: [{ folderUri: "file:///src/saved" }] },
      }),
      ["/src/with space", "/src/last", "/src/open", "/src/saved"],
    ],
    ["cursor", '{"profileAssociations":{"workspaces":[]},"windowsState":null}', []],
  ])("%s", (id, text, projects) => {
    const source = allClients.find((one) => one.id === id)?.projects;
    const document = openDocument(source?.format ?? "json", Buffer.from(text));
    expect(document.ok && source?.read(document.value)).toEqual(projects);
  });

  it("takes no address that is not a file of this machine", () => {
    expect(fileFromUrl("file:///c%3A/src/site")).toBe("c:\\src\\site");
    for (const url of ["file://host/share", "https://example.com/a", "file:///a%00b", "file:///%zz", "/src", ""])
      expect(fileFromUrl(url)).toBeNull();
  });
});
