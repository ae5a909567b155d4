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
  const [bwrap, prlimit, sh, socat, rg] = ["bwrap", "prlimit", "sh", "socat", "rg"].map((name) => findTool(name, searchPath));
  const missing = [
    ...(bwrap === undefined ? ["bwrap"] : []),
    ...(prlimit === undefined ? ["prlimit"] : []),
    ...(sh === undefined ? ["sh"] : []),
  ];
  const missingForHosts = [...(socat === undefined ? ["socat"] : []), ...(rg === undefined ? ["rg"] : [])];
  const tools =
    bwrap === undefined || prlimit === undefined || sh === undefined || seccomp === undefined
      ? undefined
      : { bwrap, prlimit, sh, seccomp, socat };
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
