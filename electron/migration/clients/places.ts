import path from "node:path";
import type { ConfigFormat } from "../../../shared/model/migration.ts";
import type { DocumentPath } from "../formats/document.ts";
import type { ConfigPlace, Machine } from "./client-definition.ts";

// Where apps keep their settings, per platform. Paths are put together in the manner of the machine that is asked about, not of the
// one this runs on.

/** Joins in the machine's manner. */
export function join(machine: Machine, ...parts: readonly string[]): string {
  return (machine.platform === "win32" ? path.win32 : path.posix).join(...parts);
}

/** An environment variable that is set to an absolute path. Anything else in it is no place. */
export function folderFromEnv(machine: Machine, name: string): string | null {
  const value = machine.env[name];
  if (value === undefined || value === "") return null;
  return (machine.platform === "win32" ? path.win32 : path.posix).isAbsolute(value) ? value : null;
}

export function inHome(machine: Machine, ...parts: readonly string[]): string {
  return join(machine, machine.home, ...parts);
}

/** `%APPDATA%`, `~/Library/Application Support`, or `$XDG_CONFIG_HOME`: where desktop apps keep theirs. */
export function appConfig(machine: Machine, ...parts: readonly string[]): string {
  if (machine.platform === "win32")
    return join(machine, folderFromEnv(machine, "APPDATA") ?? inHome(machine, "AppData", "Roaming"), ...parts);
  if (machine.platform === "darwin") return inHome(machine, "Library", "Application Support", ...parts);
  return xdgConfig(machine, ...parts);
}

/** `$XDG_CONFIG_HOME` or `~/.config`, on every platform: where command-line tools keep theirs. */
export function xdgConfig(machine: Machine, ...parts: readonly string[]): string {
  return join(machine, folderFromEnv(machine, "XDG_CONFIG_HOME") ?? inHome(machine, ".config"), ...parts);
}

export function localAppData(machine: Machine, ...parts: readonly string[]): string {
  return join(machine, folderFromEnv(machine, "LOCALAPPDATA") ?? inHome(machine, "AppData", "Local"), ...parts);
}

/** What a place has unless it is said: the `mcpServers` map of a JSON file of the user. */
export function place(
  file: string,
  more: {
    readonly format?: ConfigFormat;
    readonly at?: DocumentPath;
    readonly shape?: "map" | "list";
    readonly scope?: "user" | "profile";
  } = {},
): ConfigPlace {
  return {
    path: file,
    scope: more.scope ?? "user",
    project: null,
    format: more.format ?? "json",
    at: more.at ?? ["mcpServers"],
    shape: more.shape ?? "map",
  };
}

/** A server list inside a project. */
export function projectPlace(project: string, of: ConfigPlace): ConfigPlace {
  return { ...of, scope: "project", project };
}

/** The files in a folder whose name ends so, in order. */
export async function filesIn(machine: Machine, folder: string, ending: string): Promise<readonly string[]> {
  const names = await machine.list(folder);
  return names
    .filter((name) => name.toLowerCase().endsWith(ending) && !name.startsWith("."))
    .sort()
    .map((name) => join(machine, folder, name));
}

/** A `file:` address of this machine as a path; null for anything else, hosts in particular (reading them would reach over the network). */
export function fileFromUrl(url: string): string | null {
  if (!url.startsWith("file:///")) return null;
  try {
    const decoded = decodeURIComponent(new URL(url).pathname);
    if (decoded.includes("\0")) return null;
    return /^\/[A-Za-z]:/.test(decoded) ? decoded.slice(1).replaceAll("/", "\\") : decoded;
  } catch {
    return null;
  }
}
