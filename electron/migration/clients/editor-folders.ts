import type { JsonValue } from "../../../shared/model/json.ts";
import type { ConfigDocument } from "../formats/document.ts";
import type { ClientDefinition, Machine } from "./client-definition.ts";
import { isList, isMap, own } from "./json-map.ts";
import { appConfig, fileFromUrl, folderFromEnv, join } from "./places.ts";

// VS Code and the editors made from it keep the same folders under another name.

/** `User` of an editor of this family, and of its portable installation where there is one. */
export function editorUserFolders(machine: Machine, name: string): readonly string[] {
  const portable = name === "Code" ? folderFromEnv(machine, "VSCODE_PORTABLE") : null;
  return [appConfig(machine, name, "User"), ...(portable === null ? [] : [join(machine, portable, "user-data", "User")])];
}

/** The settings folders of its other profiles. */
export async function profileFolders(machine: Machine, user: string): Promise<readonly string[]> {
  const ids = await machine.list(join(machine, user, "profiles"));
  return ids.filter((id) => /^[\w-]{1,64}$/.test(id)).map((id) => join(machine, user, "profiles", id));
}

/** Folders it was opened with: the keys of `profileAssociations.workspaces` and the windows to restore, in `storage.json`. */
export function rememberedByEditor(name: string): NonNullable<ClientDefinition["projects"]> {
  return {
    files: (machine) => editorUserFolders(machine, name).map((user) => join(machine, user, "globalStorage", "storage.json")),
    format: "json",
    read: (document) => {
      const opened = document.keys(["profileAssociations", "workspaces"]);
      const windows = [
        document.get(["windowsState", "lastActiveWindow", "folder"]),
        ...listOf(document, ["windowsState", "openedWindows"]).map((window) => textAt(window, "folder")),
        ...listOf(document, ["backupWorkspaces", "folders"]).map((folder) => textAt(folder, "folderUri")),
      ];
      return [...opened, ...windows].flatMap((url) => {
        const file = typeof url === "string" ? fileFromUrl(url) : null;
        return file === null ? [] : [file];
      });
    },
  };
}

/** Extensions of other makers keep their settings below `globalStorage` of whichever of these editors they are in. */
export const editorNames = ["Code", "Code - Insiders", "VSCodium", "Cursor", "Windsurf"] as const;

function listOf(document: ConfigDocument, path: readonly string[]): readonly JsonValue[] {
  const value = document.get(path);
  return isList(value) ? value : [];
}

function textAt(value: JsonValue, key: string): string | null {
  const text = isMap(value) ? own(value, key) : null;
  return typeof text === "string" ? text : null;
}
