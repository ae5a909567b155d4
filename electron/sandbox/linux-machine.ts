import fs from "node:fs";
import path from "node:path";
import { etcShown, systemClosed, systemShown } from "./linux.ts";
import type { LinuxSystem, LinuxTools } from "./linux.ts";

/** The system's own folders first: what the person's PATH puts before them never decides how a box is made. */
const fixed: readonly string[] = ["/usr/bin", "/bin", "/usr/sbin", "/sbin", "/usr/local/bin", "/run/current-system/sw/bin"];

function isExecutable(file: string): boolean {
  try {
    fs.accessSync(file, fs.constants.X_OK);
    return fs.statSync(file).isFile();
  } catch {
    return false;
  }
}

/** An executable by name, or undefined. */
export function findTool(name: string, searchPath: string): string | undefined {
  const folders = [...fixed, ...searchPath.split(":").filter((folder) => path.isAbsolute(folder))];
  return folders.map((folder) => path.join(folder, name)).find(isExecutable);
}

/** What boxes need of this machine; `missing` are the names of programs that are not there. */
export function findTools(
  searchPath: string,
  seccomp: string | undefined,
): { readonly tools: LinuxTools | undefined; readonly missing: readonly string[]; readonly missingForHosts: readonly string[] } {
  const find = (name: string): string | undefined => findTool(name, searchPath);
  const [bwrap, prlimit, sh, env, sleep, stat] = [find("bwrap"), find("prlimit"), find("sh"), find("env"), find("sleep"), find("stat")];
  const [socat, rg] = [find("socat"), find("rg")];
  const missing = Object.entries({ bwrap, prlimit, sh, env, sleep, stat }).flatMap(([name, file]) => (file === undefined ? [name] : []));
  const missingForHosts = Object.entries({ socat, rg }).flatMap(([name, file]) => (file === undefined ? [name] : []));
  const whole =
    bwrap !== undefined && prlimit !== undefined && sh !== undefined && env !== undefined && sleep !== undefined && stat !== undefined;
  const tools = whole && seccomp !== undefined ? { bwrap, prlimit, sh, env, sleep, stat, seccomp, socat } : undefined;
  return { tools, missing, missingForHosts };
}

/** The system folders of this machine, as a box shows them. */
export function readSystem(): LinuxSystem {
  const shown: string[] = [];
  const links: { at: string; to: string }[] = [];
  for (const place of systemShown) {
    const stat = fs.lstatSync(place, { throwIfNoEntry: false });
    if (stat === undefined) continue;
    if (stat.isSymbolicLink()) links.push({ at: place, to: fs.readlinkSync(place) });
    else shown.push(place);
  }
  for (const place of etcShown) if (fs.existsSync(place)) shown.push(place);
  return { shown, links, closed: systemClosed.filter((place) => fs.existsSync(place)), root: process.geteuid?.() === 0 };
}
