import path from "node:path";
import { isWithin } from "./places.ts";
import type { BoxPlan } from "./plan.ts";
import { credentialPlaces, machineSecrets } from "./private-places.ts";

/** The part of `sandbox` that opens something. */
export interface BoxOpenings {
  readonly read?: readonly string[] | undefined;
  readonly write?: readonly string[] | undefined;
  readonly hosts?: readonly string[] | undefined;
  readonly waived?: boolean | undefined;
}

/** What each limit really does, in words. */
export function explainLimits(limits: BoxPlan["limits"], platform: NodeJS.Platform, root: boolean): readonly string[] {
  if (platform === "win32") return ["Limits: none; Windows' account mode has none to offer."];
  if (platform === "darwin") {
    return [
      `Limits: ${limits.openFiles} open files for each process, ${limits.processes} processes of this user; memory is not limited on macOS.`,
    ];
  }
  return [
    `Limit: each of its processes may have ${limits.memoryMb} MiB of its own writable memory (RLIMIT_DATA); reserved address space does not count.`,
    root
      ? `Limit: ${limits.processes} processes and threads; not enforced by the kernel while Portcullis runs as root.`
      : `Limit: ${limits.processes} processes and threads at once in the whole box (RLIMIT_NPROC).`,
    `Limit: ${limits.openFiles} open files for each process; no core dumps.`,
  ];
}

/** Of the machine that makes the box. */
export interface BoxMachine {
  readonly platform: NodeJS.Platform;
  readonly root: boolean;
  /** Linux: whether it can limit a file system in memory. */
  readonly sizes: boolean;
}

/** The plan, a line each. */
export function explainPlan(plan: BoxPlan, system: readonly string[], { platform, root, sizes }: BoxMachine): readonly string[] {
  const lines = [`Runs: ${plan.argv.join(" ")}`, `Starts in: ${plan.cwd}`, `Sees of the system, read-only: ${system.join(" ")}`];
  const verb = {
    read: "May read",
    write: "May read and write",
    closed: "Closed",
    frozen: "May read but not write",
    held: "Stays where it is",
  } as const;
  for (const layer of plan.layers) lines.push(`${verb[layer.kind]}: ${layer.path} (${layer.why})`);
  for (const link of plan.links) lines.push(`Finds by a link: ${link.at} -> ${link.to}`);
  if (plan.network.kind === "none") lines.push("Network: none, not even to this machine.");
  else {
    lines.push(`Network: only through a proxy that allows ${plan.network.allowed.join(" ")}`);
    for (const forward of plan.network.forwards)
      lines.push(`Network: ${forward.host}:${forward.port} also directly, for programs that know no proxy.`);
  }
  if (platform === "linux") {
    lines.push("Unix sockets: none, so no D-Bus, display, ssh-agent, docker or Portcullis.");
    lines.push("Processes: sees only its own; all of them end with it and with Portcullis.");
    const room = sizes ? `${plan.limits.memoryMb} MiB in each` : "as much as the machine gives; bubblewrap 0.7 and later can limit that";
    lines.push(`Temporary files: /tmp, /var/tmp and /dev/shm are private and in memory, ${room}.`);
  }
  lines.push(...explainLimits(plan.limits, platform, root));
  lines.push(`Environment: ${Object.keys(plan.env).sort().join(" ")}`);
  for (const warning of plan.warnings) {
    // The folder of a server that never started is made at its start.
    if (!warning.endsWith(`because ${plan.stateDir} is not open to it.`)) lines.push(`Note: ${warning}`);
  }
  const node = isNode(plan.argv[0] ?? "");
  if (plan.network.kind !== "none" && node) lines.push(`Note: ${oldNode}`);
  if (platform === "linux" && node && plan.limits.memoryMb < leastForNode) lines.push(`Note: ${roomyNode}`);
  return lines;
}

/** The same for a server whose sandbox the person waived. */
export function explainWaived(argv: readonly string[], cwd: string): readonly string[] {
  return [
    "NO SANDBOX: waived for this server. It may do everything that you may.",
    `Runs: ${argv.join(" ")}`,
    `Starts in: ${cwd}`,
    "All of its processes end with it and with Portcullis.",
  ];
}

/** What a box opens that it should hardly ever open. Links are not followed here: the exact plan does. */
export function boxWarnings(box: BoxOpenings, command: string, home: string): readonly string[] {
  const found: string[] = [];
  if (box.waived === true) found.push("It runs without a sandbox: it can do whatever you can.");
  for (const access of ["read", "write"] as const) {
    for (const named of box[access] ?? []) {
      const words = wideOpening(named, access === "read" ? "read" : "read and write", home);
      if (words !== null) found.push(words);
    }
  }
  if ((box.hosts ?? []).some((host) => host.startsWith("*") && host.split(".").length < 3)) {
    found.push("Its sandbox opens nearly the whole network.");
  }
  if (box.waived !== true && (box.hosts ?? []).length > 0 && isNode(command)) found.push(oldNode);
  return found;
}

/** Only newer ones heed NODE_USE_ENV_PROXY; which one it is, only running it tells. */
const oldNode =
  "If its Node is older than 24, its fetch knows nothing of the sandbox's proxy and reaches no host (`node --version` says which it is).";

/** MiB. Node 24 takes 575 before it runs anything, most of it for code that is not there yet; Node 20 and 22 take a tenth of that. */
const leastForNode = 640;
const roomyNode = `If its Node is 24 or newer, it needs a memory limit of ${leastForNode} MiB and more to start: room for its code counts, used or not.`;

function isNode(program: string): boolean {
  return /(?:^|[\\/])node(?:\.exe)?$/iu.test(program);
}

/** A shell turns `~` into the folder before we see it, so that every name of it counts. */
function wideOpening(named: string, access: string, home: string): string | null {
  const place = path.normalize(named.replace(/^~(?=$|[\\/])/u, home)).replace(/(?<=.)[\\/]+$/u, "");
  const but = "except for keys, tokens and Portcullis' own folders";
  if (place === "/" || /^[A-Za-z]:[\\/]?$/u.test(place)) return `Its sandbox opens every file (all of ${named}), ${but}.`;
  if (place === path.normalize(home)) return `Its sandbox opens all of your home folder (${named}), ${but}.`;
  if (isWithin(home, place)) return `Its sandbox opens all of ${named}, with your home folder in it, ${but}.`;
  const kept = [...credentialPlaces.map((entry) => path.join(home, entry)), ...machineSecrets];
  return kept.some((entry) => isWithin(place, entry)) ? `It may ${access} ${named}, where keys or tokens are kept.` : null;
}
