import type { BoxPlan } from "./plan.ts";

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

/** The plan, a line each. */
export function explainPlan(plan: BoxPlan, system: readonly string[], platform: NodeJS.Platform, root: boolean): readonly string[] {
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
    lines.push("Temporary files: /tmp is private and in memory.");
  }
  lines.push(...explainLimits(plan.limits, platform, root));
  lines.push(`Environment: ${Object.keys(plan.env).sort().join(" ")}`);
  for (const warning of plan.warnings) lines.push(`Note: ${warning}`);
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
