import path from "node:path";
import { describe, expect, it } from "vitest";
import { allClients } from "../../../electron/migration/clients/all-clients.ts";
import type { Machine } from "../../../electron/migration/clients/client-definition.ts";
import { credentialPlaces, obeyedInHome, obeyedInProject } from "../../../electron/sandbox/private-places.ts";

// Threat 3: a server that may write to a project or to the home folder must not put servers into any client's list.

const homes = { linux: "/home/ada", darwin: "/Users/ada", win32: "C:\\Users\\ada" } as const;

describe.each(["linux", "darwin", "win32"] as const)("the lists of servers of every known client, on %s", (platform) => {
  const paths = platform === "win32" ? path.win32 : path.posix;
  const home = homes[platform];
  const project = paths.join(home, "project");
  // A folder of lists has one in it.
  const machine: Machine = { platform, env: {}, home, list: async () => ["one.json"], exists: async () => true };
  const uncovered = (files: readonly string[], folder: string, kept: readonly string[]): readonly string[] =>
    files
      .map((file) => paths.relative(folder, file).split(paths.sep).join("/"))
      .filter((file) => !file.startsWith("..") && !paths.isAbsolute(file))
      .filter((file) => !kept.some((place) => file === place || file.startsWith(`${place}/`)));

  it("are closed, or cannot be written, in the home folder", async () => {
    const files = (await Promise.all(allClients.map((client) => client.places(machine)))).flat().map((place) => place.path);
    expect(files.length).toBeGreaterThan(30);
    expect(uncovered(files, home, [...credentialPlaces, ...obeyedInHome])).toEqual([]);
  });

  it("cannot be written in a project", async () => {
    const places = (await Promise.all(allClients.map((client) => client.projectPlaces(project, machine)))).flat();
    const files = places.map((place) => place.path);
    expect(files.length).toBeGreaterThan(15);
    expect(uncovered(files, project, obeyedInProject)).toEqual([]);
  });
});
