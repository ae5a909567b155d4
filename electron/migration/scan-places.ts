import path from "node:path";
import type { ClientDefinition, ConfigPlace, Machine } from "./clients/client-definition.ts";
import type { ConfigReader } from "./config-reader.ts";
import { mostNames } from "./machine.ts";

// Where to look: each client's own files, and project files in the folders that a client remembers or the person named. Nothing is crawled,
// and nothing over the network is touched because a file says so.

const mostProjects = 1_000;
/** A folder on a sleeping network disk may not answer for minutes. */
const folderDeadlineMs = 3_000;

export interface Candidate {
  readonly client: ClientDefinition;
  readonly place: ConfigPlace;
  /** The folder that the file must not lead out of; null for files of the person's own. */
  readonly within: string | null;
}

/** Every place that there might be, a file that exists or not. */
export async function findPlaces(
  clients: readonly ClientDefinition[],
  machine: Machine,
  folders: readonly string[],
  reader: ConfigReader,
): Promise<readonly Candidate[]> {
  const remembered = await rememberedProjects(clients, machine, reader);
  const named = new Set(folders.filter((folder) => path.isAbsolute(folder)).map((folder) => path.resolve(folder)));
  const projects = new Set([...named, ...remembered]);
  const present = new Map<string, (name: string) => boolean>();
  for (const project of [...projects].slice(0, mostProjects)) present.set(project, await namesIn(project, machine));

  const candidates: Candidate[] = [];
  for (const client of clients) {
    for (const place of await client.places(machine)) candidates.push({ client, place, within: null });
    for (const [project, has] of present) {
      // A project that is gone is still listed in a client's own file.
      for (const place of await client.projectPlaces(project, machine)) {
        const isInProject = isBelow(place.path, project);
        if (!isInProject || has(path.relative(project, place.path).split(path.sep)[0] ?? "")) {
          candidates.push({ client, place, within: isInProject ? project : null });
        }
      }
    }
  }
  return candidates;
}

async function rememberedProjects(
  clients: readonly ClientDefinition[],
  machine: Machine,
  reader: ConfigReader,
): Promise<readonly string[]> {
  const found = new Set<string>();
  for (const { projects } of clients) {
    if (projects === undefined) continue;
    for (const file of projects.files(machine)) {
      const read = await reader.read(file, null);
      if (!read.ok || read.value === null) continue;
      const opened = reader.open(projects.format, read.value);
      if (!opened.ok) continue;
      for (const project of projects.read(opened.value)) {
        const isLocal = path.isAbsolute(project) && !/^[\\/]{2}/.test(project) && !project.includes("\0");
        // As it is spelled there: the spelling is the key under which Claude Code keeps the project's servers.
        if (isLocal) found.add(project);
      }
    }
  }
  // The home folder itself is nobody's project: its files are the clients' own.
  found.delete(machine.home);
  return [...found];
}

function isBelow(file: string, folder: string): boolean {
  const relative = path.relative(folder, file);
  return relative !== "" && relative !== ".." && !relative.startsWith(`..${path.sep}`) && !path.isAbsolute(relative);
}

/** Whether a project has something of this name: one look for all clients. Without case, as some disks have it. */
async function namesIn(folder: string, machine: Machine): Promise<(name: string) => boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<readonly string[]>((resolve) => {
    timer = setTimeout(() => resolve([]), folderDeadlineMs);
  });
  try {
    const names = await Promise.race([machine.list(folder), late]);
    if (names.length >= mostNames) return () => true;
    const known = new Set(names.map((name) => name.toLowerCase()));
    return (name) => known.has(name.toLowerCase());
  } finally {
    clearTimeout(timer);
  }
}
